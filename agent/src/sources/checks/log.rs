//! How many lines of a log hold a text, over a while. The log and the text stand under a name in the machine's own
//! configuration; policy knows the name, and only the count travels.
//!
//! What was in the log before the first look does not count. Where the last look ended is kept in memory alone: after a
//! restart counting begins anew.

#[cfg_attr(not(any(windows, test)), path = "log/no_event_log.rs")]
mod event_log;
pub(super) mod journal;
mod tail;

use std::{collections::VecDeque, time::Duration};

use dogwatch_model::CheckState;
use tokio::time::Instant;

use super::{NOT_ALLOWED, Verdict, probe, unknown, verdict};
use crate::config::{Allow, LogSource, NamedLog};

/// Looks whose counts are kept apart: at the shortest interval these are four hours; older ones are put together.
const LOOKS: usize = 512;

/// Where the last look ended, and what the looks of late have counted.
#[derive(Debug, Default)]
pub(super) struct Memory {
    /// What the rest is about: a changed configuration begins anew.
    of: Option<NamedLog>,
    tail: Option<tail::Place>,
    cursor: Option<journal::Cursor>,
    place: Option<event_log::Place>,
    counts: VecDeque<(Instant, u64)>,
}

impl Memory {
    /// Adds a count and gives what was counted within the time.
    fn count(&mut self, count: u64, within: Duration, now: Instant) -> u64 {
        if count > 0 {
            if self.counts.len() >= LOOKS
                && let Some((at, oldest)) = self.counts.pop_front()
                && let Some(next) = self.counts.front_mut()
            {
                *next = (at, oldest + next.1);
            }
            self.counts.push_back((now, count));
        }
        self.counts.retain(|(at, _)| now.saturating_duration_since(*at) <= within);
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

pub(super) async fn look(
    name: &str,
    within: Duration,
    max_count: u64,
    allow: &Allow,
    memory: &mut probe::Memory,
) -> Verdict {
    let Some(log) = allow.named_log(name) else { return unknown(NOT_ALLOWED) };
    if memory.log.of.as_ref() != Some(log) {
        memory.log = Memory { of: Some(log.clone()), ..Memory::default() };
    }
    let counted = match &log.source {
        LogSource::File(path) => {
            let (path, pattern, place) = (path.clone(), log.pattern.clone(), memory.log.tail);
            let read = memory.hanging.call(move || tail::count(&path, pattern.as_bytes(), place)).await;
            match read {
                Ok(Ok(tail::Counted { lines, place })) => {
                    memory.log.tail = Some(place);
                    Ok(lines)
                }
                Ok(Err(why)) => Err(why),
                Err(hangs) => Err(hangs.to_string()),
            }
        }
        LogSource::Unit(unit) => journal::count(unit, &log.pattern, &mut memory.log.cursor).await,
        LogSource::EventLog(log_name) => {
            event_log::count(log_name, &log.pattern, &mut memory.log.place).await
        }
    };
    match counted {
        Ok(lines) => {
            let count = memory.log.count(lines, within, Instant::now());
            let state = if count > max_count { CheckState::Failed } else { CheckState::Ok };
            let said = (count > max_count).then(|| format!("more than {max_count} lines"));
            verdict(state, said, Some(count))
        }
        Err(why) => unknown(why),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_counted_long_ago_does_not_count() {
        let (mut memory, begin) = (Memory::default(), Instant::now());
        let (minute, hour) = (Duration::from_secs(60), Duration::from_secs(3600));
        assert_eq!(memory.count(3, hour, begin), 3);
        assert_eq!(memory.count(0, hour, begin + 30 * minute), 3);
        assert_eq!(memory.count(2, hour, begin + 60 * minute), 5);
        assert_eq!(memory.count(0, hour, begin + 61 * minute), 2);
        for second in 0..2000 {
            memory.count(1, 24 * hour, begin + 61 * minute + Duration::from_secs(second));
        }
        assert_eq!(memory.counts.len(), LOOKS);
        assert_eq!(memory.count(0, 24 * hour, begin + 2 * hour), 2002);
    }
}
