//! What was submitted, and what else a stranger sends, stands nowhere but in the ledger: canaries in every field,
//! name, header and file name, through every outcome, and then a search of all that the program has said.

use serde_json::{Value, json};

use crate::client::{Answer, fields, get, post_json, raw, send, settled};
use crate::server::{Machine, Server};
use crate::wait::until;

const CANARY: &str = "canary-7f3a";
/// That text as it would stand in JSON, a URL or a debug print.
const SPELLINGS: [&str; 4] = [
    CANARY,
    "canary%2D7f3a",
    "CANARY-7F3A",
    "99, 97, 110, 97, 114, 121",
];

/// Panics, fails in passing and for good, and tries again soon: every road that a submission can go.
const BAD_DAY: [&str; 12] = [
    "--retry-base",
    "0.05",
    "--max-receives",
    "3",
    "--fail",
    "settle:2:panic",
    "--fail",
    "ledger:2",
    "--fail",
    "publish:2",
    "--log",
    "trace",
];

fn ticket(answer: &Answer) -> String {
    assert_eq!(answer.status, 202, "{answer:?}");
    answer.json()["ticket"].as_str().unwrap().to_owned()
}

/// Accepted posts, canaries in all that is kept and in what is dropped.
fn accepted_with_canaries(server: &Server) -> Vec<String> {
    let mut all = fields(CANARY);
    all["name"] = json!(CANARY);
    all["email"] = json!(format!("{CANARY}@example.org"));
    all["_dropped"] = json!(CANARY);
    all["website"] = json!(CANARY);
    let headers = [
        ("user-agent", CANARY),
        ("referer", "https://canary-7f3a.example/canary-7f3a"),
        ("cookie", "session=canary-7f3a"),
        ("authorization", "Bearer canary-7f3a"),
        ("x-forwarded-for", CANARY),
        ("x-canary-7f3a", "1"),
        ("origin", "https://canary-7f3a.example"),
        ("accept-language", CANARY),
        ("traceparent", CANARY),
        ("idempotency-key", CANARY),
    ];
    let held = ticket(&post_json(server, &all, &headers[..9]).unwrap());
    all.as_object_mut().unwrap().shift_remove("website");
    let mut tickets: Vec<_> = (0..4)
        .map(|_| ticket(&post_json(server, &all, &headers[..9]).unwrap()))
        .collect();
    tickets.extend([held, ticket(&post_json(server, &all, &headers).unwrap())]);
    // Another content under the key of one that is there: kept apart.
    assert_eq!(settled(server, tickets.last().unwrap()), "stored");
    tickets.push(ticket(
        &post_json(server, &fields("canary-7f3a, otherwise"), &headers).unwrap(),
    ));
    let pairs = "name=canary-7f3a&email=canary-7f3a%40example.org&message=canary-7f3a&_idempotency=canary-7f3a-2";
    let urlencoded = [("content-type", "application/x-www-form-urlencoded")];
    let answer = send(
        server,
        "POST",
        "/forms/contact?canary-7f3a=canary-7f3a",
        &urlencoded,
        pairs.as_bytes(),
    )
    .unwrap();
    tickets.push(ticket(&answer));
    tickets
}

