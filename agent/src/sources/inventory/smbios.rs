//! The firmware's own table of the machine (SMBIOS, DMTF's DSP0134): serial number and kind of chassis. Pure.

/// What is taken from it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Firmware {
    pub(super) serial: Option<String>,
    /// Table 17 of DSP0134.
    pub(super) chassis: Option<u8>,
}

const SYSTEM: u8 = 1;
const CHASSIS: u8 = 3;
/// Makers fill the field in when they have nothing to say.
const NOTHING: [&str; 7] =
    ["none", "default string", "to be filled by o.e.m.", "system serial number", "not specified", "0", "n/a"];

/// Structures one after another: type, length, handle, fields, then texts that end in a zero each and a zero more.
pub(super) fn parse(table: &[u8]) -> Firmware {
    let mut firmware = Firmware::default();
    let mut rest = table;
    while let Some(Structure { kind, fields, texts, after }) = structure(rest) {
        match kind {
            SYSTEM => firmware.serial = firmware.serial.or_else(|| text(texts, *fields.get(7)?)),
            // The highest bit tells of a lock.
            CHASSIS => firmware.chassis = firmware.chassis.or_else(|| fields.get(5).map(|kind| kind & 0x7f)),
            _ => {}
        }
        rest = after;
    }
    firmware
}

struct Structure<'t> {
    kind: u8,
    /// With their header.
    fields: &'t [u8],
    texts: &'t [u8],
    after: &'t [u8],
}

fn structure(bytes: &[u8]) -> Option<Structure<'_>> {
    let (kind, length) = (*bytes.first()?, usize::from(*bytes.get(1)?));
    let fields = bytes.get(..length).filter(|_| length >= 4)?;
    let texts = &bytes[length..];
    let end = texts.windows(2).position(|pair| pair == [0, 0])?;
    Some(Structure { kind, fields, texts: &texts[..end], after: &texts[end + 2..] })
}

/// The text of a number, from 1; 0 is none.
fn text(texts: &[u8], number: u8) -> Option<String> {
    let index = usize::from(number).checked_sub(1)?;
    let text = String::from_utf8_lossy(texts.split(|byte| *byte == 0).nth(index)?).trim().to_owned();
    (!text.is_empty() && !NOTHING.contains(&text.to_ascii_lowercase().as_str())).then_some(text)
}

/// The face of the parser in the table of parsers.
pub(in crate::sources) fn survives(table: &str) {
    parse(table.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(serial: &[u8]) -> Vec<u8> {
        let system = [&[1, 8, 0, 1, 1, 2, 0, 3][..], b"Maker\0Model\0", serial, b"\0\0"].concat();
        let chassis = [&[3, 6, 0, 2, 0, 0x80 | 10][..], b"\0\0"].concat();
        [&[0, 4, 0, 0][..], b"\0\0", &system, &chassis, &[127, 4, 0, 9, 0, 0]].concat()
    }

    #[test]
    fn serial_and_chassis_are_found() {
        let expected = Firmware { serial: Some("ABC123".into()), chassis: Some(10) };
        assert_eq!(parse(&table(b"ABC123")), expected);
        assert_eq!(parse(&table(b"To be filled by O.E.M.")).serial, None);
    }

    #[test]
    fn a_table_that_breaks_off_tells_what_it_can() {
        let whole = table(b"ABC123");
        for end in 0..whole.len() {
            parse(&whole[..end]);
        }
        assert_eq!(parse(&[1, 2, 0, 0]), Firmware::default());
    }
}
