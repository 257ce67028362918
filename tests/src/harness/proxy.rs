//! A proxy on the way out: HTTP CONNECT, whoever asks for whatever, and a memory of what was asked in the clear.

use std::{
    io::{self, Read as _, Write as _},
    net::{Shutdown, TcpListener, TcpStream},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

/// A request to a proxy is a few lines.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// A running proxy. Its threads end with the test's process.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    heads: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// One that lets everything through.
    ///
    /// # Panics
    /// When there is no port to listen on.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port of loopback");
        let port = listener.local_addr().expect("a bound listener has an address").port();
        let heads = Arc::<Mutex<Vec<String>>>::default();
        let kept = Arc::clone(&heads);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let kept = Arc::clone(&kept);
                // Whoever hangs up ends their own connection and nothing else.
                thread::spawn(move || drop(serve(stream, &kept)));
            }
        });
        Self { port, heads }
    }

    /// Where it listens.
    pub const fn port(&self) -> u16 {
        self.port
    }

    /// Every request, with its headers.
    pub fn heads(&self) -> Vec<String> {
        self.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

fn serve(mut near: TcpStream, kept: &Mutex<Vec<String>>) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < MAX_HEAD_BYTES {
        near.read_exact(&mut byte)?;
        head.extend(byte);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let target = head.split_ascii_whitespace().nth(1).unwrap_or_default().to_owned();
    kept.lock().unwrap_or_else(PoisonError::into_inner).push(head);
    let far = TcpStream::connect(target)?;
    near.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
    let (from_far, to_near) = (far.try_clone()?, near.try_clone()?);
    thread::spawn(move || pass(from_far, to_near));
    pass(near, far);
    Ok(())
}

fn pass(mut from: TcpStream, mut to: TcpStream) {
    let _ = io::copy(&mut from, &mut to);
    // The other direction may have ended both already.
    let _ = to.shutdown(Shutdown::Write);
}
