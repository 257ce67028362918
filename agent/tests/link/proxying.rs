//! The way out is an HTTP proxy: a real one, small, on this machine.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Output, Stdio},
    sync::{Arc, Mutex},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use dogwatch_agent::config::Config;
use dogwatch_model::{JoinToken, LaneMarks};
use tokio::{
    io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    process::Command,
};
use tokio_rustls::TlsAcceptor;

use crate::{
    authority::Authority,
    fake_collector::{FakeCollector, RunningAgent, SECRET, server_config, soon},
};

/// What the proxy does with a request.
#[derive(Clone)]
enum Manner {
    /// Connects whoever shows this to this machine at the port asked for, whatever the name: it is the one who
    /// resolves names.
    WithCredentials(&'static str),
    /// Answers with this line.
    Says(&'static str),
    /// Ends TLS itself, with a certificate of its own for the name asked for, and keeps what it hears.
    LooksInside,
}

struct Proxy {
    address: String,
    /// Header of each request.
    requests: Arc<Mutex<Vec<String>>>,
    /// What was heard within TLS.
    heard: Arc<Mutex<Vec<u8>>>,
}

impl Proxy {
    async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let proxy = Self { address, requests: Arc::default(), heard: Arc::default() };
        let (requests, heard) = (proxy.requests.clone(), proxy.heard.clone());
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, manner.clone(), requests.clone(), heard.clone()));
            }
        });
        proxy
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn serve(
    stream: TcpStream,
    manner: Manner,
    requests: Arc<Mutex<Vec<String>>>,
    heard: Arc<Mutex<Vec<u8>>>,
) {
    let mut stream = BufReader::new(stream);
    let mut header = String::new();
    while !header.ends_with("\r\n\r\n") {
        if stream.read_line(&mut header).await.unwrap_or(0) == 0 {
            return;
        }
    }
    assert!(stream.buffer().is_empty(), "something was said before the tunnel stood");
    requests.lock().unwrap().push(header.clone());
    let mut stream = stream.into_inner();
    let (host, port) = header.split(' ').nth(1).unwrap().rsplit_once(':').unwrap();
    let line = match manner {
        Manner::Says(line) => line,
        Manner::WithCredentials(known)
            if !header.contains(&format!("Proxy-Authorization: Basic {}\r\n", STANDARD.encode(known))) =>
        {
            "407 Proxy Authentication Required"
        }
        _ => "200 Connection established",
    };
    // An agent that has given up does not listen any more.
    let _ = stream.write_all(format!("HTTP/1.1 {line}\r\nVia: 1.1 small\r\n\r\n").as_bytes()).await;
    if !line.starts_with("200") {
        return;
    }
    if matches!(manner, Manner::LooksInside) {
        let acceptor = TlsAcceptor::from(server_config(&Authority::new(), host, None));
        if let Ok(mut inside) = acceptor.accept(stream).await {
            let mut bytes = Vec::new();
            let _ = inside.read_to_end(&mut bytes).await;
            heard.lock().unwrap().extend(bytes);
        }
        return;
    }
    let mut beyond = TcpStream::connect(format!("127.0.0.1:{port}")).await.unwrap();
    let _ = copy_bidirectional(&mut stream, &mut beyond).await;
}

/// A collector that only the proxy knows the name of.
async fn hidden_collector() -> FakeCollector {
    let mut collector = FakeCollector::with_server_name("collector.example").await;
    let port = |address: &str| address.rsplit_once(':').unwrap().1.to_owned();
    collector.people = format!("collector.example:{}", port(&collector.people));
    collector.agents = format!("collector.example:{}", port(&collector.agents));
    collector
}

fn config(folder: &Path, proxy: &str) -> Config {
    let file = folder.join("agent.toml");
    fs::write(&file, format!("[narrow]\ndisable = [\"patch\", \"software\"]\n[proxy]\n{proxy}\n")).unwrap();
    Config::load(Some(&file), Some(&folder.join("state"))).unwrap()
}

