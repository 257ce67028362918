//! What hides an item although nobody put it to sleep: maintenance windows, a greater outage, a storm.
//!
//! Everything hidden is still found, routed and written down; it is only not shown in the queue and nobody is called.
//! What a person holds keeps its holder. When the last [`Hider`](crate::alert::Hider) ends, the shell asks once for everything that it hid:
//! what has cleared meanwhile is done without a word, what is still bad is shown, and the people concerned hear
//! of all of it in one message.
//!
//! A window does not hide everything: what a person opened by hand stays visible, and so does an item of priority P1 and
//! critical severity unless the window names a site, endpoints, categories or tools. What somebody holds and only a
//! window hides stays in that person's own queue.
//!
//! Three causes, each in its file: [`window`] is what people planned, [`inhibit`] follows from another item that
//! explains this one, [`outage`] tells a site that is unreachable, and a collector that has lost its own network, from
//! many endpoints that fail one by one.
//!
//! Pure: instants, presence and items go in, hiders come out. The same input hides the same.

pub mod inhibit;
pub mod outage;
pub mod recurrence;
pub mod window;

#[cfg(test)]
mod tests;

pub use inhibit::{Explained, hiders};
pub use outage::{Outage, Silence};
pub use recurrence::Recurrence;
pub use window::{NewWindow, Window, WindowError};
