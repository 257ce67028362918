//! The code of an answer. Pure.

/// What stands at the beginning of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::sources::checks) enum Answer {
    /// The final code.
    Code(u16),
    /// It cannot be told yet.
    Incomplete,
    /// It never can.
    NotHttp,
}

/// Reads the code; interim answers (1xx) are passed over with their headers.
pub(in crate::sources::checks) fn parse(mut seen: &[u8]) -> Answer {
    const BEGIN: &[u8] = b"HTTP/1.";
    loop {
        let begins = BEGIN.iter().zip(seen).all(|(wanted, byte)| wanted == byte);
        if !begins {
            return Answer::NotHttp;
        }
        // `HTTP/1.1 200 `: version, a space, three digits, and something that ends them.
        let Some((head, _)) = seen.split_first_chunk::<13>() else { return Answer::Incomplete };
        let [.., version, space, hundreds, tens, ones, end] = head;
        let digits = [hundreds, tens, ones];
        if !version.is_ascii_digit()
            || *space != b' '
            || !digits.iter().all(|digit| digit.is_ascii_digit())
            || !matches!(end, b' ' | b'\r' | b'\n')
        {
            return Answer::NotHttp;
        }
        let code = digits.iter().fold(0, |code, digit| code * 10 + u16::from(**digit - b'0'));
        match code {
            0..100 => return Answer::NotHttp,
            100..200 => {}
            _ => return Answer::Code(code),
        }
        let Some(next) = seen.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Answer::Incomplete;
        };
        seen = &seen[next + 4..];
    }
}

/// For the test that feeds garbage.
pub(in crate::sources) fn survives(text: &str) {
    parse(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_final_code_is_found_and_nothing_else_is_taken_for_one() {
        for (text, expected) in [
            ("HTTP/1.1 200 OK\r\n", Answer::Code(200)),
            ("HTTP/1.0 404\r\n", Answer::Code(404)),
            ("HTTP/1.1 503 \r\nX: y\r\n\r\nbody", Answer::Code(503)),
            ("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 301 Moved\r\nLocation: /\r\n", Answer::Code(301)),
            ("HTTP/1.1 103 Early\r\nLink: a\r\n", Answer::Incomplete),
            ("", Answer::Incomplete),
            ("HTT", Answer::Incomplete),
            ("HTTP/1.1 20", Answer::Incomplete),
            ("HTTP/1.1 200", Answer::Incomplete),
            ("HTTP/2 200 OK\r\n", Answer::NotHttp),
            ("SSH-2.0-OpenSSH", Answer::NotHttp),
            ("HTTP/1.1 2x0 OK\r\n", Answer::NotHttp),
            ("HTTP/1.1 2000 OK\r\n", Answer::NotHttp),
            ("HTTP/1.1 000 no\r\n", Answer::NotHttp),
            ("HTTP/1.1\t200 OK\r\n", Answer::NotHttp),
        ] {
            assert_eq!(parse(text.as_bytes()), expected, "{text}");
        }
    }
}