#[tokio::test]
async fn enrolment_and_uplink_go_through_the_proxy_with_its_credentials() {
    let (mut collector, folder) = (hidden_collector().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::start(Manner::WithCredentials("me:pa:ss")).await;
    let secret: PathBuf = folder.path().join("credentials");
    fs::write(&secret, "me:pa:ss\n").unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    let config =
        config(folder.path(), &format!("url = \"http://{}\"\ncredentials_file = {secret:?}", proxy.address));
    collector.enroll(&config).await.unwrap();
    assert_eq!(proxy.requests().len(), 1);
    // The name that the collector gives for its uplink is not known here either.
    let record = config.state.read("endpoint.json").unwrap().unwrap();
    let port = record.split("127.0.0.1:").nth(1).unwrap().split('"').next().unwrap();
    let record = record.replace(&format!("127.0.0.1:{port}"), &format!("collector.example:{port}"));
    config.state.write("endpoint.json", record.as_bytes()).unwrap();
    let agent = RunningAgent::start(&config);
    let session = collector.session().await;
    session.welcome(LaneMarks::default()).await;
    assert!(proxy.requests()[1].starts_with(&format!("CONNECT collector.example:{port} HTTP/1.1\r\n")));
    agent.terminate();
    drop(session);
    agent.ended().await;
}

#[tokio::test]
async fn a_proxy_that_looks_inside_hears_nothing() {
    let (collector, folder) = (hidden_collector().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::start(Manner::LooksInside).await;
    let config = config(folder.path(), &format!("url = \"http://{}\"", proxy.address));
    let error = collector.enroll(&config).await.unwrap_err().to_string();
    assert!(error.contains("is not the one this token is for"), "{error}");
    assert_eq!(proxy.requests().len(), 1);
    assert!(proxy.heard.lock().unwrap().is_empty(), "the pin failed and something was said all the same");
    assert!(!proxy.requests()[0].contains(SECRET));
}

#[tokio::test]
async fn what_a_proxy_refuses_is_told_in_words() {
    let (collector, folder) = (hidden_collector().await, tempfile::tempdir().unwrap());
    for (line, expected) in [
        ("403 Forbidden", "does not allow the way to collector.example:"),
        ("407 Proxy Authentication Required", "wants credentials (407)"),
        ("502 Bad Gateway", "cannot reach collector.example:"),
    ] {
        let proxy = Proxy::start(Manner::Says(line)).await;
        let config = config(folder.path(), &format!("url = \"http://{}\"", proxy.address));
        let error = collector.enroll(&config).await.unwrap_err().to_string();
        assert!(error.starts_with(&format!("the proxy {} {expected}", proxy.address)), "{error}");
    }
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let config = config(folder.path(), &format!("url = \"http://{closed}\""));
    let error = collector.enroll(&config).await.unwrap_err().to_string();
    assert!(error.starts_with(&format!("the proxy {closed} cannot be used: nothing listens at")), "{error}");
}

/// The command itself, in an environment that names a proxy.
async fn enroll_command(token: &JoinToken, state: &Path, environment: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dogwatch-agent"));
    for name in ["https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY"] {
        command.env_remove(name);
    }
    command.args(["enroll", &token.to_string(), "--name", "db1", "--state-dir"]).arg(state);
    command.envs(environment.iter().copied()).stdin(Stdio::null()).kill_on_drop(true);
    soon("the command's end", command.output()).await.unwrap()
}

#[tokio::test]
async fn the_environment_names_the_proxy_as_for_other_tools() {
    let (collector, folder) = (hidden_collector().await, tempfile::tempdir().unwrap());
    let proxy = Proxy::start(Manner::WithCredentials("me:s3cr3t")).await;
    let (token, url) = (collector.token(), format!("http://me:s3cr3t@{}", proxy.address));
    let shown = |output: &Output| {
        let text = [output.stdout.as_slice(), &output.stderr].concat();
        let text = String::from_utf8(text).unwrap();
        assert!(!text.contains("s3cr3t") && !text.contains(SECRET), "{text}");
        text
    };
    let state = folder.path().join("state");
    let excepted = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", ".example")];
    let output = enroll_command(&token, &state, &excepted).await;
    assert_eq!(output.status.code(), Some(5), "{}", shown(&output));
    assert!(proxy.requests().is_empty());
    let wrong = url.replace("s3cr3t", "0ther");
    let output = enroll_command(&token, &state, &[("HTTPS_PROXY", wrong.as_str())]).await;
    assert!(shown(&output).contains("does not accept the credentials (407)"), "{}", shown(&output));
    let output = enroll_command(&token, &state, &[("HTTPS_PROXY", url.as_str())]).await;
    assert!(output.status.success(), "{}", shown(&output));
    assert_eq!(proxy.requests().len(), 2);
}
