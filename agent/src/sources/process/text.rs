//! What a tool's bytes say: UTF-8 as a rule, UTF-16 from those tools of Windows that are asked for it. Pure.

/// The text; what is of neither kind stands as the replacement character.
pub(super) fn decode(bytes: Vec<u8>) -> String {
    const MARK: [u8; 2] = [0xff, 0xfe];
    if let Some(marked) = bytes.strip_prefix(&MARK) {
        return wide(marked);
    }
    // Without a mark: text of tools begins with a plain letter or sign, whose second byte is zero then.
    if matches!(bytes.as_slice(), [1..=u8::MAX, 0, 1..=u8::MAX, 0, ..]) {
        return wide(&bytes);
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

fn wide(bytes: &[u8]) -> String {
    let units = bytes.chunks_exact(2).map(|unit| u16::from_le_bytes([unit[0], unit[1]]));
    char::decode_utf16(units).map(|letter| letter.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wide_text_is_told_from_narrow_with_a_mark_and_without() {
        let wide: Vec<u8> = "<Ereignis>Prüfung\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(wide.clone()), "<Ereignis>Prüfung\r\n");
        assert_eq!(decode([vec![0xff, 0xfe], wide].concat()), "<Ereignis>Prüfung\r\n");
        assert_eq!(decode("<Ereignis>Prüfung\n".into()), "<Ereignis>Prüfung\n");
    }

    #[test]
    fn what_is_no_text_stays_narrow() {
        assert_eq!(decode(vec![b'a', 0xff, 0]), "a\u{fffd}\0");
        assert_eq!(decode(vec![b'a', 0, b'b']), "a\0b");
        assert_eq!(decode(Vec::new()), "");
    }
}
