//! Somebody in a console, with what a browser would send.

use crate::client::{Answer, raw_to};

/// A browser's session, or none.
pub(super) struct Visitor {
    /// The address that was printed.
    pub(super) key: String,
    /// `127.0.0.1:PORT`.
    pub(super) authority: String,
    /// `name=value`, or nothing.
    pub(super) cookie: String,
}

impl Visitor {
    /// Knows where the console is, and nothing more.
    pub(super) fn stranger(key: &str) -> Self {
        let authority = key.trim_start_matches("http://").split('/').next().unwrap();
        Self {
            key: key.to_owned(),
            authority: authority.to_owned(),
            cookie: String::new(),
        }
    }

    /// Opens it.
    pub(super) fn with_key(key: &str) -> Self {
        let mut visitor = Self::stranger(key);
        let answer = visitor.get(&format!("/?{}", key.split_once('?').unwrap().1));
        let cookie = answer
            .header("set-cookie")
            .unwrap_or_else(|| panic!("{answer:?}"));
        visitor.cookie = cookie.split(';').next().unwrap().to_owned();
        visitor
    }

    pub(super) fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[], "")
    }

    /// Asks for what is not as this tag says.
    pub(super) fn get_if_changed(&self, path: &str, tag: &str) -> Answer {
        self.ask("GET", path, &[("if-none-match", tag)], "")
    }

    /// The page's proof, from a page.
    pub(super) fn proof(&self) -> String {
        let pages = [
            "/",
            "/discard?all=1",
            "/undo?all=1&waiting=discarded",
            "/discard?all=1&waiting=held",
            "/deliveries?state=any",
        ]
        .map(|path| self.get(path).body);
        value(
            pages
                .iter()
                .find(|page| page.contains("name=\"csrf\""))
                .expect("a page with a form"),
            "csrf",
        )
    }

    /// Posts as one of its pages would.
    pub(super) fn post(&self, path: &str, pairs: &[(&str, &str)]) -> Answer {
        let proof = self.proof();
        let origin = format!("http://{}", self.authority);
        let pairs: Vec<_> = pairs
            .iter()
            .copied()
            .chain([("csrf", proof.as_str())])
            .collect();
        self.post_as_is(
            path,
            &pairs,
            &[("origin", &origin), ("sec-fetch-site", "same-origin")],
        )
    }

    /// Posts these pairs with these headers and nothing more.
    pub(super) fn post_as_is(
        &self,
        path: &str,
        pairs: &[(&str, &str)],
        headers: &[(&str, &str)],
    ) -> Answer {
        let body: Vec<String> = pairs
            .iter()
            .map(|(name, text)| format!("{name}={}", encoded(text)))
            .collect();
        self.ask("POST", path, headers, &body.join("&"))
    }

    fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Answer {
        let mut request = format!(
            "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
            self.authority
        );
        if !self.cookie.is_empty() {
            request += &format!("cookie: other=1; {}\r\n", self.cookie);
        }
        for (name, text) in headers {
            request += &format!("{name}: {text}\r\n");
        }
        if method == "POST" {
            let length = body.len();
            request += &format!(
                "content-type: application/x-www-form-urlencoded\r\ncontent-length: {length}\r\n"
            );
        }
        raw_to(&self.authority, format!("{request}\r\n{body}").as_bytes()).unwrap()
    }

    /// The newest dead letter's name.
    pub(super) fn first_entry(&self) -> String {
        value(&self.get("/entries").body, "of")
    }
}

/// The value of the first field of this name.
pub(super) fn value(page: &str, name: &str) -> String {
    let opening = format!("name=\"{name}\" value=\"");
    let at = page
        .find(&opening)
        .unwrap_or_else(|| panic!("no {name}: {page}"))
        + opening.len();
    page[at..].split('"').next().unwrap().to_owned()
}

fn encoded(text: &str) -> String {
    let plain = |byte: &u8| byte.is_ascii_alphanumeric() || b"-._".contains(byte);
    text.bytes()
        .map(|byte| {
            if plain(&byte) {
                char::from(byte).into()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect()
}
