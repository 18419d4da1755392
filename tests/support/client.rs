//! A small HTTP client for tests, for whatever answers: every answer is an answer, whatever its status.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use crate::wait::until;

/// Where to connect, and the name to ask for there.
#[derive(Clone, Debug)]
pub(crate) struct Door {
    pub(crate) authority: String,
    pub(crate) host: String,
}

/// What answers: one server, or functions behind front doors of their own.
pub(crate) trait Doors {
    /// The door for a path.
    fn door(&self, path: &str) -> Door;
}

impl Doors for Door {
    fn door(&self, _: &str) -> Door {
        self.clone()
    }
}

/// An answer with everything read.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// What answers that must not be told apart agree in: all but the clock, the connection, and the number that API
    /// Gateway gives each request.
    #[allow(dead_code, reason = "shared; not every target compares answers")]
    pub(crate) fn said(&self) -> (u16, Vec<&(String, String)>, &str) {
        let passing = ["date", "connection", "apigw-requestid"];
        let headers = self
            .headers
            .iter()
            .filter(|(name, _)| !passing.contains(&name.as_str()))
            .collect();
        (self.status, headers, &self.body)
    }

    /// Checks that this is problem+json of this type.
    pub(crate) fn assert_problem(&self, status: u16, name: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            Some("application/problem+json"),
            "{self:?}"
        );
        assert_eq!(
            self.json()["type"],
            format!("urn:counterfoil:problem:{name}"),
            "{self:?}"
        );
    }
}

/// Sends a request without following redirects; `Err` when no whole answer came.
pub(crate) fn send(
    to: &impl Doors,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> std::io::Result<Answer> {
    let door = to.door(path);
    let mut request = format!(
        "{method} {path} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n",
        door.host
    );
    for (name, value) in headers {
        request += &format!("{name}: {value}\r\n");
    }
    if method == "POST" || !body.is_empty() {
        request += &format!("content-length: {}\r\n", body.len());
    }
    request += "\r\n";
    let mut bytes = request.into_bytes();
    bytes.extend_from_slice(body);
    raw(&door, &bytes)
}

/// Sends bytes as they are and reads the answer to its end.
pub(crate) fn raw(to: &impl Doors, bytes: &[u8]) -> std::io::Result<Answer> {
    raw_to(&to.door("/").authority, bytes)
}

/// As above, to any listener.
pub(crate) fn raw_to(authority: &str, bytes: &[u8]) -> std::io::Result<Answer> {
    let mut stream = TcpStream::connect(authority)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    // The server may answer and close before it has read everything.
    let sent = stream.write_all(bytes);
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer);
    parse(&answer).ok_or_else(|| {
        sent.and(read.map(|_| ()))
            .err()
            .unwrap_or_else(|| std::io::Error::other("no answer"))
    })
}

fn parse(bytes: &[u8]) -> Option<Answer> {
    let text = String::from_utf8_lossy(bytes).into_owned();
    let text = text
        .strip_prefix("HTTP/1.1 100 Continue\r\n\r\n")
        .unwrap_or(&text);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers: Vec<(String, String)> = lines
        .filter_map(|line| line.split_once(": "))
        .map(|(n, v)| (n.to_lowercase(), v.to_owned()))
        .collect();
    let announced = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map(|(_, length)| length.clone());
    // A connection that broke in the middle is no answer.
    let whole = announced.is_none_or(|length| length.parse() == Ok(body.len()) || body.is_empty());
    whole.then(|| Answer {
        status,
        headers,
        body: body.to_owned(),
    })
}

pub(crate) fn get(to: &impl Doors, path: &str, accept: &str) -> Answer {
    send(to, "GET", path, &[("accept", accept)], b"").unwrap()
}

/// Good fields, with this message.
pub(crate) fn fields(message: &str) -> Value {
    json!({"name": "Ada", "email": "ada@example.org", "message": message})
}

pub(crate) fn post_json(
    to: &impl Doors,
    body: &Value,
    headers: &[(&str, &str)],
) -> std::io::Result<Answer> {
    let mut all = vec![("content-type", "application/json")];
    all.extend(headers);
    send(
        to,
        "POST",
        "/forms/contact",
        &all,
        body.to_string().as_bytes(),
    )
}

/// Posts and expects acceptance: the ticket.
pub(crate) fn accepted(to: &impl Doors, message: &str) -> String {
    let answer = post_json(to, &fields(message), &[]).unwrap();
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

/// What the ticket says now.
pub(crate) fn poll(to: &impl Doors, ticket: &str) -> Value {
    get(to, &format!("/tickets/{ticket}"), "application/json").json()
}

/// Waits until the ticket is final: its state.
pub(crate) fn settled(to: &impl Doors, ticket: &str) -> String {
    let mut view = Value::Null;
    until(
        &format!("the ticket is final, after {}", ticket.len()),
        || {
            view = poll(to, ticket);
            view["final"] == true || view["status"] == 410
        },
    );
    view["state"].as_str().unwrap().to_owned()
}
