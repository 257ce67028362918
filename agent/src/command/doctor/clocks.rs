//! This machine's clock against the collector's.
//!
//! Asked at the people's door, where the agent enrolled: every HTTP answer has a `Date` (RFC 9110). The agents' door
//! could tell more, but only to whoever attaches, and that would take the running agent's place. Where a firewall lets
//! agents to their own door only, the clocks are not compared, which is no fault.

use std::{io, time::Duration};

use jiff::{SignedDuration, Timestamp, fmt::rfc2822};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    time::timeout,
};

use crate::{
    config::Config,
    dial::{self, Outlet},
    finding::Finding,
    identity::Identity,
};

const ANSWER: Duration = Duration::from_secs(5);
const HEADER_BYTES: u64 = 8 * 1024;
/// As the shipped rules judge it.
const WARN: SignedDuration = SignedDuration::from_secs(30);
const FAIL: SignedDuration = SignedDuration::from_mins(5);

/// Compares the clocks.
pub(super) async fn examine(config: &Config, identity: &Identity) -> Finding {
    let address = &identity.record().collector;
    match ask(address, config, identity).await {
        Ok(theirs) => judge(Timestamp::now().duration_since(theirs)),
        Err(reason) => {
            let mend = format!("harmless when {address} is closed to agents");
            Finding::warn("clock", format!("not compared with the collector's: {reason}"), mend)
        }
    }
}

async fn ask(address: &str, config: &Config, identity: &Identity) -> Result<Timestamp, String> {
    let tls = identity.tls_to_people().map_err(|error| error.to_string())?;
    let outlet = Outlet { proxy: config.proxy.clone(), ..Outlet::default() };
    let mut stream = dial::dial(address, tls, &outlet).await.map_err(|failure| failure.to_string())?;
    let exchange = async {
        let request = format!("HEAD / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        stream.flush().await?;
        let mut header = Vec::new();
        stream.take(HEADER_BYTES).read_to_end(&mut header).await?;
        io::Result::Ok(header)
    };
    let header = timeout(ANSWER, exchange).await.map_err(|_| format!("{address} did not answer"))?;
    let header = header.map_err(|error| error.to_string())?;
    date(&String::from_utf8_lossy(&header)).ok_or_else(|| format!("{address} did not tell the time"))
}

fn date(header: &str) -> Option<Timestamp> {
    let line = header.lines().take_while(|line| !line.is_empty()).find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("date").then_some(value)
    })?;
    rfc2822::parse(line.trim()).ok().map(|at| at.timestamp())
}

/// `ahead`: how far this machine's clock is ahead of the collector's.
fn judge(ahead: SignedDuration) -> Finding {
    let (off, side) = (ahead.abs(), if ahead.is_negative() { "behind" } else { "ahead of" });
    let text = format!("{} s {side} the collector's", off.as_secs());
    let mend = "set this machine's clock, best with NTP (timedatectl set-ntp true)";
    if off > FAIL {
        Finding::fail("clock", text, mend)
    } else if off > WARN {
        Finding::warn("clock", text, mend)
    } else {
        Finding::ok("clock", "agrees with the collector's")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Verdict;

    #[test]
    fn the_date_of_an_answer_is_found() {
        let header =
            "HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n";
        assert_eq!(date(header), Some("1994-11-06T08:49:37Z".parse().unwrap()));
        for garbage in ["", "HTTP/1.1 200 OK\r\n\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT", "Date: soon\r\n"] {
            assert_eq!(date(garbage), None, "{garbage}");
        }
    }

    #[test]
    fn clocks_are_judged_as_the_rules_do() {
        for (seconds, verdict) in
            [(0, Verdict::Ok), (-30, Verdict::Ok), (31, Verdict::Warn), (-301, Verdict::Fail)]
        {
            assert_eq!(judge(SignedDuration::from_secs(seconds)).verdict, verdict, "{seconds}");
        }
        assert_eq!(judge(SignedDuration::from_secs(-301)).text, "301 s behind the collector's");
    }
}
