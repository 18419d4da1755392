//! S32, parsers: multipart that breaks off, hides a file, or has parts that are none.

use super::{CANARY, Case, INVALID, MALFORMED, MULTIPART, TOO_LARGE, not_utf8, parts};

const EMAIL: &str = "canary7f3a@example.org";
const NAMED: &str = "Content-Disposition: form-data; name=\"name\"";

pub(super) fn cases() -> Vec<Case> {
    [cut(), files(), headers(), content(), many()]
        .into_iter()
        .flatten()
        .collect()
}

fn bad(why: impl Into<String>, body: impl Into<Vec<u8>>) -> Case {
    Case::post(why, MULTIPART, body, MALFORMED)
}

fn whole() -> String {
    parts(&[("name", CANARY), ("email", EMAIL), ("message", "x")])
}

/// One part with these headers and this content, after the good ones.
fn with_part(headers: &str, content: &[u8]) -> Vec<u8> {
    let good = whole();
    let good = good.trim_end_matches("--b--\r\n");
    [
        good.as_bytes(),
        format!("--b\r\n{headers}\r\n\r\n").as_bytes(),
        content,
        b"\r\n--b--\r\n",
    ]
    .concat()
}

/// A whole body, ended too early.
fn cut() -> Vec<Case> {
    let whole = whole();
    // What follows the last boundary is of no use to anybody: a body may end there.
    let ends = whole.len() - "\r\n".len();
    (0..ends)
        .map(|at| bad(format!("cut after {at} bytes"), &whole[..at]))
        .collect()
}

/// Files, however they are spelled: they are not taken, and must not pass as text.
fn files() -> Vec<Case> {
    let spellings = [
        "filename=\"a.txt\"",
        "filename=a.txt",
        "FILENAME=\"a.txt\"",
        "fileName=a",
        "filename*=utf-8''a",
        "filename*=x",
        "filename*0=a; filename*1=b",
        "filename =a",
        "filename = \"a\"",
        "filename=\"../../a\"",
        "filename=\"a\\\"b\"",
        "filename=\"a;name=b\"",
        "filename=\"%00\"",
        "filename=\"é\"",
        "filename=\"a.txt\"; size=1",
        "x=1; filename=\"a\"",
        "filename=\"\"; x=1",
        "filename=",
        "filename",
        "x=\"y\" filename=\"a\"",
        "x=y filename=a",
        "x=y\tfilename=a",
    ];
    spellings
        .into_iter()
        .map(|spelling| {
            let part = with_part(
                &format!("Content-Disposition: form-data; name=\"f\"; {spelling}"),
                CANARY.as_bytes(),
            );
            Case {
                problem: "unsupported-media-type",
                ..bad(format!("a file: {spelling}"), part)
            }
        })
        .collect()
}

/// Parts that have no name, or headers that are none.
fn headers() -> Vec<Case> {
    let long = [8200, 10_000, 60_000].map(|size| {
        (
            format!("a header of {size}"),
            format!("{NAMED}\r\nX: {}", "x".repeat(size)),
        )
    });
    let many = [33, 40, 100, 1000].map(|count| {
        (
            format!("{count} headers"),
            format!("{NAMED}{}", "\r\nX: y".repeat(count)),
        )
    });
    let written = [
        "",
        "X: y",
        "Content-Type: text/plain",
        "Content-Disposition",
        "Content-Disposition:",
        "Content-Disposition: form-data",
        "Content-Disposition: form-data;",
        "Content-Disposition: form-data; name",
        "Content-Disposition: form-data; name*=utf-8''a",
        "Content-Disposition: form-data; nam=\"a\"",
        "Content-Disposition: form-data name=\"a\"",
        "Content-Disposition form-data; name=\"a\"",
        "Content-Disposition: form-data; name=\"\"",
        "Content-Disposition: attachment; name=\"a\"",
        "Content-Disposition: form-data-x; name=\"a\"",
        "Content-Disposition: ; name=\"a\"",
        "Content-Disposition: name=\"a\"; form-data",
        "no header at all",
        ": no name",
        "\0: a",
        "Bad Name: a",
        "X\r\n\r\nY: a",
    ];
    let written = written.map(|text| (format!("a part headed {text:?}"), text.to_owned()));
    let all = long.into_iter().chain(many).chain(written);
    all.map(|(why, text)| bad(why, with_part(&text, CANARY.as_bytes())))
        .collect()
}

/// Contents that are no text, and bodies that are no parts.
fn content() -> Vec<Case> {
    let bytes = not_utf8().into_iter().map(|(why, bytes)| {
        bad(
            format!("{why}, in a part"),
            with_part("Content-Disposition: form-data; name=\"a\"", &bytes),
        )
    });
    let bodies = [
        ("nothing", String::new()),
        ("pairs", super::good_pairs()),
        ("JSON", super::good().to_string()),
        ("another boundary", whole().replace("--b", "--c")),
        (
            "the boundary in another case",
            whole().replace("--b", "--B"),
        ),
        ("one dash", whole().replace("--b", "-b")),
        ("line feeds alone", whole().replace("\r\n", "\n")),
        ("carriage returns alone", whole().replace("\r\n", "\r")),
        ("no last boundary", whole().replace("--b--\r\n", "")),
        (
            "a last boundary that goes on",
            whole().replace("--b--\r\n", "--bb--\r\n"),
        ),
    ];
    let bodies = bodies.map(|(what, body)| bad(format!("{what}, called multipart"), body));
    let nul = ["name", "email", "message"].map(|name| {
        let body = parts(&[(name, "a\0b")]);
        Case {
            problem: INVALID,
            ..bad(format!("U+0000 in {name}"), body)
        }
    });
    let named = ["\0", "a\0", "\0a", "name\0"].map(|name| {
        let part = with_part(
            &format!("Content-Disposition: form-data; name=\"{name}\""),
            b"x",
        );
        Case {
            problem: INVALID,
            ..bad(format!("U+0000 in a part called {name:?}"), part)
        }
    });
    let twice = ["name", "email", "message"].map(|name| Case {
        problem: INVALID,
        ..bad(
            format!("{name} twice"),
            with_part(
                &format!("Content-Disposition: form-data; name=\"{name}\""),
                b"x",
            ),
        )
    });
    let fields = ["other", "name[]", "NAME", "name ", "a/b"].map(|name| {
        let headers = format!("Content-Disposition: form-data; name=\"{name}\"");
        Case {
            problem: INVALID,
            ..bad(
                format!("a field called {name:?}"),
                with_part(&headers, CANARY.as_bytes()),
            )
        }
    });
    bytes
        .chain(bodies)
        .chain(nul)
        .chain(named)
        .chain(twice)
        .chain(fields)
        .collect()
}

fn many() -> Vec<Case> {
    let parts_of = |count: usize| parts(&(0..count).map(|_| ("_a", "1")).collect::<Vec<_>>());
    let many = [201, 202, 1000, 8000].map(|count| bad(format!("{count} parts"), parts_of(count)));
    let large =
        [("name", 65_537), ("message", 100_000), ("email", 400_000)].map(|(name, size)| Case {
            problem: TOO_LARGE,
            ..bad(
                format!("{size} bytes in {name}"),
                parts(&[(name, &"x".repeat(size))]),
            )
        });
    let long = [129, 1000, 5000].map(|size| Case {
        problem: TOO_LARGE,
        ..bad(
            format!("a name of {size}"),
            parts(&[(&"n".repeat(size), "x")]),
        )
    });
    many.into_iter().chain(large).chain(long).collect()
}
