//! Exports from the console over HTTP: what the list shows, as the command writes it, and never a part that looks whole.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::time::Duration;

use serde_json::json;

use super::visitor::Visitor;
use crate::planted::{Letter, letters, plant};
use crate::seed::put_rows;
use crate::server::{Machine, Server};
use crate::wait::until;

/// An answer in pieces.
struct Download {
    head: String,
    body: Vec<u8>,
    /// Was there an end?
    is_whole: bool,
}

/// Asks, with these headers besides, and reads nothing yet.
fn asked(visitor: &Visitor, path: &str, headers: &str) -> TcpStream {
    let mut stream = TcpStream::connect(&visitor.authority).unwrap();
    stream
        .set_read_timeout(Some(Duration::from_secs(60)))
        .unwrap();
    let request = format!(
        "GET {path} HTTP/1.1\r\nhost: {}\r\ncookie: {}\r\nconnection: close\r\n{headers}\r\n",
        visitor.authority, visitor.cookie
    );
    stream.write_all(request.as_bytes()).unwrap();
    stream
}

fn download(visitor: &Visitor, path: &str) -> Download {
    let mut bytes = Vec::new();
    // A connection that is reset has an end as well.
    let _ = asked(visitor, path, "").read_to_end(&mut bytes);
    let end = bytes
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .unwrap();
    let head = String::from_utf8(bytes[..end].to_vec())
        .unwrap()
        .to_lowercase();
    let (body, is_whole) = if head.contains("transfer-encoding: chunked") {
        joined(&bytes[end + 4..])
    } else {
        (bytes[end + 4..].to_vec(), true)
    };
    Download {
        head,
        body,
        is_whole,
    }
}

/// The chunks of a body, and whether the last one is there.
fn joined(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let size = std::str::from_utf8(&rest[..end]).unwrap();
        let size = usize::from_str_radix(size, 16).unwrap();
        if size == 0 {
            return (body, true);
        }
        let Some(chunk) = rest.get(end + 2..end + 2 + size) else {
            break;
        };
        body.extend_from_slice(chunk);
        rest = rest.get(end + 4 + size..).unwrap_or_default();
    }
    (body, false)
}

fn opened(home: &Machine) -> (Server, Visitor) {
    let server = home.start_with(&["--as", "ada"]);
    let visitor = Visitor::with_key(&server.console());
    (server, visitor)
}

/// What the command writes of the same.
fn by_command(home: &Machine, arguments: &[&str]) -> String {
    let forms = home.forms().display().to_string();
    home.verb(&[&["submissions", "export", "--forms", &forms][..], arguments].concat())
}

/// The first sheet of a spreadsheet, and whether all of its parts are whole.
const SHEET: &str = "import sys, zipfile
file = zipfile.ZipFile(sys.argv[1])
assert file.testzip() is None
sys.stdout.buffer.write(file.read('xl/worksheets/sheet1.xml'))";

fn sheet(file: &std::path::Path) -> String {
    let read = Command::new("python3")
        .args(["-c", SHEET])
        .arg(file)
        .output()
        .unwrap();
    assert!(
        read.status.success(),
        "{}",
        String::from_utf8_lossy(&read.stderr)
    );
    String::from_utf8(read.stdout).unwrap()
}

