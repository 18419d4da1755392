//! Parts as browsers and others send them.

use super::*;

/// Reads a multipart that says nothing of its charset.
fn read(body: &Bytes, boundary: &str) -> Result<Vec<(String, String)>, Unread> {
    super::read(body, boundary, Charset::default())
}

const NAMED: &str = "Content-Disposition: form-data; name=\"a\"";
const FILE: &str = "Content-Disposition: form-data; name=\"f\"; filename=";

/// A body of parts, each its headers and its content.
fn body(parts: &[(&str, &[u8])]) -> Bytes {
    let mut body = Vec::new();
    for (headers, content) in parts {
        body.extend_from_slice(format!("--b\r\n{headers}\r\n\r\n").as_bytes());
        body.extend_from_slice(content);
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(b"--b--\r\n");
    body.into()
}

fn pair(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}

#[test]
fn parts_are_read_in_their_order() {
    let browser = format!("{FILE}\"\"\r\nContent-Type: application/octet-stream");
    let utf8 =
        "content-disposition: form-data; name=\"é\"\r\nContent-Type: text/plain; charset=utf-8";
    let confusing = "Content-Disposition: form-data; name=\"x; filename=y\"";
    let parts: [(&str, &[u8]); 5] = [
        (NAMED, b"1\r\n2"),
        (&browser, b""),
        (utf8, "今".as_bytes()),
        (NAMED, b""),
        (confusing, b"3"),
    ];
    let pairs = read(&body(&parts), "b").ok().unwrap();
    assert_eq!(
        pairs,
        [
            pair("a", "1\r\n2"),
            pair("é", "今"),
            pair("a", ""),
            pair("x; filename=y", "3")
        ]
    );
    assert_eq!(read(&body(&[]), "b").ok().unwrap(), []);
}

#[test]
fn a_file_is_refused_in_any_spelling_and_what_was_typed_is_kept() {
    let spellings = [
        "filename=\"a.txt\"",
        "filename=\"\"",
        "FILENAME=a",
        "filename*=utf-8''a",
        "filename = a",
    ];
    for spelling in spellings {
        let file = format!("Content-Disposition: form-data; name=\"f\"; {spelling}");
        let unread = read(&body(&[(&file, b"content"), (NAMED, b"typed")]), "b")
            .err()
            .unwrap();
        assert_eq!(
            (unread.problem, unread.typed),
            (NO_FILES, vec![pair("a", "typed")]),
            "{spelling}"
        );
    }
    assert!(read(&body(&[(&format!("{FILE}\"empty.txt\""), b"")]), "b").is_err());
}

#[test]
fn what_is_broken_is_refused() {
    let long = format!("{NAMED}\r\nX: {}", "x".repeat(MAX_PART_HEADERS));
    let many = format!("{NAMED}{}", "\r\nX: y".repeat(40));
    let cases: [(&str, Bytes); 10] = [
        ("empty", Bytes::new()),
        ("no boundary", "name=x".into()),
        ("other boundary", "--c\r\n\r\n\r\n--c--".into()),
        ("cut in headers", format!("--b\r\n{NAMED}").into()),
        (
            "cut in content",
            format!("--b\r\n{NAMED}\r\n\r\ntext").into(),
        ),
        ("no name", body(&[("Content-Disposition: form-data", b"x")])),
        (
            "no disposition",
            body(&[("Content-Type: text/plain", b"x")]),
        ),
        ("not UTF-8", body(&[(NAMED, b"\xc3\x28")])),
        ("long headers", body(&[(&long, b"x")])),
        ("many headers", body(&[(&many, b"x")])),
    ];
    for (name, body) in cases {
        assert!(
            matches!(
                read(&body, "b"),
                Err(Unread {
                    problem: Problem::Malformed(_),
                    ..
                })
            ),
            "{name}"
        );
    }
}

#[test]
fn a_name_with_u0000_is_read_and_so_told_with_its_place() {
    let named = |name: &str| format!("Content-Disposition: form-data; name=\"{name}\"");
    let like_a_head = "x\r\ncontent-disposition: \0\r\n\n--b\r\ncontent-disposition: \0";
    let parts = [(named("a\0b"), "x\0"), (named("c"), like_a_head)];
    let parts: Vec<_> = parts
        .iter()
        .map(|(head, text)| (head.as_str(), text.as_bytes()))
        .collect();
    let read_back = read(&body(&parts), "b").ok().unwrap();
    assert_eq!(
        read_back,
        [
            ("a\0b".into(), "x\0".into()),
            ("c".into(), like_a_head.to_owned())
        ]
    );
    let broken = body(&[(&format!("{}\r\n\0: y", named("a\0")), b"x")]);
    assert!(
        matches!(
            read(&broken, "b"),
            Err(Unread {
                problem: Problem::Malformed(_),
                ..
            })
        ),
        "another header"
    );
}

#[test]
fn two_hundred_parts_are_read_and_no_more() {
    assert_eq!(
        read(&body(&[(NAMED, b"1".as_slice()); 200]), "b")
            .ok()
            .unwrap()
            .len(),
        200
    );
    assert_eq!(
        read(&body(&[(NAMED, b"1".as_slice()); 201]), "b")
            .err()
            .unwrap()
            .problem,
        too_many()
    );
}

#[test]
fn a_part_is_decoded_as_it_says_or_refused_and_never_kept_as_it_was_written() {
    let part = |headers: &str, content: &[u8]| {
        let headers = format!("{NAMED}\r\n{headers}");
        read(&body(&[(&headers, content)]), "b")
    };
    for (headers, content, meant) in [
        (
            "Content-Transfer-Encoding: quoted-printable",
            &b"Joe owes =E2=82=AC100."[..],
            "Joe owes €100.",
        ),
        (
            "Content-Transfer-Encoding: BASE64",
            b"SsO8cmdlbg==",
            "Jürgen",
        ),
        ("Content-Transfer-Encoding: binary", b"a=41", "a=41"),
        (
            "Content-Type: text/plain; charset=iso-8859-1",
            b"Jos\xe9",
            "José",
        ),
        (
            "Content-Type: text/plain; charset=windows-1252\r\nContent-Transfer-Encoding: quoted-printable",
            b"=80",
            "€",
        ),
        (
            "Content-Type: text/plain; charset=Shift_JIS",
            b"plain",
            "plain",
        ),
    ] {
        let pairs = part(headers, content).ok().unwrap();
        assert_eq!(pairs, [pair("a", meant)], "{headers}");
    }
    for (headers, content) in [
        ("Content-Transfer-Encoding: x-uuencode", &b"x"[..]),
        ("Content-Transfer-Encoding: base64", b"*"),
        ("Content-Transfer-Encoding: quoted-printable", b"100=%"),
        ("Content-Type: text/plain; charset=utf-16", b"x"),
        ("Content-Type: text/plain; charset=Shift_JIS", b"\x82\xa0"),
        ("Content-Type: text/plain; charset=utf-8", b"\xe9"),
    ] {
        let unread = part(headers, content).err().unwrap();
        assert_eq!(unread.typed.len(), 1, "what was typed is kept: {headers}");
    }
}
