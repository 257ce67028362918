//! Requests that no well-behaved client sends, over a real connection: each is answered cleanly, none is a fault of ours, and
//! the connection is either in step afterwards or over.

use dogwatch_tests::harness::{
    Lab,
    wire::{Reply, Wire},
};

/// A request to a lab, with what every one needs.
fn request(lab: &Lab, line: &str, headers: &str, body: &str) -> String {
    let bearer = lab.collector().bearer();
    format!("{line} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {bearer}\r\n{headers}\r\n{body}")
}

fn asked(lab: &Lab, line: &str, headers: &str, body: &str) -> Reply {
    Wire::open(lab.collector()).ask(&request(lab, line, headers, body))
}

#[test]
fn every_method_is_answered_and_what_a_route_does_not_take_is_a_problem() {
    let lab = Lab::start();
    let get = asked(&lab, "GET /api/v1/whoami", "", "");
    let head = asked(&lab, "HEAD /api/v1/whoami", "", "");
    assert_eq!((get.status, head.status), (200, 200));
    assert_eq!(get.header("content-length"), head.header("content-length"));
    let unseen = asked(&lab, "HEAD /api/v1/alerts/99", "", "");
    assert_eq!((unseen.status, unseen.header("content-type")), (404, Some("application/problem+json")));
    for method in ["OPTIONS", "TRACE", "PUT", "PATCH", "BREW", "get"] {
        let reply = asked(&lab, &format!("{method} /api/v1/whoami"), "", "");
        assert!(reply.status == 405 && reply.is_problem(), "{method}: {reply:?}");
        assert_eq!(reply.header("allow"), Some("GET,HEAD"), "{method}");
        assert!(!reply.body.contains(lab.collector().bearer()), "{method} hands back what it was sent");
    }
    for line in ["OPTIONS *", "CONNECT localhost:1", "GET https://elsewhere.example/api/v1/nothing"] {
        let reply = asked(&lab, line, "", "");
        assert!([404, 405].contains(&reply.status) && reply.is_problem(), "{line}: {reply:?}");
    }
}

#[test]
fn a_path_is_taken_as_it_is_written_and_leads_nowhere_else() {
    let lab = Lab::start();
    for path in [
        "//api/v1/whoami",
        "/api//v1/whoami",
        "/api/v1/whoami/",
        "/api/v1/../v1/whoami",
        "/api/v1/%2e%2e/v1/whoami",
        "/api%2fv1%2fwhoami",
        "/api/v1/alerts/..",
        "/api/v1/alerts/..%2f..%2fetc%2fpasswd",
        "/api/v1/endpoints/%2e%2e",
        "/api/v1/endpoints/..;/whoami",
        "/api/v1/orgs/home%2f..%2fhome/export",
        "/API/v1/whoami",
    ] {
        let reply = asked(&lab, &format!("GET {path}"), "", "");
        assert!([400, 404].contains(&reply.status) && reply.is_problem(), "{path}: {reply:?}");
    }
    // No text: NUL, other control characters, bytes that are no UTF-8, `/` and `.` in more bytes than they take.
    for path in ["%00", "a%00b", "%0d%0aset-cookie:x", "%7f", "%ff", "%c0%af", "%c0%ae%c0%ae", "%e0%80%af"] {
        let reply = asked(&lab, &format!("GET /api/v1/endpoints/{path}"), "", "");
        assert!(reply.status == 400 && reply.is_problem(), "{path}: {reply:?}");
        assert_eq!(reply.header("set-cookie"), None);
    }
    // `%2f` within a name is a part of it, as is a letter that need not be written so.
    assert_eq!(asked(&lab, "GET /api/v1/who%61mi", "", "").status, 404, "names of routes are not decoded");
}

#[test]
fn a_query_is_taken_once_and_as_text() {
    let lab = Lab::start();
    for (query, said) in [
        ("limit=1&limit=2", "given twice"),
        ("limit=1&%6cimit=2", "given twice"),
        ("limit", "query parameters"),
        ("limit=%00", "query parameters"),
        ("org=%ff", ""),
        ("org=%c0%af", ""),
        ("filter=%00", "filter"),
        ("limit=99999999999999999999999", "query parameters"),
        ("limit=-1", "query parameters"),
        ("cursor=%ff%fe", "cursor"),
        ("stat=all", "no query parameter"),
        ("&&&=", "no query parameter"),
    ] {
        let route = if query.starts_with("org") { "windows" } else { "fleet" };
        let reply = asked(&lab, &format!("GET /api/v1/{route}?{query}"), "", "");
        assert!(reply.status == 400 && reply.is_problem(), "{query}: {reply:?}");
        assert!(reply.body.contains(said), "{query}: {reply:?}");
    }
}

