//! What each program is asked. Nothing here knows how an envelope, an entry or a ticket is made: a rehearsal sends a few
//! submissions through all the functions, and what one of them sends is the next one's event, as on AWS.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use bytes::Bytes;
use serde_json::Value;

use crate::functions::bootstrap::Bootstrap;
use crate::functions::cores::Cores;
use crate::functions::events;
use crate::functions::services::Services;
use crate::load::submission;

/// As many as a batch of the queue has.
pub const BATCH: u32 = 10;
/// The floor's load.
pub const FLOOR: &str = "echo (floor)";
/// The load that the HTTP functions are compared with, and the notifier.
pub const SEND: &str = "send (reference)";
/// The load that the worker is compared with.
pub const PUT: &str = "put 10 (reference)";

/// What one process is asked, again and again.
pub struct Load {
    /// Its name in the table.
    pub name: &'static str,
    /// The program's file.
    pub program: &'static str,
    /// The load of the reference, where there is one.
    pub reference: Option<&'static str>,
    /// In turn.
    pub events: Vec<Bytes>,
    /// How many submissions each event is about.
    pub submissions: u32,
    /// Is it what should be answered?
    pub is_good: fn(&Value) -> bool,
}

/// The environment of all programs: each reads what it needs of it.
pub fn environment(services: &Services, forms: &Path) -> Result<Vec<(&'static str, String)>> {
    let services = format!("http://{}", services.address);
    let forms = std::path::absolute(forms).context("the forms' path is not to be had")?;
    Ok(vec![
        ("AWS_REGION", "us-east-1".into()),
        ("AWS_ACCESS_KEY_ID", "bench".into()),
        ("AWS_SECRET_ACCESS_KEY", secret()?),
        ("AWS_SESSION_TOKEN", secret()?.repeat(10)),
        ("AWS_LAMBDA_FUNCTION_NAME", "bench".into()),
        ("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128".into()),
        ("AWS_LAMBDA_FUNCTION_VERSION", "1".into()),
        ("AWS_LAMBDA_LOG_GROUP_NAME", "bench".into()),
        ("AWS_LAMBDA_LOG_STREAM_NAME", "bench".into()),
        ("QUEUE_URL", format!("{services}/123456789012/submissions")),
        (
            "SET_ASIDE_URL",
            format!("{services}/123456789012/notice-failures"),
        ),
        ("AWS_ENDPOINT_URL", services),
        ("TABLE_NAME", "entries".into()),
        (
            "TOPIC_ARN",
            "arn:aws:sns:us-east-1:123456789012:outcomes".into(),
        ),
        ("TICKET_KEYS", format!("1:bench:{}", secret()?)),
        ("ID_SECRET", format!("bench:{}", secret()?)),
        ("STAGE", "bench".into()),
        ("FORMS_DIR", forms.to_string_lossy().into_owned()),
    ])
}

/// 64 digits that nobody knows.
fn secret() -> Result<String> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).context("there are no random numbers")?;
    Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// Where the functions are and what they are given.
pub struct Setting<'a> {
    /// The folder of the programs.
    pub programs: &'a Path,
    /// Where they run.
    pub cores: &'a Cores,
    /// What they call.
    pub services: &'a Services,
    /// What they are told.
    pub environment: &'a [(&'static str, String)],
    /// Where they log, if anywhere.
    pub log: Option<&'a Path>,
}

impl Setting<'_> {
    /// Starts one.
    pub async fn start(&self, program: &str) -> Result<Bootstrap> {
        Bootstrap::start(
            self.cores,
            &self.programs.join(program),
            self.environment,
            self.log,
        )
        .await
    }

    /// What a program answers to these events, and what it sends the services meanwhile.
    pub async fn rehearse(
        &self,
        program: &str,
        events: &[Bytes],
    ) -> Result<(Vec<Value>, Vec<Value>)> {
        let mut bootstrap = self.start(program).await?;
        self.services.keep();
        let mut answers = Vec::new();
        for event in events {
            let (answer, _) = bootstrap.invoke(event.clone()).await?;
            answers.push(
                serde_json::from_slice(&answer)
                    .with_context(|| format!("{program} answers no JSON"))?,
            );
        }
        // SNS's are no JSON, and nobody's event.
        let sent = self.services.kept();
        Ok((
            answers,
            sent.iter()
                .filter_map(|body| serde_json::from_slice(body).ok())
                .collect(),
        ))
    }

    /// All loads, after a rehearsal.
    pub async fn loads(&self) -> Result<Vec<Load>> {
        let posts: Vec<Bytes> = (0..BATCH)
            .map(|n| events::post(&String::from_utf8_lossy(&submission(n, 0))))
            .collect();
        let (accepted, sent) = self.rehearse("ingest", &posts).await?;
        ensure!(
            accepted.iter().all(is_accepted),
            "ingest does not accept: {:?}",
            accepted.first()
        );
        let envelopes = texts(&sent, "MessageBody");
        // One by one, so that the items come in the order of the tickets.
        let singles: Vec<Bytes> = envelopes
            .iter()
            .map(|body| events::batch(std::slice::from_ref(body)))
            .collect();
        let (settled, written) = self.rehearse("worker", &singles).await?;
        ensure!(
            settled.iter().all(is_settled),
            "worker does not settle: {:?}",
            settled.first()
        );
        let items: Vec<Value> = written.iter().map(|put| put["Item"].clone()).collect();
        ensure!(
            items.len() == posts.len(),
            "{} submissions became {} items",
            posts.len(),
            items.len()
        );
        let ticket = ticket(&accepted[0]).context("ingest answers without a ticket")?;
        self.services.put(head(&items[0]));
        Ok(loads(&posts, &envelopes, &items, &ticket))
    }
}

