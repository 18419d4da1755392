//! The corpus of bad input as seeds: a file for each case that a target reads. Large cases are left out: a fuzzer gets
//! further with small ones.

use std::io;
use std::path::Path;

use counterfoil_testkit::corpus::{self, Case};

/// Larger ones are about size alone.
const MOST: usize = 2_000;

/// Writes the cases for one target into a folder, which is made when it is missing.
///
/// # Errors
/// When the folder or a file in it cannot be written.
pub fn write(target: &str, folder: &Path) -> io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let cases = corpus::all()
        .into_iter()
        .flat_map(|(_, cases)| cases)
        .filter(|case| case.body.len() <= MOST);
    for (number, case) in cases.enumerate() {
        let seed = match target {
            "request" => Some(as_lines(&case)),
            _ => for_its_parser(&case)
                .filter(|(parser, _)| *parser == target)
                .map(|(_, seed)| seed),
        };
        if let Some(seed) = seed {
            std::fs::write(folder.join(format!("case-{number}")), seed)?;
        }
    }
    Ok(())
}

/// As the target `request` reads it.
fn as_lines(case: &Case) -> Vec<u8> {
    let mut lines = format!("{} {}", case.method, case.path).into_bytes();
    for (name, value) in &case.headers {
        lines.extend_from_slice(&[b"\n", name.as_bytes(), b": ", value].concat());
    }
    [&lines, b"\n\n".as_slice(), &case.body].concat()
}

/// The body, or the ticket, as the target for its kind reads it; a first byte of 0 means any bytes.
fn for_its_parser(case: &Case) -> Option<(&'static str, Vec<u8>)> {
    if let Some(ticket) = case.path.strip_prefix("/tickets/") {
        return Some(("ticket", [b"\0", ticket.as_bytes()].concat()));
    }
    let content_type = case
        .headers
        .iter()
        .find(|(name, _)| *name == "content-type")
        .map(|(_, value)| value.as_slice());
    match content_type? {
        b"application/json" => Some(("json", case.body.clone())),
        b"application/x-www-form-urlencoded" => {
            Some(("urlencoded", [b"\0", case.body.as_slice()].concat()))
        }
        b"multipart/form-data; boundary=b" => {
            let text = String::from_utf8_lossy(&case.body).replace("--b", "--b0undary");
            Some(("multipart", [b"\0", text.as_bytes()].concat()))
        }
        _ => None,
    }
}
