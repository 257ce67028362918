//! Who begins to ask and does not go on: a body is waited for, then answered; a head is waited for, then hung up on.

use std::time::Duration;

use dogwatch_tests::harness::{Lab, wire::Wire};

/// How long a body may take (30 s), and as long again on a busy machine.
const BODY_WITHIN: Duration = Duration::from_secs(60);

/// The same for a head (10 s).
const HEAD_WITHIN: Duration = Duration::from_secs(20);

#[test]
fn half_a_body_is_answered_after_its_time_and_the_connection_ends() {
    let lab = Lab::start();
    let json = "content-type: application/json";
    let bearer = format!("{json}\r\nauthorization: Bearer {}", lab.collector().bearer());
    // All of them wait at the same time.
    let begun = [
        ("/api/v1/login", format!("{json}\r\ncontent-length: 100"), "{\"person\":"),
        ("/api/v1/join-tokens", format!("{bearer}\r\ntransfer-encoding: chunked"), "5\r\n{\"org"),
        ("/api/v1/alerts/1/comment", format!("{bearer}\r\ncontent-length: 100"), ""),
        (
            "/login",
            "content-type: application/x-www-form-urlencoded\r\ncontent-length: 100".to_owned(),
            "person=",
        ),
    ]
    .map(|(path, head, half)| {
        let mut wire = Wire::open(lab.collector());
        wire.wait_for(BODY_WITHIN);
        wire.say(format!("POST {path} HTTP/1.1\r\nhost: localhost\r\n{head}\r\n\r\n{half}").as_bytes());
        (path, wire)
    });
    for (path, mut wire) in begun {
        let reply = wire.reply(false).unwrap_or_else(|| panic!("no answer to {path}"));
        assert!(reply.status == 408 && reply.is_problem(), "{path}: {reply:?}");
        assert!(reply.body.contains("urn:dogwatch:problem:late"), "{path}: {reply:?}");
        assert_eq!(reply.header("connection"), Some("close"), "{path}");
        assert_eq!(wire.reply(false), None, "{path}: it is over");
    }
    let whoami = lab.collector().api().get("/api/v1/whoami").expect("others are served");
    assert!(whoami["person"].is_string());
}

/// Before a head is whole nobody knows what was asked, and the HTTP library has no word for it.
#[test]
fn half_a_head_is_hung_up_on_without_a_word() {
    let lab = Lab::start();
    let begun = ["GET /api/v1/whoami HTTP/1.1\r\nhost: loc", "GET /", ""].map(|half| {
        let mut wire = Wire::open(lab.collector());
        wire.wait_for(HEAD_WITHIN);
        wire.say(half.as_bytes());
        (half, wire)
    });
    for (half, mut wire) in begun {
        assert_eq!(wire.reply(false), None, "{half:?}");
    }
}