#[test]
fn a_head_that_is_too_large_is_said_to_be() {
    let lab = Lab::start();
    let long = |bytes: usize| format!("x-long: {}\r\n", "a".repeat(bytes));
    assert_eq!(asked(&lab, "GET /api/v1/whoami", &long(8 * 1024), "").status, 200);
    let headers = asked(&lab, "GET /api/v1/whoami", &long(20 * 1024), "");
    assert!(headers.status == 431 && headers.is_problem(), "{headers:?}");
    let address = asked(&lab, &format!("GET /api/v1/fleet?filter={}", "a".repeat(20 * 1024)), "", "");
    assert!(address.status == 414 && address.is_problem(), "{address:?}");
    // So many are not even read: the HTTP library refuses them without a word of ours.
    let reply = asked(&lab, "GET /api/v1/whoami", &"x-one: a\r\n".repeat(200), "");
    assert_eq!((reply.status, reply.body.as_str()), (431, ""), "{reply:?}");
    // Nor is so much; who is still sending may not hear of it.
    let mut wire = Wire::open(lab.collector());
    wire.say(request(&lab, "GET /api/v1/whoami", &long(200 * 1024), "").as_bytes());
    if let Some(reply) = wire.reply(false) {
        assert_eq!((reply.status, reply.body.as_str()), (431, ""), "{reply:?}");
    }
    assert_eq!(wire.reply(false), None, "it is over");
}

/// What cannot be read as HTTP is refused before any code of ours: a status, and the end of the connection.
#[test]
fn what_is_no_http_is_refused_and_hung_up_on() {
    let lab = Lab::start();
    for bytes in [
        &b"GET /api/v1/\0whoami HTTP/1.1\r\nhost: localhost\r\n\r\n"[..],
        b"GET /api/v1/who ami HTTP/1.1\r\nhost: localhost\r\n\r\n",
        b"GET /api/v1/whoami HTTP/1.1\r\nhost: localhost\r\nx: a\0b\r\n\r\n",
        b"POST /api/v1/tokens HTTP/1.1\r\nhost: localhost\r\ncontent-length: -1\r\n\r\n",
        b"POST /api/v1/tokens HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999999999999999999\r\n\r\n",
        b"POST /api/v1/tokens HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}",
        b"POST /api/v1/tokens HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: gzip\r\n\r\n",
        b"hello\r\n\r\n",
    ] {
        let mut wire = Wire::open(lab.collector());
        wire.say(bytes);
        let shown = String::from_utf8_lossy(bytes);
        if let Some(reply) = wire.reply(false) {
            assert!([400, 413, 431, 501].contains(&reply.status), "{shown}: {reply:?}");
            assert_eq!(reply.body, "", "{shown}");
        }
        assert_eq!(wire.reply(false), None, "{shown}: it is over");
    }
}

#[test]
fn bodies_are_bounded_however_they_come_and_the_next_request_is_in_step() {
    let lab = Lab::start();
    let json = "content-type: application/json\r\n";
    let chunked = |chunks: &[&str]| {
        let each = chunks.iter().map(|chunk| format!("{:x}\r\n{chunk}\r\n", chunk.len()));
        each.collect::<String>() + "0\r\n\r\n"
    };
    let order = ["{\"org\":\"home\",", "\"site\":\"main\"}"];
    let headers = format!("{json}transfer-encoding: chunked\r\n");
    let made = asked(&lab, "POST /api/v1/join-tokens", &headers, &chunked(&order));
    assert_eq!(made.status, 201, "{made:?}");
    // A gigabyte that is announced, and one that is not: both are refused long before it has come.
    let huge = format!("{json}content-length: 1000000000\r\n");
    let reply = asked(&lab, "POST /api/v1/join-tokens", &huge, "{");
    assert!(reply.status == 413 && reply.is_problem(), "{reply:?}");
    let long = "a".repeat(70_000);
    let reply = asked(&lab, "POST /api/v1/join-tokens", &headers, &chunked(&[&long]));
    assert!(reply.status == 413 && reply.is_problem(), "{reply:?}");
    for coding in ["gzip", "br", "identity, gzip"] {
        let packed = format!("{json}content-encoding: {coding}\r\ncontent-length: 2\r\n");
        let reply = asked(&lab, "POST /api/v1/join-tokens", &packed, "{}");
        assert!(reply.status == 415 && reply.is_problem(), "{coding}: {reply:?}");
        assert!(reply.body.contains("content-encoding"), "{reply:?}");
    }
    // What a GET carries is not looked at, and is not taken for the request after it.
    let mut wire = Wire::open(lab.collector());
    let smuggled = "DELETE /api/v1/whoami HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let length = format!("content-length: {}\r\n", smuggled.len());
    assert_eq!(wire.ask(&request(&lab, "GET /api/v1/whoami", &length, smuggled)).status, 200);
    let next = wire.ask(&request(&lab, "GET /api/v1/alerts/99", "", ""));
    assert_eq!(next.status, 404, "{next:?}");
}
