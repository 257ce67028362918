//! Targets of every temper, on this machine.

use std::time::Instant;

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A server that treats each connection as `treat` does; gives its URL.
async fn server<F, R>(treat: F) -> String
where
    F: Fn(TcpStream) -> R + Send + 'static,
    R: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook?token=canary", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(treat(stream));
        }
    });
    url
}

/// Reads the request, then says `answer` and closes.
fn says(answer: String) -> impl Fn(TcpStream) -> std::pin::Pin<Box<dyn Future<Output = ()> + Send>> {
    move |mut stream| {
        let answer = answer.clone();
        Box::pin(async move {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        })
    }
}

fn target(url: &str, limit_ms: u64) -> Target {
    let target = Target::new(&Secret::new(url), true, None).unwrap();
    Target { limit: Duration::from_millis(limit_ms), ..target }
}

async fn told(url: &str) -> Result<(), Fault> {
    let told = post(&target(url, 5_000), &[], b"{}".to_vec()).await;
    if let Err(fault) = &told {
        assert!(!fault.what.contains("canary"), "a URL's secret part is never told: {}", fault.what);
    }
    told
}

async fn answered(status: &str, more: &str) -> Result<(), Fault> {
    let answer = format!("HTTP/1.1 {status}\r\n{more}content-length: 4\r\n\r\nwhy\n");
    told(&server(says(answer)).await).await
}

#[tokio::test]
async fn a_target_that_takes_it_has_taken_it() {
    for status in ["200 OK", "202 Accepted"] {
        assert_eq!(answered(status, "").await, Ok(()));
    }
}

#[tokio::test]
async fn faults_that_may_pass_are_tried_again_and_what_is_not_wanted_is_not() {
    let again = |told: Result<(), Fault>| told.unwrap_err().again;
    for status in ["500 Oops", "502 Bad Gateway", "503 Busy", "401 Unauthorized", "404 Not Found", "408 Slow"]
    {
        assert_eq!(again(answered(status, "").await), Again::Later, "{status}");
    }
    for status in ["400 Bad Request", "410 Gone", "413 Too Large", "422 Unprocessable"] {
        assert_eq!(again(answered(status, "").await), Again::Never, "{status}");
    }
    let busy = answered("429 Too Many Requests", "retry-after: 120\r\n").await;
    assert_eq!(again(busy), Again::After(Duration::from_secs(120)));
    let past = answered("503 Busy", "retry-after: Wed, 21 Oct 2015 07:28:00 GMT\r\n").await;
    assert_eq!(again(past), Again::Later);
    assert!(answered("500 Oops", "").await.unwrap_err().what.ends_with("500 Internal Server Error: why"));
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let asked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let seen = asked.clone();
    let inside = server(move |_| {
        seen.store(true, std::sync::atomic::Ordering::SeqCst);
        async {}
    })
    .await;
    let fault = answered("302 Found", &format!("location: {inside}\r\n")).await.unwrap_err();
    assert_eq!(fault.again, Again::Never);
    assert!(fault.what.contains("not followed"), "{}", fault.what);
    assert!(!asked.load(std::sync::atomic::Ordering::SeqCst));
}

#[tokio::test]
async fn a_target_that_hangs_or_drips_is_left_after_its_time() {
    let hangs = server(|stream| async move {
        let _held = stream;
        std::future::pending::<()>().await;
    })
    .await;
    let drips = server(|mut stream| async move {
        let mut beat = tokio::time::interval(Duration::from_millis(20));
        while stream.write_all(b"H").await.is_ok() {
            beat.tick().await;
        }
    })
    .await;
    for url in [hangs, drips] {
        let began = Instant::now();
        let fault = post(&target(&url, 200), &[], b"{}".to_vec()).await.unwrap_err();
        assert_eq!(fault.again, Again::Later, "{}", fault.what);
        assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    }
}

#[tokio::test]
async fn a_target_that_takes_and_loses_or_talks_for_ever_is_tried_again() {
    let loses = server(says(String::new())).await;
    assert_eq!(told(&loses).await.unwrap_err().again, Again::Later);
    let headers = server(says(format!("HTTP/1.1 200 OK\r\nx: {}", "y".repeat(MAX_ANSWER_BYTES * 2)))).await;
    assert_eq!(told(&headers).await.unwrap_err().again, Again::Later);
    let body = server(says(format!("HTTP/1.1 500 Oops\r\n\r\n{}", "z".repeat(1 << 20)))).await;
    assert!(told(&body).await.unwrap_err().what.len() < 500);
    let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    assert!(told(&format!("http://{nobody}/")).await.unwrap_err().what.contains("cannot connect"));
}

#[tokio::test]
async fn a_name_that_leads_inside_is_refused_when_it_is_resolved() {
    let target = Target::new(&Secret::new("https://localhost:1/x"), false, Some(&root())).unwrap();
    let fault = post(&target, &[], b"{}".to_vec()).await.unwrap_err();
    assert!(
        fault.what.contains("not a public address") && fault.what.contains("allow_private"),
        "{}",
        fault.what
    );
}

/// A root to trust, so that the test does not depend on the machine's.
fn root() -> Vec<u8> {
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate =
        rcgen::CertificateParams::new(vec!["root".to_owned()]).unwrap().self_signed(&key).unwrap();
    certificate.pem().into_bytes()
}
