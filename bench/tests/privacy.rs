//! What was submitted, and what else a stranger sends, stands in no log at its loudest, no notice, no answer to a poll
//! and no answer to Lambda of the functions on AWS: canaries through their own programs, on good days and bad ones, and
//! then a search of all that they have said.
#![allow(clippy::unwrap_used, reason = "a test's panic is its report")]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use counterfoil_bench::functions::{Cores, Refusal, Services, Setting, environment, events};
use serde_json::{Value, json};

const CANARY: &str = "canary-7f3a";
/// That text as it would stand in JSON, a URL or a debug print.
const SPELLINGS: [&str; 4] = [
    CANARY,
    "canary%2D7f3a",
    "CANARY-7F3A",
    "99, 97, 110, 97, 114, 121",
];

/// What a stranger posts, and what is refused of it.
fn posts() -> Vec<Bytes> {
    let mut fields = json!({"name": CANARY, "email": "canary-7f3a@example.org", "message": CANARY, "_more": CANARY});
    let good = fields.to_string();
    fields["website"] = CANARY.into();
    let held = fields.to_string();
    let unknown = json!({"name": CANARY, CANARY: CANARY, "nul": "\0canary-7f3a"}).to_string();
    let bodies = [
        &good,
        &held,
        &unknown,
        "{canary-7f3a",
        r#"{"canary-7f3a":1,"canary-7f3a":1}"#,
    ];
    let mut all: Vec<Bytes> = bodies
        .map(|body| with(&events::post(body), "/headers", &headers()))
        .into();
    all[1] = with(&all[1], "/headers/idempotency-key", &"canary-7f3a-2".into());
    let multipart = "--canary-7f3a\r\ncontent-disposition: form-data; name=\"canary-7f3a\"; filename=\"canary-7f3a.txt\"\
                     \r\n\r\ncanary-7f3a\r\n--canary-7f3a--\r\n";
    for (kind, body) in [
        ("multipart/form-data; boundary=canary-7f3a", multipart),
        (
            "application/x-www-form-urlencoded",
            "canary-7f3a=%canary-7f3a",
        ),
        ("text/canary-7f3a", CANARY),
    ] {
        all.push(with(
            &events::post(body),
            "/headers/content-type",
            &kind.into(),
        ));
    }
    all.extend(
        ["/forms/canary-7f3a", "/canary-7f3a"].map(|path| with(&all[0], "/rawPath", &path.into())),
    );
    all
}

fn headers() -> Value {
    json!({
        "content-type": "application/json", "host": "canary-7f3a.example", "user-agent": CANARY, "referer": CANARY,
        "cookie": "session=canary-7f3a", "authorization": "Bearer canary-7f3a", "origin": "https://canary-7f3a.example",
        "x-canary-7f3a": "1", "accept-language": CANARY, "traceparent": CANARY, "idempotency-key": CANARY,
    })
}

/// The event with another value at this place.
fn with(event: &Bytes, place: &str, value: &Value) -> Bytes {
    let mut event: Value = serde_json::from_slice(event).unwrap();
    let (parent, name) = place.rsplit_once('/').unwrap();
    event.pointer_mut(parent).unwrap()[name] = value.clone();
    event.to_string().into()
}

/// Errors as the services have them; the messages quote what was sent.
fn bad_days(row: &Value) -> Vec<Option<Refusal>> {
    let day = |code, more| {
        Some(Refusal {
            code,
            message: format!("it was: {CANARY}"),
            more,
        })
    };
    let canceled = json!({"CancellationReasons": [
        {"Code": "ConditionalCheckFailed", "Item": row, "Message": CANARY}, {"Code": "None"}]});
    vec![
        None,
        day("ConditionalCheckFailedException", json!({ "Item": row })),
        day("TransactionCanceledException", canceled),
        day("ValidationException", json!({})),
        day("AccessDeniedException", json!({})),
        // An error that nobody knows, and a row that is none.
        day("SomethingNew", json!({ CANARY: CANARY })),
        day(
            "ConditionalCheckFailedException",
            json!({"Item": {"state": {"S": CANARY}, "seq": {"N": CANARY}}}),
        ),
    ]
}

