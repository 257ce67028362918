//! What `launchctl list` says: a line for each job of the domain, with its process, how it last ended, and its label. Pure.

use super::Found;

/// The jobs that were asked for, in their order. `None` for a text without the head of the list.
pub(super) fn parse(text: &str, names: &[&str]) -> Option<Vec<Found>> {
    let jobs = text.split_once("PID\tStatus\tLabel")?.1;
    let job = |name: &&str| {
        let line = jobs.lines().find_map(|line| {
            let mut fields = line.splitn(3, '\t');
            let (process, status, label) = (fields.next()?, fields.next()?, fields.next()?);
            (label.trim() == *name).then_some((process.trim(), status.trim()))
        });
        let state = match line {
            None => "missing",
            Some((process, _)) if process.parse::<u32>().is_ok() => "running",
            Some((_, "0")) => "stopped",
            // A number below zero is the signal that ended it.
            Some((_, status)) if status.parse::<i32>().is_ok() => "failed",
            Some(_) => "unknown",
        };
        // What is loaded starts with the system, unless it says otherwise in a list that is not read here.
        Found { state, enabled: None }
    };
    Some(names.iter().map(job).collect())
}

pub(in crate::sources) fn survives(text: &str) {
    parse(text, &["a"]);
    parse(&format!("PID\tStatus\tLabel\n{text}"), &["a"]);
}

#[cfg(test)]
mod tests {
    use super::*;

    /// In the form of launchctl(1), unchanged since OS X 10.10.
    const LIST: &str = "PID\tStatus\tLabel\n312\t0\tcom.apple.mDNSResponder\n-\t0\tcom.apple.periodic-daily\n\
        -\t78\tcom.example.broken\n-\t-9\tcom.example.killed\n";

    #[test]
    fn jobs_are_told_in_the_order_asked_for() {
        let names = [
            "com.example.broken",
            "com.apple.mDNSResponder",
            "com.apple.periodic-daily",
            "com.example.killed",
            "none",
        ];
        let states: Vec<_> = parse(LIST, &names).unwrap().iter().map(|found| found.state).collect();
        assert_eq!(states, ["failed", "running", "stopped", "failed", "missing"]);
        assert_eq!(parse("Could not contact launchd", &names), None);
    }
}
