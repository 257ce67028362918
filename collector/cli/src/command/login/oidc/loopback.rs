//! The door on this machine that the browser brings the code to: one port of 127.0.0.1, open until the code came.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{Ipv4Addr, TcpListener, TcpStream},
    sync::mpsc,
    thread,
    time::Duration,
};

use crate::failure::{Exit, Failure};

/// How long somebody may take to prove who they are; the collector waits no longer.
const PATIENCE: Duration = Duration::from_secs(600);

/// How long one caller may take to say what it wants.
const CALLER_PATIENCE: Duration = Duration::from_secs(5);

/// The longest request line that is read: ours has a hundred characters.
const MAX_LINE: u64 = 4096;

/// What a code looks like.
const CODE_CHARS: usize = 43;

/// The open door.
pub(super) struct Door {
    listener: TcpListener,
    port: u16,
}

impl Door {
    /// Opens it on a port that is free.
    pub(super) fn open() -> Result<Self, Failure> {
        let opened = TcpListener::bind((Ipv4Addr::LOCALHOST, 0));
        let opened = opened.and_then(|listener| Ok((listener.local_addr()?.port(), listener)));
        let (port, listener) = opened.map_err(|error| {
            Failure::new(Exit::NotMet, format!("cannot listen on 127.0.0.1: {error}; try --device"))
        })?;
        Ok(Self { listener, port })
    }

    /// Its port.
    pub(super) const fn port(&self) -> u16 {
        self.port
    }

    /// Waits for the code.
    pub(super) fn wait(self) -> Result<String, Failure> {
        let (tell, told) = mpsc::channel();
        thread::spawn(move || {
            for stream in self.listener.incoming().flatten() {
                // One who dawdles keeps nobody else out.
                let tell = tell.clone();
                thread::spawn(move || serve(stream).map(|code| tell.send(code)));
            }
        });
        told.recv_timeout(PATIENCE).map_err(|_| {
            Failure::new(
                Exit::NotAllowed,
                "nobody finished the login in the browser within ten minutes; log in again",
            )
        })
    }
}

/// One caller; the code, if that is what it brings.
fn serve(stream: TcpStream) -> Option<String> {
    stream.set_read_timeout(Some(CALLER_PATIENCE)).ok()?;
    let mut line = String::new();
    let mut reader = BufReader::new(stream.take(MAX_LINE));
    reader.read_line(&mut line).ok()?;
    let code = code_in(&line);
    // A browser that is answered before it has said everything shows an error; the rest is of no interest.
    let mut rest = String::new();
    while reader.read_line(&mut rest).is_ok_and(|read| read > 2) {
        rest.clear();
    }
    let (status, words) = match code {
        Some(_) => ("200 OK", "Go back to your terminal: it says what came of it. You can close this page."),
        None => ("404 Not Found", "Nothing is here."),
    };
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\n\
         referrer-policy: no-referrer\r\nconnection: close\r\n\r\n{words}",
        words.len()
    );
    let _ = reader.into_inner().into_inner().write_all(answer.as_bytes());
    code
}

/// `GET /?code=CODE HTTP/1.1`
fn code_in(line: &str) -> Option<String> {
    let code = line.strip_prefix("GET /?code=")?.split_once(' ')?.0;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    (code.len() == CODE_CHARS && code.bytes().all(fits)).then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(port: u16, path: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        write!(stream, "GET {path} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn the_door_takes_a_code_and_nothing_else() {
        let door = Door::open().ok().unwrap();
        let port = door.port();
        let code = "c".repeat(CODE_CHARS);
        let waits = thread::spawn(move || door.wait().ok());
        for other in ["/", "/favicon.ico", "/?code=short", &format!("/?code={}", "<".repeat(CODE_CHARS))] {
            assert!(ask(port, other).starts_with("HTTP/1.1 404"), "{other}");
        }
        assert!(ask(port, &format!("/?code={code}")).starts_with("HTTP/1.1 200"));
        assert_eq!(waits.join().unwrap(), Some(code));
    }
}