#[test]
fn every_format_is_what_the_command_writes() {
    let home = Machine::new();
    let mut strange = Letter::new("=1+1; 图书馆\nwith a line");
    strange.fields["phone"] = json!("+49 30 1234");
    plant(
        &home,
        &letters(250)
            .into_iter()
            .chain([strange])
            .collect::<Vec<_>>(),
    );
    let (_server, ada) = opened(&home);
    let page = ada.get("/").body;
    for part in [
        "action=\"/export\"",
        "value=\"xlsx\"",
        "Export all of them as",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    for (format, media_type) in [
        ("csv", "text/csv; charset=utf-8"),
        ("jsonl", "application/x-ndjson"),
    ] {
        let got = download(&ada, &format!("/export?format={format}"));
        assert!(
            got.is_whole && got.head.starts_with("http/1.1 200"),
            "{}",
            got.head
        );
        let name = "content-disposition: attachment; filename=\"submissions-2";
        assert!(
            got.head.contains(name) && got.head.contains(&format!(".{format}\"")),
            "{}",
            got.head
        );
        assert!(
            got.head.contains(&format!("content-type: {media_type}")),
            "{}",
            got.head
        );
        assert!(got.head.contains("cache-control: no-store"), "{}", got.head);
        let expected = by_command(&home, &["--format", format, "--state", "failed"]);
        assert_eq!(String::from_utf8(got.body).unwrap(), expected, "{format}");
    }
    let got = download(&ada, "/export?format=xlsx&form=contact");
    assert!(
        got.is_whole && got.head.contains("filename=\"contact-2"),
        "{}",
        got.head
    );
    let folder = home.data().with_file_name("exports");
    std::fs::create_dir(&folder).unwrap();
    let (ours, theirs) = (folder.join("ours.xlsx"), folder.join("theirs.xlsx"));
    std::fs::write(&ours, got.body).unwrap();
    let path = theirs.display().to_string();
    by_command(
        &home,
        &[
            "--format", "xlsx", "--state", "failed", "--form", "contact", "--output", &path,
        ],
    );
    assert_eq!(sheet(&ours), sheet(&theirs));
    let left = std::fs::read_dir(home.data()).unwrap();
    let names: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
    assert!(
        !names
            .iter()
            .any(|name| name.to_string_lossy().contains("tmp")),
        "{names:?}"
    );
}

#[test]
fn an_export_has_what_the_list_shows_and_no_more() {
    let home = Machine::new();
    let mut held = Letter::new("held back");
    held.hold = Some("honeypot");
    let mut other = Letter::new("of another form");
    other.form = "signup";
    let mut old = Letter::new("an old one");
    old.ago = Duration::from_secs(10 * 24 * 60 * 60);
    plant(&home, &[held, other, old, Letter::new("a zebra")]);
    let (_server, ada) = opened(&home);
    let lines = |query: &str| {
        let got = download(&ada, &format!("/export?format=jsonl&{query}"));
        assert!(
            got.is_whole && got.head.starts_with("http/1.1 200"),
            "{}",
            got.head
        );
        got.body.split(|byte| *byte == b'\n').count() - 1
    };
    for (query, count) in [
        ("", 3),
        ("form=signup", 1),
        ("state=held", 1),
        ("state=discarded", 0),
        ("since=7d", 2),
        ("until=7d", 1),
        ("since=7d&form=contact", 1),
    ] {
        assert_eq!(lines(query), count, "{query}");
    }
    until("the index has it", || {
        let found = ada.get("/?q=zebra");
        found.status == 200 && found.body.contains("a zebra")
    });
    assert_eq!(lines("q=zebra"), 1);
    for wrong in ["format=pdf", "format=csv&since=nonsense", ""] {
        assert_eq!(ada.get(&format!("/export?{wrong}")).status, 400, "{wrong}");
    }
}

#[test]
fn an_export_is_for_a_session_and_its_own_pages() {
    let home = Machine::new();
    plant(&home, &letters(1));
    let (server, ada) = opened(&home);
    let path = "/export?format=csv";
    assert_eq!(Visitor::stranger(&server.console()).get(path).status, 401);
    assert_eq!(ada.post(path, &[]).status, 405);
    for headers in [
        "sec-fetch-site: cross-site\r\n",
        "sec-fetch-site: same-site\r\n",
        "origin: http://127.0.0.1:1\r\n",
        "x-forwarded-for: 192.0.2.1\r\n",
    ] {
        let mut answer = String::new();
        asked(&ada, path, headers)
            .read_to_string(&mut answer)
            .unwrap();
        assert!(answer.starts_with("HTTP/1.1 403"), "{headers}: {answer}");
    }
    let mut answer = Vec::new();
    let own = "sec-fetch-site: same-origin\r\n";
    asked(&ada, path, own).read_to_end(&mut answer).unwrap();
    assert!(answer.starts_with(b"HTTP/1.1 200"));
}

#[test]
fn what_cannot_be_read_leaves_no_file_that_looks_whole() {
    let home = Machine::new();
    // Oldest first, so the last page has it.
    let text = "so that more is sent than a connection keeps. ".repeat(100);
    let mut all = letters(400);
    all.iter_mut()
        .for_each(|letter| letter.fields["message"] = json!(text));
    all.push(Letter {
        ago: Duration::from_secs(1),
        ..Letter::new("message-that-breaks")
    });
    plant(&home, &all);
    let path = home.data().join("counterfoil.db");
    let mut bytes = std::fs::read(&path).unwrap();
    let what = b"message-that-breaks";
    for at in 0..bytes.len() - what.len() {
        if bytes[at..].starts_with(what) {
            bytes[at] ^= 1;
        }
    }
    std::fs::write(&path, bytes).unwrap();
    let (_server, ada) = opened(&home);
    for format in ["csv", "jsonl"] {
        let got = download(&ada, &format!("/export?format={format}"));
        assert!(got.head.starts_with("http/1.1 200"), "{}", got.head);
        assert!(!got.is_whole && !got.body.is_empty(), "{format}");
    }
    // Nothing of a spreadsheet was sent yet, so it can be said.
    let said = ada.get("/export?format=xlsx");
    assert!(
        said.status == 400 && said.body.contains("damaged"),
        "{said:?}"
    );
    until("it is logged", || {
        home.log().contains("an export from the console broke off")
    });
    assert_eq!(ada.get("/").status, 200);
}

#[test]
fn whoever_reads_nothing_holds_no_memory_and_keeps_nobody_waiting() {
    let home = Machine::new();
    let text = "x".repeat(8_000);
    let rows = (0..4_000).map(|number| {
        let mut row = crate::planted::row(&Letter::new(&text), number);
        row.head.of = crate::seed::reference("contact", u32::from(number));
        row.head.received_at = crate::seed::accepted_at(u32::from(number));
        row
    });
    put_rows(&home, rows);
    let (server, ada) = opened(&home);
    ada.get("/");
    let before = server.peak();
    let slow: Vec<TcpStream> = (0..4)
        .map(|_| asked(&ada, "/export?format=jsonl", ""))
        .collect();
    for stream in &slow {
        assert_eq!(stream.peek(&mut [0]).unwrap(), 1, "it has begun");
    }
    // As many as may be read at once.
    assert_eq!(ada.get("/export?format=csv").status, 503);
    drop(slow);
    // Whoever goes away makes room.
    until("there is room again", || {
        let got = download(&ada, "/export?format=jsonl");
        if got.head.starts_with("http/1.1 503") {
            return false;
        }
        assert!(
            got.is_whole && got.body.len() > 32_000_000,
            "{}",
            got.body.len()
        );
        true
    });
    if let (Some(before), Some(after)) = (before, server.peak()) {
        // All of them take less than one of them would, held whole.
        assert!(after - before < 32_000, "{before} KiB, then {after} KiB");
    }
    // And nobody who reads nothing holds up the end.
    let _open = asked(&ada, "/export?format=jsonl", "");
    assert!(server.stop().success());
}
