//! What people write: required where colleagues must be able to read it later, and bounded.

use super::{Packet, Refusal};
use crate::alert::handoff::MAX_LINKS;

/// The longest comment, resolution or reason: two screens of text. Longer things are links.
pub const MAX_TEXT_BYTES: usize = 8 * 1024;

/// The longest link: what browsers and mail programs still carry.
pub const MAX_LINK_BYTES: usize = 2 * 1024;

/// The text without blanks around it, if there is one and it is not too long.
pub(in crate::alert) fn written(what: &'static str, text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    match text.len() {
        0 => Err(Refusal::Empty { what }),
        bytes if bytes > MAX_TEXT_BYTES => Err(Refusal::TooLong { what, bytes, limit: MAX_TEXT_BYTES }),
        _ => Ok(text.to_owned()),
    }
}

/// A packet in which everything that must be said is said.
pub(super) fn packet(packet: &Packet) -> Result<Packet, Refusal> {
    if packet.links.len() > MAX_LINKS {
        return Err(Refusal::TooMany { what: "links", count: packet.links.len(), limit: MAX_LINKS });
    }
    let blocked = packet.blocked.as_deref().filter(|text| !text.trim().is_empty());
    Ok(Packet {
        tried: written("packet's `tried`", &packet.tried)?,
        state: written("packet's `state`", &packet.state)?,
        why_you: written("packet's `why_you`", &packet.why_you)?,
        blocked: blocked.map(|text| written("packet's `blocked`", text)).transpose()?,
        deadline: packet.deadline,
        links: packet.links.iter().map(|text| link(text)).collect::<Result<_, _>>()?,
    })
}

/// Colleagues click on it, in mails and in consoles: nothing but the web.
fn link(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    if text.len() > MAX_LINK_BYTES {
        return Err(Refusal::TooLong { what: "link", bytes: text.len(), limit: MAX_LINK_BYTES });
    }
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://")).unwrap_or_default();
    let plain = |c: char| !c.is_whitespace() && !c.is_control();
    if rest.is_empty() || !rest.chars().all(plain) {
        return Err(Refusal::BadLink { link: text.to_owned() });
    }
    Ok(text.to_owned())
}
