//! Is the size of a successful run to be believed?
//!
//! A "success" that holds nothing is not a success: an unmounted disk, an empty pattern, a wrong path all end with
//! exit code 0. And one that is far smaller than those before it deserves a look.
//!
//! Pure. What is judged is the size of the copy, not what a run added to it: that differs from night to night. Small
//! jobs halve and double for no reason, so they are never called shrunk, and neither is a job of which less than
//! [`ENOUGH`] sizes are known. A job that stays small is the new normal once most of the sizes kept are small.

use std::collections::VecDeque;

/// Sizes of earlier successes that are kept per job.
pub(super) const KEPT: usize = 9;
/// Fewer earlier sizes than this have no median worth the name.
const ENOUGH: usize = 3;
/// Jobs with a median below this are not judged by it.
const SMALL: u64 = 16 * 1024 * 1024;
/// Smaller than the median divided by this is suspicious.
const SHRUNK: u64 = 4;

/// What is wrong with a size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anomaly {
    /// Nothing is in the copy.
    Empty,
    /// Far less is in the copy than usual.
    Shrunk {
        /// The median of the sizes before.
        usual: u64,
    },
}

/// Judges a copy of `bytes` by those before it, the newest last.
pub(super) fn judge(bytes: u64, before: &VecDeque<u64>) -> Option<Anomaly> {
    if bytes == 0 {
        return Some(Anomaly::Empty);
    }
    let usual = median(before).filter(|usual| before.len() >= ENOUGH && *usual >= SMALL)?;
    (bytes < usual / SHRUNK).then_some(Anomaly::Shrunk { usual })
}

/// The lower median.
fn median(sizes: &VecDeque<u64>) -> Option<u64> {
    let mut sorted: Vec<u64> = sizes.iter().copied().collect();
    sorted.sort_unstable();
    sorted.get(sorted.len().checked_sub(1)? / 2).copied()
}

/// The anomaly in words, for people.
pub(super) fn words(bytes: u64, anomaly: Anomaly) -> String {
    match anomaly {
        Anomaly::Empty => "the copy holds nothing".into(),
        Anomaly::Shrunk { usual } => format!("the copy holds {}, usually {}", amount(bytes), amount(usual)),
    }
}

/// A size with a unit that a person would choose.
fn amount(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut unit = "bytes";
    let (mut whole, mut tenths) = (bytes, 0);
    for larger in UNITS {
        if whole < 1024 {
            break;
        }
        tenths = whole % 1024 * 10 / 1024;
        whole /= 1024;
        unit = larger;
    }
    if unit == "bytes" || whole >= 100 {
        format!("{whole} {unit}")
    } else {
        format!("{whole}.{tenths} {unit}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MIB: u64 = 1024 * 1024;

    fn judged(bytes: u64, before: &[u64]) -> Option<Anomaly> {
        judge(bytes, &before.iter().copied().collect())
    }

    #[test]
    fn nothing_and_far_less_than_usual_are_anomalies() {
        assert_eq!(judged(0, &[]), Some(Anomaly::Empty));
        assert_eq!(judged(0, &[100 * MIB]), Some(Anomaly::Empty));
        let usual = [100 * MIB, 101 * MIB, 102 * MIB];
        assert_eq!(judged(20 * MIB, &usual), Some(Anomaly::Shrunk { usual: 101 * MIB }));
        assert_eq!(judged(26 * MIB, &usual), None);
        assert_eq!(judged(900 * MIB, &usual), None);
        let anomaly = Anomaly::Shrunk { usual: 1536 * MIB };
        assert_eq!(words(20_000, anomaly), "the copy holds 19.5 KiB, usually 1.5 GiB");
        assert_eq!(amount(u64::MAX), "16383 PiB");
    }

    #[test]
    fn a_job_that_stays_small_is_the_new_normal_before_long() {
        let mut sizes: VecDeque<u64> = std::iter::repeat_n(1000 * MIB, KEPT).collect();
        let mut warned = 0;
        while judge(100 * MIB, &sizes).is_some() {
            sizes.push_back(100 * MIB);
            sizes.pop_front();
            warned += 1;
        }
        assert_eq!(warned, KEPT.div_ceil(2));
    }

    proptest! {
        #[test]
        fn first_runs_and_tiny_jobs_are_believed(
            bytes in 1_u64.., before in prop::collection::vec(1_u64.., 0..ENOUGH),
            tiny in prop::collection::vec(1..SMALL, 0..KEPT),
        ) {
            prop_assert_eq!(judged(bytes, &before), None);
            prop_assert_eq!(judged(bytes, &tiny), None);
        }

        #[test]
        fn a_size_within_those_before_it_is_believed(
            before in prop::collection::vec(1_u64.., 1..KEPT), pick in any::<prop::sample::Index>(),
        ) {
            let median = median(&before.iter().copied().collect()).unwrap();
            let bytes = before[pick.index(before.len())].max(median / SHRUNK);
            prop_assert_eq!(judged(bytes, &before), None);
        }

        #[test]
        fn empty_is_never_believed_and_no_size_panics(before in prop::collection::vec(any::<u64>(), 0..40), bytes: u64) {
            prop_assert_eq!(judged(0, &before), Some(Anomaly::Empty));
            if let Some(anomaly) = judged(bytes, &before) {
                prop_assert!(words(bytes, anomaly).starts_with("the copy holds"));
            }
        }
    }
}
