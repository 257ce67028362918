//! How much is too much, before and after we know who calls.

use std::time::Duration;

/// The limits of one listener. All of them are configuration, so that tests need not wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// A handshake takes two round trips; five seconds is a very slow satellite.
    pub handshake: Duration,
    /// Where all turns are taken, one that is under way for longer may end for somebody of an address with fewer: two round trips
    /// half way round the world and back are a second.
    pub slow: Duration,
    /// Handshakes under way at once: more would only slow each other down.
    pub pending: usize,
    /// Handshakes under way from one address (IPv6: one /64). An office behind one address is served in turns.
    pub pending_per_address: u32,
    /// A caller sends its first bytes with the connection itself; three seconds are two of them lost on the way.
    pub silence: Duration,
    /// Callers of one address that wait for such a turn, for as long as a handshake may take: an office whose fifty browsers
    /// start at once, each with two connections. More are turned away.
    pub waiting_per_address: usize,
    /// Callers that wait so in all, silent ones included: what a flood from many addresses may take in sockets, a few kilobytes each.
    pub waiting: usize,
    /// Connections that stand at once. Where there are so many, the address with the most of them makes place for others.
    pub connections: usize,
    /// A new connection must have sent its first request by then, and each HTTP/1 request's head must take no longer.
    pub first_request: Duration,
    /// The size of a request's headers; the largest real ones are under 2 KiB. What is over it is refused without a word, so
    /// for people it is four times what the API refuses with one.
    pub header_bytes: u32,
    /// Streams at once per connection: an agent needs one, and one more while it renews.
    pub streams: u32,
    /// A silent connection is asked for a sign of life this often: agents' are not silent for longer than 70 s …
    pub ping_interval: Duration,
    /// … and is given up when it has not answered by then. Together: a half-open link is found within 90 s.
    pub ping_timeout: Duration,
    /// A connection is told to go after this long, ± 20 %, so that load spreads again after one collector was away.
    /// Absent: it may stay.
    pub max_age: Option<Duration>,
    /// How long connections have to finish once they were told to go.
    pub drain: Duration,
}

impl Limits {
    /// For the port of agents.
    pub const fn agents() -> Self {
        Self { connections: 20_000, streams: 4, header_bytes: 16 * 1024, ..Self::people() }
    }

    /// For the port of people and enrolment.
    pub const fn people() -> Self {
        Self {
            handshake: Duration::from_secs(5),
            slow: Duration::from_secs(1),
            silence: Duration::from_secs(3),
            pending: 512,
            pending_per_address: 32,
            waiting_per_address: 96,
            waiting: 1024,
            connections: 2_000,
            first_request: Duration::from_secs(10),
            header_bytes: 64 * 1024,
            streams: 64,
            ping_interval: Duration::from_secs(75),
            ping_timeout: Duration::from_secs(15),
            max_age: None,
            drain: Duration::from_secs(10),
        }
    }
}
