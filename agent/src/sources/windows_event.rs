//! Events of the Windows Event Log, from the XML that `wevtutil qe` prints. Pure.
//!
//! Elements stand one after another, without one around them. Provider and number say what an event is; its message is
//! in the language of the system, and there only when rendered events were asked for.

use jiff::Timestamp;

use super::patch::xml::{self, Piece};

/// Values of one event that are kept.
const DATA: usize = 12;

/// One event.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Event {
    /// Its number in the log, which grows until the log is cleared.
    pub(super) record: u64,
    /// Who wrote it.
    pub(super) provider: String,
    /// What it is, among its provider's.
    pub(super) id: u32,
    /// How bad it is: 2 an error, 3 a warning, 4 information.
    pub(super) level: u32,
    /// When it was written.
    pub(super) at: Option<Timestamp>,
    /// The values of its data, in order.
    pub(super) data: Vec<String>,
    /// What people read.
    pub(super) message: Option<String>,
}

/// The events of a text.
pub(super) fn parse(text: &str) -> Vec<Event> {
    let mut events: Vec<Event> = Vec::new();
    let mut inside = "";
    for piece in xml::pieces(text) {
        match piece {
            Piece::Open(tag) => {
                inside = tag.name;
                if tag.name == "Event" {
                    events.push(Event::default());
                } else if let Some(event) = events.last_mut() {
                    match tag.name {
                        // Once more in what was rendered, by its title and not by its name.
                        "Provider" if event.provider.is_empty() => {
                            event.provider = tag.get("Name").unwrap_or_default();
                        }
                        "TimeCreated" => event.at = tag.get("SystemTime").and_then(|at| at.parse().ok()),
                        _ => {}
                    }
                }
            }
            Piece::Close(_) => inside = "",
            Piece::Text(text) => {
                let Some(event) = events.last_mut() else { continue };
                match inside {
                    "EventID" => event.id = text.parse().unwrap_or_default(),
                    // Rendered, it stands once more as a word.
                    "Level" => event.level = text.parse().unwrap_or(event.level),
                    "EventRecordID" => event.record = text.parse().unwrap_or_default(),
                    "Data" if event.data.len() < DATA => event.data.push(text.into_owned()),
                    "Message" => event.message = Some(text.into_owned()),
                    _ => {}
                }
            }
        }
    }
    events
}
