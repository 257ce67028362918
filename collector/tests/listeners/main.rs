//! Both ports as good callers, bad callers and clumsy callers find them: real sockets, real TLS.

#![expect(clippy::unwrap_used, reason = "what cannot be set up ends the test, and says where")]

mod harness;

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use dogwatch_collector::{
    access::Sha256,
    authority::standing::KeyState,
    listener::{Bound, Limits},
};
use harness::{Agent, Log, PATIENCE, Port, new_authority};
use jiff::SignedDuration;
use rustls::{HandshakeKind, NamedGroup};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpSocket, TcpStream},
};

const FRESH: SignedDuration = SignedDuration::ZERO;
const DAY: SignedDuration = SignedDuration::from_hours(24);

#[tokio::test]
async fn an_enrolled_agent_is_known_by_its_key() {
    let port = Port::of_agents();
    let agent = port.agent(FRESH);
    let (_, body) = port.caller(Some(&agent)).http2().await.get("/who").await.unwrap();
    assert_eq!(body, format!("{} expired=false", agent.endpoint));
}

#[tokio::test]
async fn an_endpoint_that_waits_for_approval_may_connect() {
    let port = Port::of_agents();
    let agent = port.agent(FRESH);
    port.ledger.set(agent.key, KeyState::Pending(agent.endpoint));
    let (_, body) = port.caller(Some(&agent)).http2().await.get("/who").await.unwrap();
    assert!(body.starts_with(&agent.endpoint.to_string()));
}

#[tokio::test]
async fn the_handshake_is_post_quantum() {
    let port = Port::of_agents();
    let stream = port.caller(Some(&port.agent(FRESH))).connect().await.unwrap();
    let group = stream.get_ref().1.negotiated_key_exchange_group().unwrap().name();
    assert_eq!(group, NamedGroup::X25519MLKEM768);
}

#[tokio::test]
async fn without_a_client_certificate_nobody_gets_in() {
    let (log, _guard) = Log::capture();
    let port = Port::of_agents();
    let error = port.caller(None).refusal().await;
    assert!(error.contains("CertificateRequired"), "{error}");
    assert!(log.text().contains("it showed no client certificate"), "{}", log.text());
}

#[tokio::test]
async fn a_certificate_of_another_authority_is_refused_even_for_a_known_key() {
    let (log, _guard) = Log::capture();
    let (_folder, other) = new_authority();
    let port = Port::of_agents();
    let stranger = Agent::of(&other, FRESH);
    port.ledger.set(stranger.key, KeyState::Active(stranger.endpoint));
    let error = port.caller(Some(&stranger)).refusal().await;
    assert!(error.contains("UnknownCA"), "{error}");
    assert!(log.text().contains("of another authority"), "{}", log.text());
}

#[tokio::test]
async fn a_revoked_key_is_refused_and_told_so() {
    let (log, _guard) = Log::capture();
    let port = Port::of_agents();
    let agent = port.agent(FRESH);
    port.ledger.set(agent.key, KeyState::Revoked);
    let error = port.caller(Some(&agent)).refusal().await;
    assert!(error.contains("CertificateRevoked"), "{error}");
    assert!(log.text().contains("its key was revoked"), "{}", log.text());
}

#[tokio::test]
async fn a_key_that_is_not_on_record_is_refused() {
    let (log, _guard) = Log::capture();
    let port = Port::of_agents();
    let error = port.caller(Some(&Agent::of(&port.authority, FRESH))).refusal().await;
    assert!(error.contains("AccessDenied"), "{error}");
    assert!(log.text().contains("its key is not known here"), "{}", log.text());
}

#[tokio::test]
async fn a_certificate_that_expired_while_its_machine_was_away_may_be_renewed() {
    let port = Port::of_agents();
    let agent = port.agent(30 * DAY + 179 * DAY);
    let (_, body) = port.caller(Some(&agent)).http2().await.get("/who").await.unwrap();
    assert_eq!(body, format!("{} expired=true", agent.endpoint));
}