/// Refused posts and requests that are none.
fn refused_with_canaries(server: &Server) {
    let json = ("content-type", "application/json");
    let unknown = json!({"name": CANARY, "email": CANARY, CANARY: CANARY, "nul": "\0canary-7f3a"});
    post_json(server, &unknown, &[]).unwrap();
    let multipart = [("content-type", "multipart/form-data; boundary=canary-7f3a")];
    let file = "--canary-7f3a\r\ncontent-disposition: form-data; name=\"canary-7f3a\"; filename=\"canary-7f3a.txt\"\r\n\
                content-type: text/canary-7f3a\r\n\r\ncanary-7f3a\r\n--canary-7f3a--\r\n";
    let posts: [(&[(&str, &str)], &str); 7] = [
        (&[json], "{canary-7f3a"),
        (&[json], "{\"canary-7f3a\":1,\"canary-7f3a\":1}"),
        (&[("content-type", "text/canary-7f3a")], CANARY),
        (
            &[("content-type", "application/x-www-form-urlencoded")],
            "canary-7f3a=%canary-7f3a",
        ),
        (&[json, ("content-encoding", CANARY)], "{}"),
        (
            &[
                json,
                ("idempotency-key", "canary-7f3a twice"),
                ("accept", "text/html;canary-7f3a"),
            ],
            "{}",
        ),
        (&multipart, file),
    ];
    for (headers, body) in posts {
        send(server, "POST", "/forms/contact", headers, body.as_bytes()).unwrap();
    }
    for path in [
        "/forms/canary-7f3a",
        "/tickets/canary-7f3a.canary-7f3a",
        "/canary-7f3a",
        "/?canary-7f3a",
    ] {
        for method in ["GET", "POST", "CANARY-7F3A"] {
            send(server, method, path, &[("if-none-match", CANARY)], b"").unwrap();
        }
    }
    for bytes in [
        "canary-7f3a\r\n\r\n",
        "GET / HTTP/canary-7f3a\r\n\r\n",
        "GET canary-7f3a HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\ncanary-7f3a\r\n\r\n",
        "GET / HTTP/1.1\r\ncontent-length: canary-7f3a\r\n\r\n",
        "POST /forms/contact HTTP/1.1\r\nhost: canary-7f3a\r\ntransfer-encoding: chunked\r\n\r\ncanary-7f3a\r\n",
        "POST /forms/contact HTTP/1.1\r\nhost: canary-7f3a\r\ncontent-length: 99\r\nconnection: close\r\n\r\ncanary-7f3a",
    ] {
        // Each ends at once or is too slow to wait for: what it leaves in the log is looked for later.
        drop(
            std::net::TcpStream::connect(server.authority())
                .map(|mut stream| std::io::Write::write_all(&mut stream, bytes.as_bytes())),
        );
    }
    raw(
        server,
        b"GET / HTTP/1.1\r\nhost: canary-7f3a\r\nconnection: close\r\n\r\n",
    )
    .unwrap();
}

fn assert_free_of_canaries(what: &str, text: &str) {
    for spelling in SPELLINGS {
        let line = text.lines().find(|line| line.contains(spelling));
        assert!(line.is_none(), "{what}: {}", line.unwrap_or_default());
    }
}

#[test]
fn nothing_that_was_submitted_is_in_any_log_notice_panic_or_status_answer() {
    let home = Machine::new();
    let server = home.start_with(&BAD_DAY);
    let tickets = accepted_with_canaries(&server);
    let states: Vec<_> = tickets
        .iter()
        .map(|ticket| settled(&server, ticket))
        .collect();
    for state in ["stored", "held", "conflict"] {
        assert!(
            states.iter().any(|seen| seen == state),
            "{state}: {states:?}"
        );
    }
    home.verb(&["fail", "settle:1:permanent"]);
    let failed = ticket(&post_json(&server, &fields(CANARY), &[]).unwrap());
    assert_eq!(settled(&server, &failed), "failed");
    refused_with_canaries(&server);
    for ticket in tickets.iter().chain([&failed]) {
        for accept in ["application/json", "text/html"] {
            let answer = get(&server, &format!("/tickets/{ticket}"), accept);
            assert_free_of_canaries(
                "a status answer",
                &format!("{:?}\n{}", answer.headers, answer.body),
            );
        }
    }
    let published = format!("{}:1", submission(&home, "failed"));
    until("the dead letter's notice is in the log", || {
        home.log().contains(&published)
    });
    assert!(server.stop().success());
    let log = home.log();
    for sign in [
        "a panic; its message",
        "failing on purpose",
        "notice: published",
    ] {
        assert!(
            log.contains(sign),
            "the log has what could give it away: {sign}"
        );
    }
    assert!(
        log.contains("TRACE") || log.contains("DEBUG"),
        "the log is at its loudest"
    );
    // What Rust says of a panic by itself repeats its message, and that may be the text that was cut in its middle.
    assert!(
        !log.contains("panicked at"),
        "the message of a panic is left out"
    );
    assert_free_of_canaries("the log", &log);
    for ticket in tickets.iter().chain([&failed]) {
        let proof = ticket.split('.').nth(1).unwrap();
        assert!(!log.contains(proof), "a ticket is a capability");
    }
}

/// One of this state, as `form/id`.
fn submission(home: &Machine, state: &str) -> String {
    let listed: Value =
        serde_json::from_str(&home.verb(&["submissions", "list", "--json", "--state", state]))
            .unwrap();
    listed[0]["submission"].as_str().unwrap().to_owned()
}
