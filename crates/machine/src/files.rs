//! Reads small files that people put in place. What is no regular file is refused before it is opened: a FIFO would make
//! the reader wait for ever, a device would never end. So is what is larger than any such file may be.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// The bytes of the regular file at `path`, at most `most` of them: a larger file is an error.
pub fn read(path: &Path, most: u64) -> io::Result<Vec<u8>> {
    must_be_regular(path)?;
    if fs::metadata(path)?.len() > most {
        return Err(too_large(most));
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    File::open(path)?.take(most + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > most {
        Err(too_large(most))
    } else {
        Ok(bytes)
    }
}

/// The text of the regular file at `path`, at most `most` bytes of it, without a byte order mark.
pub fn read_text(path: &Path, most: u64) -> io::Result<String> {
    let bytes = read(path, most)?;
    if is_utf16(&bytes) {
        let said = "it is UTF-16; save it as UTF-8 (in Windows' Notepad: Save as, Encoding)";
        return Err(io::Error::new(io::ErrorKind::InvalidData, said));
    }
    let text = String::from_utf8(bytes)
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error.utf8_error()))?;
    Ok(match text.strip_prefix('\u{feff}') {
        Some(rest) => rest.to_owned(),
        None => text,
    })
}

/// By its mark, or because of every two bytes at the start one is zero.
fn is_utf16(bytes: &[u8]) -> bool {
    let has_zeros = |at: usize| bytes.len() >= 4 && bytes[at] == 0 && bytes[at + 2] == 0;
    bytes.starts_with(b"\xff\xfe")
        || bytes.starts_with(b"\xfe\xff")
        || (has_zeros(0) && bytes[1] != 0)
        || (has_zeros(1) && bytes[0] != 0)
}

/// An error when there is something at `path`, or behind the link there, that is no regular file.
pub fn must_be_regular(path: &Path) -> io::Result<()> {
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => Err(io::Error::new(
            io::ErrorKind::InvalidInput,
            "it is no regular file; move it away",
        )),
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
    }
}

fn too_large(most: u64) -> io::Error {
    io::Error::new(
        io::ErrorKind::FileTooLarge,
        format!("it has more than the {most} bytes that such a file may have"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_limit() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("file");
        assert_eq!(read(&path, 4).unwrap_err().kind(), io::ErrorKind::NotFound);
        fs::write(&path, "four").unwrap();
        assert_eq!(read_text(&path, 4).unwrap(), "four");
        assert!(
            read(&path, 3)
                .unwrap_err()
                .to_string()
                .contains("more than the 3 bytes")
        );
        fs::write(&path, b"\xff").unwrap();
        assert_eq!(
            read_text(&path, 4).unwrap_err().kind(),
            io::ErrorKind::InvalidData
        );
    }

    #[test]
    fn what_is_no_regular_file_is_refused_without_opening_it() {
        for path in ["/dev/zero", "/dev/null", "/"] {
            let said = read(Path::new(path), u64::MAX - 1).unwrap_err().to_string();
            assert!(said.contains("no regular file"), "{path}: {said}");
        }
    }
}