/// Envelopes, and what else may lie on a queue.
fn batch(envelopes: &[String]) -> Bytes {
    let other = |place: &str, value: Value| {
        let mut envelope: Value = serde_json::from_str(&envelopes[0]).unwrap();
        envelope[place] = value;
        envelope.to_string()
    };
    let mut bodies = envelopes.to_vec();
    bodies.extend([
        CANARY.to_owned(),
        "{canary-7f3a".into(),
        json!({ CANARY: CANARY }).to_string(),
    ]);
    bodies.extend([
        other("v", 99.into()),
        other("form", "gone".into()),
        other("id", CANARY.into()),
    ]);
    bodies.extend([
        other("payload", json!({ CANARY: CANARY })),
        other("received_at", CANARY.into()),
    ]);
    bodies.extend(["kid", "hash", "trace"].map(|name| other(name, CANARY.into())));
    let event = events::batch(&bodies);
    // The last receive of one of them: it fails for good.
    with(
        &event,
        "/Records/0/attributes/ApproximateReceiveCount",
        &"20".into(),
    )
}

/// Rows as they were written, and rows that nobody can read.
fn stream(rows: &[Value]) -> Vec<Bytes> {
    let broken = ["state", "seq", "cause", "received_at", "sk"].map(|name| {
        let mut row = rows[0].clone();
        row[name] = json!({ "S": CANARY });
        events::stream(&[row])
    });
    broken.into_iter().chain([events::stream(rows)]).collect()
}

/// All that was said, by what said it.
struct Said(Vec<(String, String)>);

impl Said {
    fn add(&mut self, what: &str, text: &impl ToString) {
        self.0.push((what.to_owned(), text.to_string()));
    }

    fn assert_free_of(&self, secrets: &[&str]) {
        for (what, text) in &self.0 {
            for secret in secrets {
                let line = text.lines().find(|line| line.contains(secret));
                assert!(
                    line.is_none(),
                    "{secret} in {what}: {}",
                    line.unwrap_or_default()
                );
            }
        }
    }
}

fn programs() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_counterfoil-bench"))
        .parent()
        .unwrap()
}

fn log_of(folder: &Path, program: &str) -> PathBuf {
    folder.join(format!("{program}.log"))
}

/// The programs, what they are told, and where each of them writes its log.
struct Functions<'a> {
    services: &'a Services,
    environment: Vec<(&'static str, String)>,
    cores: Cores,
    logs: [PathBuf; 5],
}

impl<'a> Functions<'a> {
    fn new(services: &'a Services, folder: &Path) -> Self {
        let forms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../forms");
        let mut environment = environment(services, &forms).unwrap();
        environment.push(("LOG_LEVEL", "trace".into()));
        Self {
            services,
            environment,
            cores: Cores::divide().unwrap(),
            logs: ["ingest", "worker", "bury", "notifier", "status"]
                .map(|program| log_of(folder, program)),
        }
    }

    /// Where a program runs that writes into this log.
    fn home(&self, log: usize) -> Setting<'_> {
        Setting {
            programs: programs(),
            cores: &self.cores,
            services: self.services,
            environment: &self.environment,
            log: Some(&self.logs[log]),
        }
    }

    /// Asks each of them on such a day, and keeps what it answers.
    async fn live_through(&self, day: Option<Refusal>, posted: &Posted, said: &mut Said) {
        self.services.refuse(day);
        self.home(0)
            .rehearse("ingest", &posts()[..1])
            .await
            .unwrap();
        for (place, program) in [(1, "worker"), (2, "bury")] {
            let (answers, _) = self
                .home(place)
                .rehearse(program, &[batch(&posted.envelopes)])
                .await
                .unwrap();
            said.add(program, &json!(answers));
        }
        self.services.keep();
        let mut notifier = self.home(3).start("notifier").await.unwrap();
        for event in stream(&posted.rows) {
            said.add(
                "notifier",
                &String::from_utf8_lossy(&notifier.invoke(event).await.unwrap().0),
            );
        }
        self.services
            .kept()
            .iter()
            .for_each(|notice| said.add("a notice", &String::from_utf8_lossy(notice)));
        self.services.put(posted.rows[0].clone());
        let (answers, _) = self
            .home(4)
            .rehearse("status", &posted.polls())
            .await
            .unwrap();
        said.add("status", &json!(answers));
    }
}

