//! How far long work is: one line on standard error, drawn over again, and gone when the work is done.
//!
//! Only a terminal gets it, only after half a second, and ten times a second at most: quick work flickers nothing, and
//! logs and pipes hold no bars. It says what, how far, and how long still, or how long it takes already where nobody knows how
//! far it is; it never says what went wrong.

use std::{
    io::{self, IsTerminal as _, Write},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
    time::{Duration, Instant},
};

use jiff::SignedDuration;

use crate::when;

/// Work that is done by then shows nothing.
const PATIENCE: Duration = Duration::from_millis(500);

/// How often it is drawn at most: faster than the eye reads is wasted on slow terminals.
const INTERVAL: Duration = Duration::from_millis(100);

/// Signs of the bar: with its words it fits the narrowest usual terminal, of 80 columns.
const BAR: usize = 24;

/// Back to the first column, and what stands there away.
const CLEAR: &str = "\r\x1b[K";

/// Does work that somebody else does in one piece: nobody knows how far it is, so the line counts the time.
pub(crate) fn while_waiting<R: Send>(what: &str, work: impl FnOnce() -> R + Send) -> R {
    let mut progress = Progress::begin(what, None);
    if progress.terminal.is_none() {
        return work();
    }
    let (working, over) = channel::<()>();
    thread::scope(|scope| {
        let work = scope.spawn(move || {
            // Gone once the work is done, or has failed.
            let _working = working;
            work()
        });
        progress.count(&over);
        work.join().unwrap_or_else(|failed| std::panic::resume_unwind(failed))
    })
}

/// Work on its way. Dropping it takes the line away.
pub(crate) struct Progress {
    what: String,
    total: Option<u64>,
    done: u64,
    began: Instant,
    drawn: Option<Instant>,
    terminal: Option<Box<dyn Write>>,
}

impl Progress {
    /// Begins work on `total` things; `None` where nobody knows how many.
    pub(crate) fn begin(what: impl Into<String>, total: Option<u64>) -> Self {
        let terminal = io::stderr().is_terminal().then(|| Box::new(io::stderr()) as Box<dyn Write>);
        Self { what: what.into(), total, done: 0, began: Instant::now(), drawn: None, terminal }
    }

    /// So many are done by now.
    pub(crate) fn reach(&mut self, done: u64) {
        self.done = done;
        if self.terminal.is_some() {
            self.draw(Instant::now());
        }
    }

    /// Counts the time until nobody works any more.
    fn count(&mut self, over: &Receiver<()>) {
        while over.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            let now = Instant::now();
            let elapsed = SignedDuration::try_from(now.duration_since(self.began)).unwrap_or_default();
            let line = format!("{}  {}", self.what, when::short(elapsed));
            self.show(&line, now);
        }
    }

    fn draw(&mut self, now: Instant) {
        let line = line(&self.what, self.done, self.total, now.duration_since(self.began));
        self.show(&line, now);
    }

    fn show(&mut self, line: &str, now: Instant) {
        let last = self.drawn.map_or(self.began + PATIENCE, |drawn| drawn + INTERVAL);
        let Some(terminal) = self.terminal.as_mut().filter(|_| now >= last) else { return };
        self.drawn = Some(now);
        // Work goes on where nobody can be told of it.
        let _ = write!(terminal, "{CLEAR}{line}").and_then(|()| terminal.flush());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let (Some(terminal), Some(_)) = (&mut self.terminal, self.drawn) {
            let _ = write!(terminal, "{CLEAR}").and_then(|()| terminal.flush());
        }
    }
}

/// What the line says after so long.
fn line(what: &str, done: u64, total: Option<u64>, elapsed: Duration) -> String {
    let Some(total) = total.filter(|total| *total > 0) else { return format!("{what}  {done}") };
    let done = done.min(total);
    let share = done as f64 / total as f64;
    let filled = (share * BAR as f64) as usize;
    let bar: String = (0..BAR).map(|at| if at < filled { '█' } else { '░' }).collect();
    let mut line = format!("{what}  {bar} {:3.0} %  {done} of {total}", (share * 100.0).floor());
    if done > 0 && done < total {
        let left = elapsed.mul_f64((total - done) as f64 / done as f64);
        let left = SignedDuration::try_from(left).unwrap_or(SignedDuration::MAX);
        line.push_str(&format!("  {} left", when::short(left)));
    }
    line
}

#[cfg(test)]
mod tests {
    use std::{cell::RefCell, rc::Rc};

    use super::*;

    #[derive(Clone, Default)]
    struct Screen(Rc<RefCell<Vec<u8>>>);

    impl Write for Screen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn on(screen: &Screen) -> Progress {
        let mut progress = Progress::begin("reading", Some(1000));
        progress.terminal = Some(Box::new(screen.clone()));
        progress
    }

    #[test]
    fn the_line_says_how_far_and_how_long_still() {
        let after = Duration::from_secs(30);
        assert_eq!(
            line("verifying", 250, Some(1000), after),
            "verifying  ██████░░░░░░░░░░░░░░░░░░  25 %  250 of 1000  1m left"
        );
        assert_eq!(
            line("verifying", 2000, Some(1000), after),
            "verifying  ████████████████████████ 100 %  1000 of 1000"
        );
        assert_eq!(line("reading", 250, None, after), "reading  250");
        assert_eq!(line("reading", 0, Some(0), after), "reading  0");
    }

    /// A terminal on which work ends as soon as its line is there.
    struct Seen(Screen, Option<std::sync::mpsc::Sender<()>>);

    impl Write for Seen {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            self.1 = None;
            Ok(())
        }
    }

    #[test]
    fn work_of_which_nobody_knows_how_far_it_is_counts_its_time_until_it_is_over() {
        let screen = Screen::default();
        let (working, over) = channel();
        let mut progress = on(&screen);
        progress.terminal = Some(Box::new(Seen(screen.clone(), Some(working))));
        progress.began -= Duration::from_secs(7);
        progress.count(&over);
        drop(progress);
        assert_eq!(String::from_utf8_lossy(&screen.0.borrow()), format!("{CLEAR}reading  7s{CLEAR}"));
    }

    #[test]
    fn quick_work_shows_nothing_and_long_work_leaves_nothing() {
        let screen = Screen::default();
        let mut quick = on(&screen);
        quick.draw(quick.began);
        drop(quick);
        assert!(screen.0.borrow().is_empty());

        let mut long = on(&screen);
        long.done = 10;
        let began = long.began;
        long.draw(began + PATIENCE);
        long.draw(began + PATIENCE + INTERVAL / 2);
        drop(long);
        let shown = String::from_utf8(screen.0.borrow().clone()).unwrap();
        assert_eq!(shown.matches("10 of 1000").count(), 1, "{shown:?}");
        assert!(shown.ends_with(CLEAR), "{shown:?}");
    }
}
