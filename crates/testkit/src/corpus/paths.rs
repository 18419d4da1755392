//! S38, S32: what is not here, and methods that nothing answers.

use super::{Case, URLENCODED, good_pairs};

pub(super) fn cases() -> Vec<Case> {
    [forms(), elsewhere(), methods()].into_iter().flatten().collect()
}

/// Ids that are none, or of no form here: one answer for all.
fn forms() -> Vec<Case> {
    let ids = [
        "unknown",
        "Contact",
        "CONTACT",
        "cONTACT",
        "contact/",
        "/contact",
        "//contact",
        "contact//",
        "contact/x",
        "contact/..",
        "../x",
        "../contact",
        "./contact",
        "contact/../contact",
        "contact/.",
        "..%2fx",
        "..%2Fcontact",
        "%2e%2e",
        "%2e%2e/contact",
        "%2e/contact",
        "..;/contact",
        "contact;jsessionid=1",
        "contact;a=b",
        "contact%00",
        "contact%00.toml",
        "contact%20",
        "%20contact",
        "contact%0a",
        "contact%0d%0a",
        "contact%09",
        "c%6fntact",
        "%63ontact",
        "contac%74",
        "contact%2f",
        "contact%5c",
        "contact%3f",
        "contact%23",
        "contact.toml",
        "contact.json",
        "contact.html",
        "contact~",
        "contact.bak",
        "contact'",
        "contact\"",
        "contact*",
        "contact$",
        "contact!",
        "contact,",
        "contact:80",
        "contact@x",
        "contact|x",
        "contact-",
        "-contact",
        "_contact",
        "_unknown",
        "contact_",
        "con_tact",
        "contact2",
        "contacts",
        "contac",
        "c",
        "0",
        "1",
        "-",
        "--",
        "_",
        ".",
        "..",
        "...",
        "%",
        "%%",
        "%zz",
        "%c0%ae",
        "%ef%bc%8f",
        "%e2%80%8b",
        "%d1%81ontact",
        "conta%d1%81t",
        "null",
        "undefined",
        "true",
        "*",
        "**",
        "{form}",
        "%7Bform%7D",
        "$%7Bx%7D",
        "<b>",
        "index",
        "index.php",
        "wp-login.php",
        "admin",
        "console",
        "constructor",
        "__proto__",
        "toString",
        "con",
        "nul",
        "aux",
        "prn",
        "etc/passwd",
        "%2fetc%2fpasswd",
        "..%252f",
        "%252e%252e",
        "%25",
        "a%",
        "é",
        "今",
    ];
    let long = [65, 100, 300, 4000].map(|size| "a".repeat(size));
    let all = ids.into_iter().map(str::to_owned).chain(long).filter(|id| is_a_target(id));
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
    text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>`{}".contains(&byte))
}

fn elsewhere() -> Vec<Case> {
    let paths = [
        "/forms",
        "//forms/contact",
        "/Forms/contact",
        "/FORMS/contact",
        "/form/contact",
        "/forms%2fcontact",
        "/forms%2Fcontact",
        "/.//forms/contact",
        "/x/../forms/contact",
        "/%66orms/contact",
        "/forms;/contact",
        "/ticket/x",
        "/tickets",
        "/Tickets/x",
        "/healthz/",
        "/healthz/x",
        "/health",
        "/Healthz",
        "/HEALTHZ",
        "/openapi.json/",
        "/openapi",
        "/openapi.yaml",
        "/OpenAPI.json",
        "/x",
        "/%2f",
        "//",
        "/.",
        "/..",
        "/../",
        "/%2e%2e/",
        "/.env",
        "/.git/config",
        "/favicon.ico",
        "/robots.txt",
        "/wp-login.php",
        "/xmlrpc.php",
        "/phpmyadmin/",
        "/admin",
        "/login",
        "/console",
        "/console/",
        "/metrics",
        "/debug/pprof/",
        "/actuator/env",
        "/server-status",
        "/cgi-bin/test",
        "/api",
        "/api/v1/forms",
        "/graphql",
        "/static/style.css",
        "/etc/passwd",
        "/..%2f..%2fetc%2fpasswd",
        "/%00",
        "/%",
        "/~",
        "/*",
        "/index.html",
        "/index.php",
    ];
    paths
        .into_iter()
        .flat_map(|path| {
            ["GET", "POST"].map(|method| Case { method, ..Case::new(format!("{method} {path}"), "not-found").to(path) })
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
    let paths = ["/", "/forms/contact", "/forms/listed", "/healthz", "/openapi.json", "/tickets/x"];
    let all = methods.into_iter().flat_map(|method| paths.map(|path| (method, path)));
    let posts = ["/", "/healthz", "/openapi.json", "/tickets/x"].map(|path| ("POST", path));
    all.chain(posts)
        .map(|(method, path)| Case { method, ..Case::new(format!("{method} {path}"), "method-not-allowed").to(path) })
        .collect()
}