fn loads(posts: &[Bytes], envelopes: &[String], items: &[Value], ticket: &str) -> Vec<Load> {
    let batch = vec![events::batch(envelopes)];
    let load = |name, program, events: &[Bytes], is_good| {
        let events = events.to_vec();
        Load {
            name,
            program,
            reference: None,
            events,
            submissions: 1,
            is_good,
        }
    };
    let like = |reference, load| Load {
        reference: Some(reference),
        ..load
    };
    let ten = |load| Load {
        submissions: BATCH,
        ..load
    };
    let (one, all) = ([events::stream(&items[..1])], [events::stream(items)]);
    vec![
        load(FLOOR, "bench-echo", posts, |answer| {
            answer["version"] == "2.0"
        }),
        load(SEND, "bench-send", posts, |answer| {
            answer["statusCode"] == 202
        }),
        like(SEND, load("ingest", "ingest", posts, is_accepted)),
        like(
            SEND,
            load(
                "status, a poll",
                "status",
                &[events::poll(ticket)],
                is_stored,
            ),
        ),
        load(
            "status, forged",
            "status",
            &[events::poll(&forged(ticket))],
            |answer| answer["statusCode"] == 404,
        ),
        like(SEND, load("notifier, 1", "notifier", &one, is_settled)),
        ten(load("notifier, 10", "notifier", &all, is_settled)),
        ten(load(PUT, "bench-put", &batch, is_settled)),
        ten(like(PUT, load("worker, 10", "worker", &batch, is_settled))),
        ten(load("bury, 10", "bury", &batch, is_settled)),
    ]
}

fn is_accepted(answer: &Value) -> bool {
    answer["statusCode"] == 202
}

fn is_settled(answer: &Value) -> bool {
    answer["batchItemFailures"]
        .as_array()
        .is_some_and(Vec::is_empty)
}

fn is_stored(answer: &Value) -> bool {
    body(answer).is_some_and(|body| body["state"] == "stored")
}

fn body(answer: &Value) -> Option<Value> {
    serde_json::from_str(answer["body"].as_str()?).ok()
}

fn ticket(answer: &Value) -> Option<String> {
    Some(body(answer)?["ticket"].as_str()?.to_owned())
}

/// A ticket with its last character changed: the form is there, the signature is not ours.
fn forged(ticket: &str) -> String {
    let mut forged = ticket.to_owned();
    let last = forged.pop();
    forged.push(if last == Some('A') { 'B' } else { 'A' });
    forged
}

fn texts(sent: &[Value], name: &str) -> Vec<String> {
    sent.iter()
        .filter_map(|request| Some(request[name].as_str()?.to_owned()))
        .collect()
}

/// What `status` is given of an item: all but what was submitted.
fn head(item: &Value) -> Value {
    let mut head = item.clone();
    head.as_object_mut()
        .map(|members| members.remove("payload"));
    head
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_forged_ticket_differs_in_one_character() {
        for (ticket, other) in [
            ("contact.aaA", "contact.aaB"),
            ("contact.aaQ", "contact.aaA"),
        ] {
            assert_eq!(forged(ticket), other);
        }
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let (one, other) = (secret().unwrap(), secret().unwrap());
        assert!(one.len() == 64 && one != other, "{one} {other}");
    }

    #[test]
    fn only_an_empty_list_of_failures_is_settled() {
        assert!(is_settled(&json!({ "batchItemFailures": [] })));
        for answer in [
            json!({}),
            json!(null),
            json!({ "batchItemFailures": [{ "itemIdentifier": "1" }] }),
        ] {
            assert!(!is_settled(&answer), "{answer}");
        }
    }
}
