//! The character encodings that text may claim: UTF-8 and windows-1252 under all their labels of the Encoding standard, and any
//! other that has ASCII within it, as long as all of the text is ASCII.

use std::borrow::Cow;

/// How bytes are read as text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Charset {
    /// UTF-8.
    #[default]
    Utf8,
    /// windows-1252, which also goes by `iso-8859-1` and `ascii`.
    Windows1252,
    /// Another one, in which the bytes of ASCII mean what they mean in ASCII.
    AsciiOnly,
}

const UTF_8: [&str; 6] = [
    "unicode-1-1-utf-8",
    "unicode11utf8",
    "unicode20utf8",
    "utf-8",
    "utf8",
    "x-unicode20utf8",
];

const WINDOWS_1252: [&str; 17] = [
    "ansi_x3.4-1968",
    "ascii",
    "cp1252",
    "cp819",
    "csisolatin1",
    "ibm819",
    "iso-8859-1",
    "iso-ir-100",
    "iso8859-1",
    "iso88591",
    "iso_8859-1",
    "iso_8859-1:1987",
    "l1",
    "latin1",
    "us-ascii",
    "windows-1252",
    "x-cp1252",
];

/// What labels of other encodings with ASCII in them begin with.
const WITH_ASCII: [&str; 20] = [
    "big5",
    "cp125",
    "dos-874",
    "euc-",
    "gb18030",
    "gb2312",
    "gbk",
    "ibm866",
    "iso-8859-",
    "iso8859",
    "iso_8859-",
    "koi8",
    "ks_c_5601",
    "latin",
    "macintosh",
    "shift",
    "tis-620",
    "windows-",
    "x-gbk",
    "x-mac-",
];

/// What windows-1252 has at 0x80 to 0x9F; everywhere else a byte is the character of its number.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

impl Charset {
    /// Reads a label, whatever its case and the blanks around it. `None`: an encoding that is not read here.
    pub(super) fn parse(label: &str) -> Option<Self> {
        let label = label.trim_ascii().to_ascii_lowercase();
        if UTF_8.contains(&label.as_str()) {
            Some(Self::Utf8)
        } else if WINDOWS_1252.contains(&label.as_str()) {
            Some(Self::Windows1252)
        } else {
            let is_known = WITH_ASCII.iter().any(|start| label.starts_with(start));
            is_known.then_some(Self::AsciiOnly)
        }
    }

    /// The text that the bytes write. `None`: they write none.
    pub(super) fn decode(self, bytes: &[u8]) -> Option<Cow<'_, str>> {
        match self {
            Self::Utf8 => std::str::from_utf8(bytes).ok().map(Cow::Borrowed),
            Self::AsciiOnly | Self::Windows1252 if bytes.is_ascii() => {
                std::str::from_utf8(bytes).ok().map(Cow::Borrowed)
            }
            Self::AsciiOnly => None,
            Self::Windows1252 => Some(bytes.iter().map(|byte| windows_1252(*byte)).collect()),
        }
    }

    /// What is said of bytes that it cannot read.
    pub(super) const fn complaint(self) -> &'static str {
        match self {
            Self::Utf8 => "not UTF-8",
            // Every byte is a character of it.
            Self::Windows1252 => "not windows-1252",
            Self::AsciiOnly => {
                "not ASCII, and of its charset nothing else is read here: send it as UTF-8"
            }
        }
    }
}

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9f => HIGH[usize::from(byte - 0x80)],
        _ => char::from(byte),
    }
}

/// The text without the byte order mark that .NET and others put before it.
pub(super) fn without_mark(bytes: &[u8]) -> &[u8] {
    bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_read_as_the_standard_does() {
        for (label, charset) in [
            ("UTF8", Some(Charset::Utf8)),
            (" utf-8 ", Some(Charset::Utf8)),
            ("ISO-8859-1", Some(Charset::Windows1252)),
            ("us-ascii", Some(Charset::Windows1252)),
            ("iso-8859-15", Some(Charset::AsciiOnly)),
            ("Shift_JIS", Some(Charset::AsciiOnly)),
            ("gb18030", Some(Charset::AsciiOnly)),
            ("utf-16", None),
            ("utf-16le", None),
            ("utf-7", None),
            ("hz-gb-2312", None),
            ("iso-2022-jp", None),
            ("ibm037", None),
            ("", None),
            ("none", None),
        ] {
            assert_eq!(Charset::parse(label), charset, "{label}");
        }
    }

    #[test]
    fn text_is_decoded_or_refused_and_never_kept_as_it_was_encoded() {
        assert_eq!(Charset::Utf8.decode("é€".as_bytes()).unwrap(), "é€");
        assert_eq!(Charset::Utf8.decode(b"\xe9"), None);
        assert_eq!(
            Charset::Windows1252
                .decode(b"Jos\xe9 \x80100 \x93hi\x94")
                .unwrap(),
            "José €100 “hi”"
        );
        assert_eq!(Charset::AsciiOnly.decode(b"plain").unwrap(), "plain");
        assert_eq!(Charset::AsciiOnly.decode(b"\xe9"), None);
    }
}
