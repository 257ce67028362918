//! Whether the system will start the agent again.

use crate::{
    finding::Finding,
    service::{self, ServiceError, Standing},
};

const SUBJECT: &str = "service";

pub(super) async fn examine() -> Finding {
    judge(service::standing().await)
}

fn judge(standing: Result<Standing, ServiceError>) -> Finding {
    let standing = match standing {
        Ok(standing) => standing,
        Err(error @ ServiceError::Unsupported(_)) => {
            return Finding::warn(
                SUBJECT,
                error.to_string(),
                "see to it that the agent starts with the system",
            );
        }
        Err(error) => {
            return Finding::warn(SUBJECT, error.to_string(), "run this as the administrator of this machine");
        }
    };
    let Standing { manager, installed, enabled, running, detail } = standing;
    let detail = detail.map(|detail| format!(": {detail}")).unwrap_or_default();
    if !installed {
        let mend = "dogwatch-agent service install";
        return Finding::warn(SUBJECT, format!("{manager} does not know the agent"), mend);
    }
    if !running {
        return Finding::fail(
            SUBJECT,
            format!("not running ({manager}{detail})"),
            "dogwatch-agent service start",
        );
    }
    if !enabled {
        let text = format!("running, and not started with the system ({manager}{detail})");
        return Finding::warn(SUBJECT, text, "dogwatch-agent service install");
    }
    Finding::ok(SUBJECT, format!("running, starts with the system ({manager}{detail})"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;

    #[test]
    fn a_service_that_will_not_be_there_tomorrow_is_found() {
        let standing = |installed, enabled, running| {
            Ok(Standing {
                manager: "systemd",
                installed,
                enabled,
                running,
                detail: Some("active (running)".into()),
            })
        };
        for (standing, verdict) in [
            (standing(true, true, true), Verdict::Ok),
            (standing(true, false, true), Verdict::Warn),
            (standing(true, true, false), Verdict::Fail),
            (standing(false, false, false), Verdict::Warn),
            (Err(ServiceError::Unsupported("no systemd here".into())), Verdict::Warn),
        ] {
            let finding = judge(standing);
            assert_eq!(finding.verdict, verdict, "{finding:?}");
        }
    }
}