#[tokio::test]
async fn a_certificate_that_expired_too_long_ago_is_refused() {
    let (log, _guard) = Log::capture();
    let port = Port::of_agents();
    let error = port.caller(Some(&port.agent(30 * DAY + 181 * DAY))).refusal().await;
    assert!(error.contains("CertificateExpired"), "{error}");
    assert!(log.text().contains("enrol the endpoint again"), "{}", log.text());
}

#[tokio::test]
async fn an_expired_certificate_of_a_revoked_key_is_told_that_it_is_revoked() {
    let port = Port::of_agents();
    for age in [40 * DAY, 30 * DAY + 181 * DAY] {
        let agent = port.agent(age);
        port.ledger.set(agent.key, KeyState::Revoked);
        let error = port.caller(Some(&agent)).refusal().await;
        assert!(error.contains("CertificateRevoked"), "{error}");
    }
}

#[tokio::test]
async fn tls_1_2_is_refused_on_both_ports() {
    for for_agents in [true, false] {
        let (log, _guard) = Log::capture();
        let port = Port::start(for_agents, Limits::people());
        let error = port.caller_with(None, &rustls::version::TLS12).refusal().await;
        assert!(error.contains("ProtocolVersion"), "{error}");
        assert!(log.text().contains("it does not offer TLS 1.3"), "{}", log.text());
    }
}

#[tokio::test]
async fn plain_http_is_turned_away_and_named_in_the_log() {
    let (log, _guard) = Log::capture();
    let port = Port::start(false, Limits::people());
    let mut tcp = TcpStream::connect(port.address).await.unwrap();
    tcp.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    tokio::time::timeout(PATIENCE, tcp.read_to_end(&mut answer)).await.unwrap().unwrap();
    assert!(log.text().contains("it does not speak TLS"), "{}", log.text());
}

#[tokio::test]
async fn a_handshake_that_is_never_begun_or_never_finished_is_given_up() {
    let (log, _guard) = Log::capture();
    let soon = Duration::from_millis(50);
    for (said, why, limits) in [
        (&b""[..], "it said nothing within 50ms", Limits { silence: soon, ..Limits::agents() }),
        (b"\x16", "not finished within 50ms", Limits { handshake: soon, ..Limits::agents() }),
    ] {
        let port = Port::start(true, limits);
        let mut tcp = TcpStream::connect(port.address).await.unwrap();
        tcp.write_all(said).await.unwrap();
        let read = tokio::time::timeout(PATIENCE, tcp.read(&mut [0; 16])).await.unwrap();
        assert!(!matches!(read, Ok(1..)), "closed");
        assert!(log.text().contains(why), "{}", log.text());
    }
}

#[tokio::test]
async fn a_caller_that_asks_for_nothing_has_to_make_place() {
    let port = Port::start(false, Limits { first_request: Duration::from_millis(50), ..Limits::people() });
    let mut stream = port.caller(None).connect().await.unwrap();
    let mut answer = Vec::new();
    // Without a TLS goodbye; that it ends is what counts.
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "closed");
}

#[tokio::test]
async fn one_address_cannot_take_all_turns() {
    let (log, _guard) = Log::capture();
    let port =
        Port::start(true, Limits { pending_per_address: 1, waiting_per_address: 0, ..Limits::agents() });
    let halfway = half_shaken(&port).await;
    let error = port.caller(Some(&port.agent(FRESH))).connect().await.unwrap_err();
    assert!(log.text().contains("too many handshakes under way"), "{error}: {}", log.text());
    drop(halfway);
}

/// A caller that is in the middle of its handshake, for certain: it was answered.
async fn half_shaken(port: &Port) -> TcpStream {
    let config = port.caller(None).config;
    let mut tls = rustls::ClientConnection::new(config, "localhost".try_into().unwrap()).unwrap();
    let mut hello = Vec::new();
    tls.write_tls(&mut hello).unwrap();
    let mut tcp = TcpStream::connect(port.address).await.unwrap();
    tcp.write_all(&hello).await.unwrap();
    tokio::time::timeout(PATIENCE, tcp.peek(&mut [0])).await.unwrap().unwrap();
    tcp
}

