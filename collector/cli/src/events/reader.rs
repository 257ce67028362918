//! Server-sent events, read line by line (WHATWG HTML, section 9.2), as far as a collector sends them.

use std::io::{self, BufRead};

use serde_json::Value;

/// The longest event, and the longest line of one: ours are some hundred bytes, and what is longer is none of ours. Somebody
/// who never ends an event must not fill our memory.
const MAX_EVENT_BYTES: usize = 64 * 1024;

/// What a stream tells.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// That it stands.
    Sign,
    /// Something.
    Event {
        /// Where to go on.
        id: Option<String>,
        /// Of which kind.
        kind: String,
        /// What.
        data: Value,
    },
}

/// Reads a stream.
pub(super) struct Reader<R> {
    lines: R,
    id: Option<String>,
    kind: String,
    data: String,
}

impl<R: BufRead> Reader<R> {
    pub(super) const fn new(lines: R) -> Self {
        Self { lines, id: None, kind: String::new(), data: String::new() }
    }

    /// The next line without its end; nothing at the end of the stream.
    fn line(&mut self) -> io::Result<Option<String>> {
        let mut line = String::new();
        let read = io::Read::take(&mut self.lines, MAX_EVENT_BYTES as u64).read_line(&mut line)?;
        if read == 0 {
            return Ok(None);
        }
        if read == MAX_EVENT_BYTES && !line.ends_with('\n') {
            return Err(too_long());
        }
        if !line.ends_with('\n') {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "the line broke in the middle of an event",
            ));
        }
        Ok(Some(line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn next_heard(&mut self) -> io::Result<Option<Heard>> {
        while let Some(line) = self.line()? {
            match line.split_once(':') {
                _ if line.is_empty() => {
                    let data = std::mem::take(&mut self.data);
                    let (id, kind) = (self.id.take(), std::mem::take(&mut self.kind));
                    if !data.is_empty() {
                        let data = serde_json::from_str(&data)?;
                        return Ok(Some(Heard::Event { id, kind, data }));
                    }
                }
                Some(("", _)) => return Ok(Some(Heard::Sign)),
                Some((field, value)) => {
                    let value = value.strip_prefix(' ').unwrap_or(value);
                    match field {
                        "id" => self.id = Some(value.to_owned()),
                        "event" => value.clone_into(&mut self.kind),
                        "data" if self.data.len() + value.len() > MAX_EVENT_BYTES => return Err(too_long()),
                        "data" => self.data.push_str(value),
                        _ => {}
                    }
                }
                None => {}
            }
        }
        Ok(None)
    }
}

fn too_long() -> io::Error {
    let what = format!(
        "an event is longer than {MAX_EVENT_BYTES} bytes, and no collector of ours tells such; is it one?"
    );
    io::Error::new(io::ErrorKind::InvalidData, what)
}

impl<R: BufRead> Iterator for Reader<R> {
    type Item = io::Result<Heard>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_heard().transpose()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &str) -> Vec<Heard> {
        Reader::new(text.as_bytes()).map_while(Result::ok).collect()
    }

    #[test]
    fn events_signs_and_what_is_not_known_are_told_apart() {
        let told = "retry: 2000\n\nid: a1\nevent: alert\ndata: {\"number\":7}\n\n: still here\n\nnew: thing\n\n\
                    event:window\r\ndata:{}\r\n\r\n";
        let alert =
            Heard::Event { id: Some("a1".into()), kind: "alert".into(), data: json!({ "number": 7 }) };
        let window = Heard::Event { id: None, kind: "window".into(), data: json!({}) };
        assert_eq!(read(told), [alert, Heard::Sign, window]);
    }

    #[test]
    fn an_event_that_was_cut_is_none() {
        assert_eq!(read("id: a\nevent: alert\ndata: {\"number\":7}"), []);
        assert_eq!(read("id: a\nevent: alert\ndata: {\"numb\n\n"), []);
    }

    #[test]
    fn an_event_that_never_ends_is_given_up() {
        let said = |text: String| Reader::new(text.as_bytes()).next().unwrap().unwrap_err().to_string();
        let part = format!("data: {}\n", "x".repeat(1_000));
        assert!(said(part.repeat(1 + MAX_EVENT_BYTES / 1_000)).contains("longer than 65536 bytes"));
        assert!(
            said(format!("data: {}", "x".repeat(2 * MAX_EVENT_BYTES))).contains("longer than 65536 bytes")
        );
        let fits = format!("data: \"{}\"\n\n", "x".repeat(MAX_EVENT_BYTES - 10));
        assert_eq!(read(&fits).len(), 1);
    }
}
