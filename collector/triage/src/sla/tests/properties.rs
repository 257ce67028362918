//! What must hold for any timeline, in any hours, through the weeks in which clocks change: the same as counting
//! minute by minute, never less than before, and a deadline at which exactly what was promised is used up.

use core::fmt::Write as _;

use proptest::prelude::*;

use super::*;
use crate::calendar::tests::{DST_WEEKS, minutes_of_week};

const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

/// An org in which the office has any hours.
fn odd_hours(zone: &str, ranges: &[(usize, i32, i32)]) -> Matrix {
    let clock = |minutes: i32| format!("{:02}:{:02}", minutes / 60 % 24, minutes % 60);
    let mut hours = String::new();
    for (day, start, length) in ranges {
        let _infallible = write!(hours, "\"{} {}-{}\", ", DAYS[*day], clock(*start), clock(start + length));
    }
    let text = ORG.replace("@ZONE@", zone).replace("\"mon-fri 09:00-17:00\"", &hours);
    Matrix::parse(&text, "odd.toml", "0".repeat(12), None).unwrap()
}

#[derive(Debug, Clone, Copy)]
enum Happens {
    Waits(WaitOn),
    WaitEnds,
    Hides,
    Unhides,
    Claims,
    Closes,
}

impl Happens {
    fn kind(self) -> EventKind {
        match self {
            Self::Waits(on) => waits(on),
            Self::WaitEnds => EventKind::WaitEnded,
            Self::Hides => EventKind::Hidden { hider: window() },
            Self::Unhides => EventKind::Unhidden { hider: window() },
            Self::Claims => EventKind::Claimed,
            Self::Closes => EventKind::Closed { resolution: "mended".into() },
        }
    }
}

fn anything() -> impl Strategy<Value = Happens> {
    prop_oneof![
        3 => proptest::sample::select(WaitOn::ALL.to_vec()).prop_map(Happens::Waits),
        3 => Just(Happens::WaitEnds),
        2 => Just(Happens::Hides),
        3 => Just(Happens::Unhides),
        1 => Just(Happens::Claims),
        1 => Just(Happens::Closes),
    ]
}

/// A history: the minutes after the beginning at which something happens, in order, and each hider once at a time.
fn history() -> impl Strategy<Value = Vec<(i64, Happens)>> {
    proptest::collection::vec((0..7 * 24 * 60_i64, anything()), 0..12).prop_map(|mut events| {
        events.sort_by_key(|(minute, _)| *minute);
        let mut hidden = false;
        events.retain(|(_, happens)| match happens {
            Happens::Hides => !core::mem::replace(&mut hidden, true),
            Happens::Unhides => core::mem::replace(&mut hidden, false),
            _ => true,
        });
        events
    })
}

/// Counts minutes: nothing of the code under test but whether a calendar is open.
struct Naive {
    waits: bool,
    hidden: bool,
    answered: bool,
    ended: bool,
    response: i64,
    resolve: i64,
}

impl Naive {
    fn happens(&mut self, happens: Happens) {
        match happens {
            Happens::Waits(_) => self.waits = true,
            Happens::WaitEnds => self.waits = false,
            Happens::Hides => self.hidden = true,
            Happens::Unhides => self.hidden = false,
            Happens::Claims => self.answered = true,
            Happens::Closes => (self.answered, self.ended) = (true, true),
        }
    }

    fn minute_passes(&mut self, open: bool) {
        let counts = i64::from(open && !self.waits && !self.hidden);
        self.response += if self.answered { 0 } else { counts };
        self.resolve += if self.ended { 0 } else { counts };
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn clocks_are_what_counting_minute_by_minute_gives(
        week in 0..DST_WEEKS.len(),
        ranges in proptest::collection::vec((0..7_usize, 0..24_i32 * 60, 1..24_i32 * 60), 1..6),
        history in history(),
        row in proptest::sample::select(vec!["days", "nights", "always"]),
        priority in proptest::sample::select(Priority::ALL.to_vec()),
    ) {
        let (zone, from) = DST_WEEKS[week];
        let matrix = odd_hours(zone, &ranges);
        let office = matrix.directory().calendars().next().unwrap();
        let began = t(from);
        let (alert, mut timeline) = came_in(row, priority, began);
        timeline.extend(history.iter().map(|(minute, happens)| event(began + mins(*minute), happens.kind())));
        let mut naive =
            Naive { waits: false, hidden: false, answered: false, ended: false, response: 0, resolve: 0 };
        let mut to_come = history.iter().copied().peekable();
        for (minute, at) in (0..).zip(minutes_of_week(from)) {
            while let Some((_, happens)) = to_come.next_if(|(when, _)| *when <= minute) {
                naive.happens(happens);
            }
            if minute % 97 == 0 {
                let clocks = clocks(&alert, &timeline, &matrix, at);
                prop_assert_eq!(clocks.response.used, mins(naive.response), "response {}", at);
                prop_assert_eq!(clocks.resolve.used, mins(naive.resolve), "resolve {}", at);
            }
            let open = match (row, priority) {
                (_, Priority::P1) | ("always", _) => true,
                ("days", _) => office.contains(at),
                _ => !office.contains(at),
            };
            naive.minute_passes(open);
        }
    }

    #[test]
    fn used_time_never_shrinks_and_a_deadline_is_when_exactly_the_promised_time_is_used(
        week in 0..DST_WEEKS.len(),
        ranges in proptest::collection::vec((0..7_usize, 0..24_i32 * 60, 1..24_i32 * 60), 1..6),
        history in history(),
        row in proptest::sample::select(vec!["days", "nights", "always"]),
        looks in proptest::collection::vec(0..8 * 24 * 3600_i64, 2..12),
    ) {
        let (zone, from) = DST_WEEKS[week];
        let matrix = odd_hours(zone, &ranges);
        let began = t(from);
        let (alert, mut timeline) = came_in(row, Priority::P2, began);
        timeline.extend(history.iter().map(|(minute, happens)| event(began + mins(*minute), happens.kind())));
        let mut looks = looks;
        looks.sort_unstable();
        let second = SignedDuration::from_secs(1);
        let mut before = (SignedDuration::ZERO, None);
        for look in looks {
            let at = began + SignedDuration::from_secs(look);
            let known: Vec<_> = timeline.iter().filter(|event| event.at <= at).cloned().collect();
            let clock = clocks(&alert, &known, &matrix, at).resolve;
            prop_assert_eq!(&clock, &clocks(&alert, &timeline, &matrix, at).resolve, "the future is not known");
            prop_assert!(clock.used >= before.0);
            prop_assert!(before.1.is_none() || clock.breached_at == before.1, "a breach stays when it was");
            before = (clock.used, clock.breached_at);
            prop_assert_eq!(clock.breached_at.is_some(), clock.used >= clock.promised);
            for pair in clock.marks.windows(2) {
                prop_assert!(pair[0].at <= pair[1].at && pair[0].percent < pair[1].percent);
            }
            for mark in &clock.marks {
                let reached = clocks(&alert, &known, &matrix, mark.at).resolve;
                prop_assert_eq!(reached.used, clock.promised * i32::from(mark.percent) / 100);
                prop_assert_eq!(reached.reached(mark.at), mark.percent);
                let just_before = clocks(&alert, &known, &matrix, mark.at - second).resolve;
                prop_assert!(just_before.used < reached.used);
            }
            if clock.running {
                let deadline = clock.marks.last().filter(|mark| mark.percent == 100).map(|mark| mark.at);
                prop_assert_eq!(deadline, clock.deadline);
                prop_assert!(clock.deadline.is_some(), "hours that come every week use up any promise");
            }
        }
    }
}