/// What became of two posts: their tickets, what lay on the queue, and the rows that the worker wrote.
struct Posted {
    tickets: [String; 2],
    envelopes: Vec<String>,
    rows: Vec<Value>,
}

impl Posted {
    /// Polls with both tickets, with one that is none, and with what else a stranger sends.
    fn polls(&self) -> Vec<Bytes> {
        let mut polls: Vec<Bytes> = self
            .tickets
            .iter()
            .map(|ticket| events::poll(ticket))
            .collect();
        polls.push(events::poll("contact.canary-7f3a"));
        polls.push(with(&polls[0], "/headers", &headers()));
        polls
    }
}

/// Posts on a good day.
async fn posted(functions: &Functions<'_>) -> Posted {
    let ingest = functions.home(0);
    let (accepted, sent) = ingest.rehearse("ingest", &posts()).await.unwrap();
    let envelopes: Vec<String> = sent
        .iter()
        .map(|message| message["MessageBody"].as_str().unwrap().into())
        .collect();
    assert_eq!(envelopes.len(), 2, "{accepted:#?}");
    let ticket = |answer: &Value| {
        let body: Value = serde_json::from_str(answer["body"].as_str().unwrap()).unwrap();
        body["ticket"].as_str().unwrap().to_owned()
    };
    let tickets = [ticket(&accepted[0]), ticket(&accepted[1])];
    let (_, written) = functions
        .home(1)
        .rehearse("worker", &[events::batch(&envelopes)])
        .await
        .unwrap();
    // What is held is written together with its line of history.
    let row = |sent: &Value| {
        sent.pointer("/Item")
            .or(sent.pointer("/TransactItems/0/Put/Item"))
            .cloned()
    };
    let is_entry = |item: &Value| item.to_string().contains(CANARY);
    let rows: Vec<Value> = written.iter().filter_map(row).filter(is_entry).collect();
    assert_eq!(rows.len(), 2, "{written:?}");
    Posted {
        tickets,
        envelopes,
        rows,
    }
}

#[tokio::test]
#[allow(
    clippy::disallowed_methods,
    reason = "COUNTERFOIL_FULL says that everything was built"
)]
async fn nothing_that_was_submitted_is_in_what_the_functions_say() {
    if std::env::var_os("COUNTERFOIL_FULL").is_none() {
        println!(
            "SKIPPED: the functions may not be built, or not from this source; `cargo xtask test` builds them"
        );
        return;
    }
    let (services, folder) = (
        Services::start().await.unwrap(),
        tempfile::tempdir().unwrap(),
    );
    let functions = Functions::new(&services, folder.path());
    let mut said = Said(Vec::new());
    let posted = posted(&functions).await;
    for day in bad_days(&posted.rows[1]) {
        functions.live_through(day, &posted, &mut said).await;
    }
    assert!(
        said.0
            .iter()
            .any(|(what, text)| what == "a notice" && text.contains("PublishBatch")),
        "it published"
    );
    for log in &functions.logs {
        let text = std::fs::read_to_string(log).unwrap();
        assert!(
            text.contains("\"level\""),
            "{} has said nothing",
            log.display()
        );
        said.add(&log.display().to_string(), &text);
    }
    said.assert_free_of(&SPELLINGS);
    // A ticket is a capability: it is said to whoever brings it, and to nobody else.
    said.0.retain(|(what, _)| what != "status");
    said.assert_free_of(
        &posted
            .tickets
            .each_ref()
            .map(|ticket| ticket.split('.').nth(1).unwrap()),
    );
}