/// A caller's socket with an address of its own on loopback.
async fn from(address: Ipv4Addr, port: &Port) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind((address, 0).into()).unwrap();
    socket.connect(port.address).await.unwrap()
}

#[tokio::test]
async fn fifty_of_one_office_that_come_at_once_are_all_served() {
    let port = Port::start(false, Limits { pending_per_address: 4, ..Limits::people() });
    let callers = (0..50).map(|_| {
        let caller = port.caller(None);
        tokio::spawn(async move { caller.http2().await.get("/who").await.unwrap().1 })
    });
    for caller in callers.collect::<Vec<_>>() {
        let served = tokio::time::timeout(PATIENCE, caller).await.unwrap();
        assert_eq!(served.unwrap(), "127.0.0.1");
    }
}

#[tokio::test]
async fn five_hundred_that_say_nothing_lock_out_neither_others_nor_their_own_address() {
    // Long enough for everybody to be there at once.
    let limits = Limits { silence: Duration::from_secs(3), ..Limits::people() };
    let port = Port::start(false, limits);
    let mut silent = Vec::new();
    for _ in 0..500 {
        silent.push(from(Ipv4Addr::new(127, 0, 0, 1), &port).await);
    }
    let other = from(Ipv4Addr::new(127, 0, 0, 2), &port).await;
    let other = tokio::time::timeout(limits.silence, port.caller(None).http2_over(other)).await.unwrap();
    assert_eq!(other.unwrap().get("/who").await.unwrap().1, "127.0.0.2", "at once");
    let same = tokio::time::timeout(PATIENCE, port.caller(None).http2()).await.unwrap().get("/who").await;
    assert_eq!(same.unwrap().1, "127.0.0.1", "in its turn");
    let mut gone = 0;
    for mut stream in silent {
        let read = tokio::time::timeout(PATIENCE, stream.read(&mut [0; 16])).await.unwrap();
        gone += usize::from(!matches!(read, Ok(1..)));
    }
    assert_eq!(gone, 500, "nobody who says nothing stays");
}

#[tokio::test]
async fn silent_callers_from_many_addresses_keep_nobody_waiting() {
    // Whoever had to wait for the silent ones to be given up would wait for an hour.
    let hour = Duration::from_secs(3600);
    let limits = Limits { handshake: hour, silence: hour, pending: 4, waiting: 64, ..Limits::people() };
    let port = Port::start(false, limits);
    let mut silent = Vec::new();
    for host in (10..70).flat_map(|host| [host; 4]) {
        silent.push(from(Ipv4Addr::new(127, 0, 0, host), &port).await);
    }
    for (host, address) in [(2, "127.0.0.2"), (10, "127.0.0.10")] {
        let tcp = from(Ipv4Addr::new(127, 0, 0, host), &port).await;
        let mut honest =
            tokio::time::timeout(PATIENCE, port.caller(None).http2_over(tcp)).await.unwrap().unwrap();
        assert_eq!(honest.get("/who").await.unwrap().1, address, "however many say nothing");
    }
    drop(silent);
}

#[tokio::test]
async fn who_says_one_byte_and_then_nothing_keeps_nobody_of_another_address_waiting() {
    // Whoever had to wait for them to be given up would wait for an hour.
    let hour = Duration::from_secs(3600);
    let slow = Duration::from_millis(20);
    let few = Limits {
        pending: 16,
        pending_per_address: 8,
        waiting_per_address: 8,
        waiting: 24,
        ..Limits::people()
    };
    let port = Port::start(false, Limits { handshake: hour, silence: hour, slow, ..few });
    let mut dawdling = Vec::new();
    for host in (10..14).flat_map(|host| [host; 64]) {
        let mut stream = from(Ipv4Addr::new(127, 0, 0, host), &port).await;
        // Who is turned away already has no say.
        drop(stream.write_all(&[0x16]).await);
        dawdling.push(stream);
    }
    for host in 2..6 {
        let address = Ipv4Addr::new(127, 0, 0, host);
        let tcp = from(address, &port).await;
        let mut honest =
            tokio::time::timeout(PATIENCE, port.caller(None).http2_over(tcp)).await.unwrap().unwrap();
        assert_eq!(honest.get("/who").await.unwrap().1, address.to_string(), "however many say one byte");
    }
    drop(dawdling);
}

