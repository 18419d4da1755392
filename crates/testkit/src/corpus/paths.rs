//! S38, S32: what is not here, and methods that nothing answers.

use super::path_lists::{IDS, PATHS};
use super::{Case, URLENCODED, good_pairs};

pub(super) fn cases() -> Vec<Case> {
    [forms(), elsewhere(), methods()]
        .into_iter()
        .flatten()
        .collect()
}

/// Ids that are none, or of no form here: one answer for all.
fn forms() -> Vec<Case> {
    let long = [65, 100, 300, 4000].map(|size| "a".repeat(size));
    let all = IDS
        .iter()
        .map(|id| (*id).to_owned())
        .chain(long)
        .filter(|id| is_a_target(id));
    all.flat_map(|id| {
        ["POST", "GET", "DELETE"].map(|method| Case {
            method,
            ..Case::post(
                format!("{method} to the form {id:.60} of {}", id.len()),
                URLENCODED,
                good_pairs(),
                "unknown-form",
            )
            .to(format!("/forms/{id}"))
        })
    })
    .collect()
}

/// Can this stand in a request's first line at all? What cannot is the server's own to refuse.
fn is_a_target(text: &str) -> bool {
    text.bytes()
        .all(|byte| byte.is_ascii_graphic() && !b"\"<>`{}".contains(&byte))
}

fn elsewhere() -> Vec<Case> {
    PATHS
        .iter()
        .flat_map(|path| {
            ["GET", "POST"].map(|method| Case {
                method,
                ..Case::new(format!("{method} {path}"), "not-found").to(*path)
            })
        })
        .collect()
}

fn methods() -> Vec<Case> {
    let methods = [
        "PUT",
        "DELETE",
        "PATCH",
        "TRACE",
        "BREW",
        "PROPFIND",
        "PROPPATCH",
        "MKCOL",
        "COPY",
        "MOVE",
        "LOCK",
        "UNLOCK",
        "SEARCH",
        "QUERY",
        "PURGE",
        "LINK",
        "UNLINK",
        "REPORT",
        "VIEW",
        "DEBUG",
        "TRACK",
        "post",
        "get",
        "Post",
        "POSTT",
        "X",
        "!",
        "~",
    ];
    let paths = [
        "/",
        "/forms/contact",
        "/forms/listed",
        "/healthz",
        "/openapi.json",
        "/tickets/x",
    ];
    let all = methods
        .into_iter()
        .flat_map(|method| paths.map(|path| (method, path)));
    let posts = ["/", "/healthz", "/openapi.json", "/tickets/x"].map(|path| ("POST", path));
    all.chain(posts)
        .map(|(method, path)| Case {
            method,
            ..Case::new(format!("{method} {path}"), "method-not-allowed").to(path)
        })
        .collect()
}
