//! Writes the corpus of bad input as seeds for the fuzz targets: a folder for each target, a file for each case.
//! `cargo xtask fuzz` runs it. Large cases are left out: a fuzzer gets further with small ones.

use std::io;
use std::path::Path;

use counterfoil_testkit::corpus::{self, Case};

/// Larger ones are about size alone.
const MOST: usize = 2_000;

fn main() -> io::Result<()> {
    let folder = std::env::args_os().nth(1).ok_or_else(|| io::Error::other("give the folder to write to"))?;
    let cases = corpus::all().into_iter().flat_map(|(_, cases)| cases).filter(|case| case.body.len() <= MOST);
    for (number, case) in cases.enumerate() {
        write(Path::new(&folder), "request", number, &as_lines(&case))?;
        if let Some((target, seed)) = for_its_parser(&case) {
            write(Path::new(&folder), target, number, &seed)?;
        }
    }
    Ok(())
}

fn write(folder: &Path, target: &str, number: usize, seed: &[u8]) -> io::Result<()> {
    let folder = folder.join(target);
    std::fs::create_dir_all(&folder)?;
    std::fs::write(folder.join(format!("case-{number}")), seed)
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
    let content_type = case.headers.iter().find(|(name, _)| *name == "content-type").map(|(_, value)| value.as_slice());
    match content_type? {
        b"application/json" => Some(("json", case.body.clone())),
        b"application/x-www-form-urlencoded" => Some(("urlencoded", [b"\0", case.body.as_slice()].concat())),
        b"multipart/form-data; boundary=b" => {
            let text = String::from_utf8_lossy(&case.body).replace("--b", "--b0undary");
            Some(("multipart", [b"\0", text.as_bytes()].concat()))
        }
        _ => None,
    }
}
