//! S32: bodies called what is not read here, or called nothing.

use super::request_lists::TYPES;
use super::{Case, JSON, MALFORMED, MULTIPART, URLENCODED, good, good_pairs, parts};

const REFUSED: &str = "unsupported-media-type";

pub(super) fn cases() -> Vec<Case> {
    [others(), charsets(), encodings(), broken(), boundaries()]
        .into_iter()
        .flatten()
        .collect()
}

fn json(why: impl Into<String>) -> Case {
    Case {
        body: good().to_string().into(),
        ..Case::new(why, REFUSED)
    }
}

fn others() -> Vec<Case> {
    let bodies = [("JSON", good().to_string()), ("pairs", good_pairs())];
    bodies
        .iter()
        .flat_map(|(what, body)| {
            TYPES.iter().map(move |one| {
                Case::post(
                    format!("{what} called {one}"),
                    one,
                    body.as_bytes(),
                    REFUSED,
                )
            })
        })
        .chain([
            json("no type"),
            json("an empty type").with("content-type", ""),
            json("a blank type").with("content-type", " "),
        ])
        .collect()
}

fn charsets() -> Vec<Case> {
    let names = [
        "utf-16",
        "utf-16le",
        "utf-32",
        "utf-7",
        "iso-2022-jp",
        "hz-gb-2312",
        "ucs-2",
        "ebcdic-us",
        "x-user-defined",
        "binary",
        "utf-8 ",
        "utf-8,latin1",
        "'utf-8'",
        "\"utf-16\"",
        "",
    ];
    let types = [
        (JSON, good().to_string()),
        (URLENCODED, good_pairs()),
        (MULTIPART, parts(&[("name", "x")])),
    ];
    let types = types.iter();
    types
        .flat_map(|(one, body)| {
            let named = move |name: &&&str| name.trim() != "utf-8";
            names.iter().filter(named).map(move |name| {
                let content_type = format!("{one}; charset={name}");
                Case::post(
                    format!("called {content_type}"),
                    &content_type,
                    body.as_bytes(),
                    REFUSED,
                )
            })
        })
        .collect()
}

fn encodings() -> Vec<Case> {
    let encodings = [
        "gzip",
        "x-gzip",
        "GZIP",
        "deflate",
        "br",
        "zstd",
        "compress",
        "exi",
        "aes128gcm",
        "dcb",
        "chunked",
        "utf-8",
        "*",
        "identity, gzip",
        "gzip, identity",
        "identity, identity",
        "gzip, gzip",
        "identity;q=1",
        "",
        "none",
        "7bit",
        "base64",
        "quoted-printable",
    ];
    let types = [
        (JSON, good().to_string()),
        (URLENCODED, good_pairs()),
        (MULTIPART, parts(&[("name", "x")])),
    ];
    let types = types.iter();
    types
        .flat_map(|(one, body)| {
            encodings.iter().map(move |encoding| {
                Case::post(
                    format!("{one} encoded as {encoding:?}"),
                    one,
                    body.as_bytes(),
                    REFUSED,
                )
                .with("content-encoding", *encoding)
            })
        })
        .chain([json("encoded twice")
            .with("content-type", JSON)
            .with("content-encoding", "identity")
            .with("content-encoding", "gzip")])
        .collect()
}

/// Types that are not written as types are.
fn broken() -> Vec<Case> {
    let parameters = [
        "; x; charset=utf-16",
        "; charset=\"utf-8\\",
        "; charset=\"\"",
        "; charset=utf-16; charset=utf-8",
    ];
    let parameters = parameters.map(|text| {
        let content_type = format!("{JSON}{text}");
        Case::post(
            format!("called {content_type}"),
            &content_type,
            good().to_string(),
            REFUSED,
        )
    });
    let beyond = (0x80..=0xff_u8).step_by(5).map(|byte| {
        json(format!("a type with the byte {byte:#x}"))
            .with("content-type", [JSON.as_bytes(), &[byte]].concat())
    });
    let twice = [JSON, URLENCODED, "text/plain"].map(|second| {
        json(format!("{JSON} and {second}"))
            .with("content-type", JSON)
            .with("content-type", second)
    });
    parameters.into_iter().chain(beyond).chain(twice).collect()
}

/// Multipart whose parts nothing stands between.
fn boundaries() -> Vec<Case> {
    let body = parts(&[("name", "x")]);
    let signs = (0x21..0x7f)
        .map(char::from)
        .filter(|c| !c.is_ascii_alphanumeric() && "\"\\".contains(*c));
    let signs = signs.map(|c| {
        (
            format!("a boundary with {c}"),
            format!("multipart/form-data; boundary=b{c}b"),
        )
    });
    let long = [201, 202, 1000, 4000].map(|size| {
        (
            format!("a boundary of {size}"),
            format!("multipart/form-data; boundary={}", "b".repeat(size)),
        )
    });
    let written = [
        "multipart/form-data",
        "multipart/form-data;",
        "multipart/form-data; boundary",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"b \"",
        "multipart/form-data; boundary=\"b\\\"c\"",
        "multipart/form-data; boundary=a; boundary=b",
        "multipart/form-data; bound=b",
        "multipart/form-data, boundary=b",
        "multipart/form-data boundary=b",
        "multipart/form-data; boundary=\"b\tc\"",
    ];
    let written = written.map(|text| (format!("called {text}"), text.to_owned()));
    let is_no_type = |text: &str| text.contains(", ") || text.contains("data boundary");
    signs
        .chain(long)
        .chain(written)
        .map(|(why, content_type)| {
            let problem = if is_no_type(&content_type) {
                REFUSED
            } else {
                MALFORMED
            };
            Case::post(why, &content_type, body.as_bytes(), problem)
        })
        .collect()
}
