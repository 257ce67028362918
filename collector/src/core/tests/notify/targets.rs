//! Targets that hang or fail, and a worker that tells them all the same.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::*;

/// A target that takes a message at the third try; gives its address and the requests that it saw.
async fn flaky() -> (String, mpsc::UnboundedReceiver<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let (seen, requests) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        for n in 0.. {
            let Ok((mut stream, _)) = listener.accept().await else { return };
            let _ = seen.send(request(&mut stream).await);
            let status = if n < 2 { "500 Oops" } else { "204 No Content" };
            let _ = stream.write_all(format!("HTTP/1.1 {status}\r\n\r\n").as_bytes()).await;
        }
    });
    (url, requests)
}

/// A request with a body of JSON.
async fn request(stream: &mut TcpStream) -> String {
    let mut request = vec![0; 64 * 1024];
    let mut length = 0;
    while !String::from_utf8_lossy(&request[..length]).ends_with('}') {
        length += stream.read(&mut request[length..]).await.unwrap();
    }
    String::from_utf8_lossy(&request[..length]).into_owned()
}

fn channels(noc: &str, it: &str) -> Arc<Channels> {
    let file = format!(
        "[retry]\nfirst = \"10ms\"\nmost = \"20ms\"\ngive_up = \"1h\"\n\n\
         [[channel]]\nid = \"noc-chat\"\nkind = \"slack\"\nurl = \"{noc}\"\nallow_private = true\n\n\
         [[channel]]\nid = \"it-chat\"\nkind = \"webhook\"\nurl = \"{it}\"\nallow_private = true\n\
         secret = \"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw\"\n"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = Channels::path(folder.path());
    std::fs::write(&path, file).unwrap();
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    Arc::new(Channels::read(&path).unwrap())
}

/// What a worker says next to the core.
async fn news(desk: &mut Desk) -> News {
    let said = tokio::time::timeout(Duration::from_secs(5), desk.sim.queue.recv()).await.unwrap();
    let Some(Input::Notify(news)) = said else { panic!("a worker's word") };
    *news
}

#[tokio::test]
async fn a_target_that_hangs_or_fails_delays_nobody_and_every_try_has_the_same_id() {
    let hangs = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (flaky, mut requests) = flaky().await;
    let channels = channels(&format!("http://{}/", hangs.local_addr().unwrap()), &flaky);
    let mut desk = Desk::new(&["home"]);
    desk.fire("home", 1, 0..1);
    desk.pass(40);
    let messages: Vec<Sent> =
        desk.sent().into_iter().filter(|message| matches!(message.via, Via::Channel(_))).collect();
    let (_keep, receiver) = tokio::sync::watch::channel(channels);
    let worker = Worker::new(desk.sim.handle.clone(), receiver).await;
    let stop = CancellationToken::new();
    tokio::spawn(worker.run(stop.clone()));
    let outbox = loop {
        if let News::Worker(outbox) = news(&mut desk).await {
            break outbox;
        }
    };
    for message in messages {
        // The worker's clock is the real one.
        let message = Sent { sealed_at: Timestamp::now(), ..message };
        outbox.send(Order::Send(Box::new(message))).unwrap();
    }
    // The other one hangs all the while.
    let News::Ended { outcome, .. } = news(&mut desk).await else { panic!("a last word") };
    assert_eq!(outcome, Outcome::Delivered { tries: 3 });
    let seen = std::iter::from_fn(|| requests.try_recv().ok());
    let id = |request: &str| request.lines().find(|line| line.starts_with("webhook-id: ")).map(str::to_owned);
    let ids: BTreeSet<String> = seen.filter_map(|request| id(&request)).collect();
    assert_eq!(ids.len(), 1, "{ids:?}");
    stop.cancel();
}