#[tokio::test]
async fn connections_of_one_address_shut_nobody_of_another_out() {
    // A connection that makes place has a second; whoever had to wait for anything else would wait for an hour.
    let hour = Duration::from_secs(3600);
    let port = Port::start(false, Limits { connections: 3, drain: hour, ..Limits::people() });
    let caller = port.caller(None);
    let here = async |host: u8| caller.http2_over(from(Ipv4Addr::new(127, 0, 0, host), &port).await).await;
    let mut hogs = Vec::new();
    for _ in 0..3 {
        let mut hog = here(10).await.unwrap();
        assert!(hog.get("/who").await.is_ok(), "it stands, and asks for nothing more");
        hogs.push(hog);
    }
    let mut others = Vec::new();
    for host in [2, 3] {
        let mut other = here(host).await.unwrap();
        assert_eq!(other.get("/who").await.unwrap().1, format!("127.0.0.{host}"));
        others.push(other);
    }
    for idle in hogs.drain(..2) {
        tokio::time::timeout(PATIENCE, idle.connection).await.unwrap().unwrap();
    }
    assert!(!hogs[0].connection.is_finished(), "one each: nobody makes place for a fourth address");
    assert!(here(4).await.is_err());
    for other in &mut others {
        assert!(other.get("/who").await.is_ok(), "nor does who has made no more than one");
    }
}

#[tokio::test]
async fn no_handshake_is_a_resumption_so_that_a_revoked_key_cannot_come_back_by_one() {
    let port = Port::of_agents();
    let agent = port.agent(FRESH);
    let caller = port.caller(Some(&agent));
    for _ in 0..2 {
        let mut http2 = caller.http2().await;
        http2.get("/who").await.unwrap();
        let stream = caller.connect().await.unwrap();
        let kind = stream.get_ref().1.handshake_kind().unwrap();
        assert!(matches!(kind, HandshakeKind::Full | HandshakeKind::FullWithHelloRetryRequest), "{kind:?}");
    }
    port.ledger.set(agent.key, KeyState::Revoked);
    assert!(caller.refusal().await.contains("CertificateRevoked"));
}

#[tokio::test]
async fn a_connection_outlives_a_revocation_but_opens_nothing_and_is_closed() {
    let port = Port::of_agents();
    let agent = port.agent(FRESH);
    let mut http2 = port.caller(Some(&agent)).http2().await;
    assert!(http2.get("/who").await.is_ok());
    port.ledger.set(agent.key, KeyState::Revoked);
    let (head, body) = http2.get("/who").await.unwrap();
    assert_eq!(head.headers["grpc-status"], "16");
    assert!(body.is_empty());
    tokio::time::timeout(PATIENCE, http2.connection).await.unwrap().unwrap();
}

#[tokio::test]
async fn headers_beyond_the_limit_are_refused_and_others_go_on() {
    let port = Port::of_agents();
    let mut http2 = port.caller(Some(&port.agent(FRESH))).http2().await;
    let huge = http::Request::get("https://localhost/who").header("x-huge", "x".repeat(20 * 1024));
    let refused = http2.send(huge).await;
    assert!(refused.is_err() || refused.is_ok_and(|(head, _)| head.status == 431));
    let mut other = port.caller(Some(&port.agent(FRESH))).http2().await;
    assert!(other.get("/who").await.is_ok());
}

