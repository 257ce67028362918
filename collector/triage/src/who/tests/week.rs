//! Weeks as a strip and as stretches, with and without a change of the clocks.

use super::*;

fn strip(about: &str, at: &str, zone: &str) -> (Week, String) {
    let zone = TimeZone::get(zone).unwrap();
    let week = week(&query(about), &matrix(), None, at.parse().unwrap(), &zone).unwrap();
    let words = week.in_words(&zone).to_string();
    (week, words)
}

#[test]
fn a_week_is_a_letter_an_hour_and_says_when_it_has_more_of_them() {
    let (week, words) = strip("backup", "2026-11-01T12:00:00Z", "America/Toronto");
    let expected = "\
acme, 169 hours in America/Toronto: tool backup, category backup, critical (P2)
                 0     6     12    18
  Mon 2026-10-26 AAAAAAAABBBBBBBBBBAAAAAA
  Tue 2026-10-27 AAAAAAAABBBBBBBBBBAAAAAA
  Wed 2026-10-28 AAAAAAAABBBBBBBBBBAAAAAA
  Thu 2026-10-29 AAAAAAAABBBBBBBBBBAAAAAA
  Fri 2026-10-30 AAAAAAAABBBBBBBBBBAAAAAA
  Sat 2026-10-31 AAAAAAAAAAAAAAAAAAAAAAAA
  Sun 2026-11-01 A*B*AAAAAAAAAAAAAAAAAAAAA 25 hours: the clocks change
  matrix 0123456789ab, provisional: not signed by both sides yet
  A  Night watch (msp-noc, msp side)
  B  Internal IT (it, internal side)
  *  changes hands within the hour
  Mon 2026-10-26 00:00 EDT  A  row backup-nights
  Mon 2026-10-26 08:00 EDT  B  row backup-in-hours
";
    assert!(words.starts_with(expected), "{words}");
    // 01:30 comes twice: its first occurrence begins, and 02:30 ends. That is two hours.
    let sunday = "  Sun 2026-11-01 01:30 EDT  B  row backup-in-hours\n  Sun 2026-11-01 02:30 EST  A  row backup-nights\n";
    assert!(words.ends_with(sunday), "{words}");
    assert_eq!((week.minutes, week.stretches.len()), (169 * 60, 13));
    let json = serde_json::to_value(&week).unwrap();
    assert_eq!(json["stretches"][11]["from"], "2026-11-01T05:30:00Z");
    assert_eq!(serde_json::from_value::<Week>(json).unwrap(), week);
}

#[test]
fn weeks_have_the_hours_that_pass_in_them() {
    for (at, zone, hours, day) in [
        (
            "2026-03-04T12:00:00Z",
            "America/Toronto",
            "167 hours",
            "Sun 2026-03-08 A*AAAAAAAAAAAAAAAAAAAAA   23 hours",
        ),
        ("2026-03-11T12:00:00Z", "America/Toronto", "168 hours", "Sun 2026-03-15 A*"),
        ("2026-10-01T12:00:00Z", "Australia/Lord_Howe", "167.5 hours", "23.5 hours"),
        ("2026-04-01T12:00:00Z", "Australia/Lord_Howe", "168.5 hours", "24.5 hours"),
        ("2026-04-01T12:00:00Z", "Asia/Kolkata", "168 hours", "Sun 2026-04-05"),
    ] {
        let (week, words) = strip("backup", at, zone);
        assert!(words.starts_with(&format!("acme, {hours} in {zone}")), "{words}");
        assert!(words.contains(day), "{day}: {words}");
        assert_eq!(week.stretches[0].from, week.from);
        assert_eq!(week.stretches.last().unwrap().until, week.until);
        assert!(week.stretches.windows(2).all(|pair| pair[0].until == pair[1].from), "no gaps");
    }
}

#[test]
fn what_never_changes_is_one_stretch() {
    let (week, words) = strip("security", "2026-11-04T12:00:00Z", "America/Toronto");
    assert_eq!((week.stretches.len(), week.stretches[0].row.as_ref()), (1, None));
    assert!(words.ends_with("  Mon 2026-11-02 00:00 EST  A  last resort\n"), "{words}");
}