#[tokio::test]
async fn over_http_1_1_the_answer_to_huge_headers_is_431() {
    let port = Port::start(false, Limits::people());
    let mut caller = port.caller(None);
    Arc::make_mut(&mut caller.config).alpn_protocols.clear();
    let mut stream = caller.connect().await.unwrap();
    let huge = format!("GET /who HTTP/1.1\r\nHost: localhost\r\nX-Huge: {}\r\n\r\n", "x".repeat(80 * 1024));
    stream.write_all(huge.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 431");
}

/// More than what fits in the buffers on the way, and within what is read for nobody.
const BIG: usize = 3 * 1024 * 1024;

#[tokio::test]
async fn over_http_2_who_sends_a_big_body_hears_the_refusal() {
    let port = Port::start(false, Limits::people());
    for (path, status) in [("/refused", 403), ("/short", 413), ("/nowhere", 404), ("/who", 405)] {
        let mut http2 = port.caller(None).http2().await;
        let request = http::Request::post(format!("https://localhost{path}"));
        let (head, _) = http2.send_with(request, vec![b'x'; BIG].into()).await.unwrap();
        assert_eq!(head.status, status, "{path}");
    }
}

#[tokio::test]
async fn over_http_1_1_who_sends_a_big_body_hears_the_refusal() {
    let port = Port::start(false, Limits::people());
    let mut caller = port.caller(None);
    Arc::make_mut(&mut caller.config).alpn_protocols.clear();
    for (path, status) in [("/refused", "403"), ("/short", "413")] {
        let mut stream = caller.connect().await.unwrap();
        let head = format!("POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {BIG}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        tokio::time::timeout(PATIENCE, stream.write_all(&vec![b'x'; BIG])).await.unwrap().unwrap();
        let mut answer = [0; 12];
        tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
        assert_eq!(String::from_utf8_lossy(&answer), format!("HTTP/1.1 {status}"));
    }
}

#[tokio::test]
async fn who_waits_with_the_body_until_it_is_asked_for_hears_the_refusal_at_once() {
    let port = Port::start(false, Limits::people());
    let mut caller = port.caller(None);
    Arc::make_mut(&mut caller.config).alpn_protocols.clear();
    let mut stream = caller.connect().await.unwrap();
    let head = format!(
        "POST /refused HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: {BIG}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = [0; 12];
    tokio::time::timeout(PATIENCE, stream.read_exact(&mut answer)).await.unwrap().unwrap();
    assert_eq!(&answer, b"HTTP/1.1 403");
}

#[tokio::test]
async fn people_are_shown_the_root_so_that_first_contact_can_pin_it() {
    let port = Port::start(false, Limits::people());
    let stream = port.caller(None).connect().await.unwrap();
    let chain = stream.get_ref().1.peer_certificates().unwrap();
    assert_eq!(chain.len(), 3);
    assert_eq!(Sha256::of(&chain[2]), port.authority.root_sha256());
}

#[tokio::test]
async fn people_need_no_certificate_and_their_address_is_known() {
    let port = Port::start(false, Limits::people());
    let (_, body) = port.caller(None).http2().await.get("/who").await.unwrap();
    assert_eq!(body, "127.0.0.1");
}

#[tokio::test]
async fn a_stop_lets_idle_callers_go_at_once_and_cuts_who_hangs_after_the_limit() {
    let port = Port::start(false, Limits { drain: Duration::from_millis(100), ..Limits::people() });
    let mut idle = port.caller(None).http2().await;
    assert!(idle.get("/who").await.is_ok());
    let mut hanging = port.caller(None).http2().await;
    let hangs = tokio::spawn(async move { hanging.get("/never").await });
    let mut third = port.caller(None).http2().await;
    assert!(third.get("/who").await.is_ok(), "by now the hanging request has arrived, too");
    port.stop.cancel();
    tokio::time::timeout(PATIENCE, port.running).await.unwrap().unwrap();
    assert!(hangs.await.unwrap().is_err());
    idle.connection.await.unwrap();
}

#[tokio::test]
async fn a_port_in_use_is_one_line_that_says_how_to_choose_another() {
    let first = Bound::new((Ipv4Addr::LOCALHOST, 0).into(), "agents.listen in collector.toml").unwrap();
    let error = Bound::new(first.address(), "agents.listen in collector.toml").unwrap_err().to_string();
    let port = first.address().port();
    assert!(error.starts_with(&format!("port {port} is already in use on 127.0.0.1")), "{error}");
    assert!(
        error.contains("choose another with agents.listen in collector.toml") && !error.contains('\n'),
        "{error}"
    );
}
