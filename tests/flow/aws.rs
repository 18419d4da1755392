//! The verbs of whoever is on call, on the AWS home that `cargo xtask test` deploys to an emulator: the same command,
//! with a table and a queue in the place of a directory.

mod notices;
mod telling;

use std::process::{Command, Stdio};

use counterfoil_aws::NoticeFailures;
use counterfoil_aws::client::{Account, Patience, http};
use counterfoil_core::parked::{Origin, Parked, What};
use counterfoil_core::ports::Aside;
use counterfoil_core::{Cause, SubmissionRef};
use serde_json::Value;

use crate::client::{Door, Doors, fields, post_json, settled};
use crate::server::program;
use crate::wait::until;

/// Where the home is: what `cargo xtask emulator --json` says.
pub(crate) struct Aws(Value);

impl Doors for Aws {
    fn door(&self, path: &str) -> Door {
        let (url, host) = if path.starts_with("/tickets/") {
            ("status_url", "status_host")
        } else {
            ("url", "host")
        };
        Door {
            authority: self.place(url).trim_start_matches("http://").to_owned(),
            host: self.place(host),
        }
    }
}

impl Aws {
    /// `None`, and a word about it, without one. `cargo xtask test` always names one.
    #[allow(
        clippy::disallowed_methods,
        reason = "the one setting of this test; what it tests reads its own"
    )]
    pub(crate) fn given() -> Option<Self> {
        let Ok(places) = std::env::var("COUNTERFOIL_AWS") else {
            assert!(
                std::env::var_os("COUNTERFOIL_FULL").is_none(),
                "COUNTERFOIL_AWS is not set"
            );
            println!("skipped: the verbs on AWS need an emulator; run `cargo xtask test`");
            return None;
        };
        Some(Self(serde_json::from_str(&places).unwrap()))
    }

    pub(crate) fn place(&self, name: &str) -> String {
        self.0[name]
            .as_str()
            .unwrap_or_else(|| panic!("{name} is missing"))
            .to_owned()
    }

    /// A verb, run as an operator with credentials of their own would.
    fn verb(&self, arguments: &[&str]) -> Command {
        self.verb_of("table", arguments)
    }

    /// A verb on another table: the one that has this name among the places.
    fn verb_of(&self, table: &str, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).args([
            "--table",
            &self.place(table),
            "--queue",
            &self.place("queue_url"),
        ]);
        if arguments[0] == "dead-letters" {
            // The forms that were deployed: a dry run and an edit ask them.
            command.args(["--forms", concat!(env!("CARGO_MANIFEST_DIR"), "/../forms")]);
        }
        self.as_operator(&mut command);
        command
    }

    /// Gives a command an operator's credentials.
    pub(crate) fn as_operator<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command
            .env("AWS_ENDPOINT_URL", self.place("endpoint"))
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ACCESS_KEY_ID", "test")
            .env("AWS_SECRET_ACCESS_KEY", "test")
            .stdin(Stdio::null())
    }

    /// What it prints with `--json`, and how it ended.
    fn json(&self, arguments: &[&str]) -> (Value, i32) {
        self.json_of("table", arguments)
    }

    /// What a verb on another table prints with `--json`, and how it ended.
    pub(crate) fn json_of(&self, table: &str, arguments: &[&str]) -> (Value, i32) {
        let output = self
            .verb_of(table, arguments)
            .arg("--json")
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let value = serde_json::from_slice(&output.stdout);
        (
            value.unwrap_or_else(|error| panic!("{arguments:?}: {error}: {said}")),
            output.status.code().unwrap(),
        )
    }

    /// Sets the key of a submission's entry aside.
    fn set_aside(&self, of: &str) {
        let account = Account {
            region: "us-east-1".into(),
            key_id: "test".into(),
            secret: "test".into(),
            session_token: None,
            endpoint: Some(self.place("endpoint")),
        };
        let queue = NoticeFailures::new(
            &account,
            http(),
            Patience::default(),
            self.place("notice_failures_url"),
        );
        let what = What::Change(SubmissionRef::parse(of).unwrap(), None);
        let parked = Parked {
            what,
            cause: Cause::undecodable("for a test"),
            origin: Origin::default(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(queue.set_aside(&parked)).unwrap();
    }

    /// A dead letter that can be stored: another content under a key that was settled first. Its name.
    fn conflict(&self, key: &str, run: &str) -> String {
        let key = format!("{run}-{key}");
        let mut tickets = ["first", "second"].map(|content| {
            let answer = post_json(
                self,
                &fields(&format!("{content} of {key}")),
                &[("idempotency-key", &key)],
            )
            .unwrap();
            let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
            (settled(self, &ticket), ticket)
        });
        tickets.sort();
        assert_eq!(
            [tickets[0].0.as_str(), tickets[1].0.as_str()],
            ["conflict", "stored"]
        );
        // Its ticket says so as soon as the first is settled, and the other may not be yet.
        let mut dead_letter = None;
        until("the other's dead letter is listed", || {
            dead_letter = self.dead_letter_of(&key);
            dead_letter.is_some()
        });
        dead_letter.unwrap()
    }

    /// The dead letter that was sent with this key.
    fn dead_letter_of(&self, key: &str) -> Option<String> {
        let (listed, _) = self.json(&[
            "dead-letters",
            "list",
            "--cause",
            "key-conflict",
            "--limit",
            "0",
        ]);
        let of: Vec<&str> = listed
            .as_array()
            .unwrap()
            .iter()
            .map(|row| row["submission"].as_str().unwrap())
            .collect();
        let wanted = |of: &&&str| {
            let (shown, _) = self.json(&["dead-letters", "show", of, "--payload"]);
            shown.to_string().contains(key)
        };
        of.iter().find(wanted).map(|of| (*of).to_owned())
    }
}

#[test]
fn on_aws_the_same_verbs_list_search_mark_and_export_what_came() {
    let Some(aws) = Aws::given() else { return };
    let word = format!("lighthouse{}", std::process::id());
    let answer = post_json(&aws, &fields(&format!("A question about the {word}")), &[]).unwrap();
    let ticket = answer.json()["ticket"].as_str().unwrap().to_owned();
    assert_eq!(settled(&aws, &ticket), "stored");
    let inbox = [
        "inbox", "--form", "contact", "--since", "1h", "--search", &word, "--fields",
    ];
    let (found, code) = aws.json(&inbox);
    assert_eq!((code, found.as_array().unwrap().len()), (0, 1), "{found:#}");
    assert!(
        found[0]["fields"]["message"]
            .as_str()
            .unwrap()
            .ends_with(&word),
        "{found:#}"
    );
    let (marked, code) = aws.json(&["submissions", "mark", "answered", &ticket, "--as", "ada"]);
    assert_eq!((code, marked["submissions"].as_u64()), (0, Some(1)));
    let (shown, _) = aws.json(&["submissions", "show", &ticket]);
    assert!(
        shown["submission"] == found[0]["submission"] && shown["marks"]["answered"]["by"] == "ada",
        "{shown:#}"
    );

    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("all.jsonl");
    let export = |more: &[&str]| {
        let of_it = [
            "submissions",
            "export",
            "--form",
            "contact",
            "--format",
            "jsonl",
            "--since",
            "1h",
            "--search",
            &word,
        ];
        aws.verb(&[&of_it[..], more].concat()).output().unwrap()
    };
    assert!(
        export(&["--output", file.to_str().unwrap()])
            .status
            .success()
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 1);
    assert_eq!(
        std::fs::read_dir(folder.path()).unwrap().count(),
        1,
        "no part is left"
    );
}

#[test]
fn on_aws_dead_letters_are_found_mended_and_replayed_by_the_same_verbs() {
    let Some(aws) = Aws::given() else { return };
    let run = std::process::id().to_string();
    let (one, two) = (aws.conflict("one", &run), aws.conflict("two", &run));
    let (causes, code) = aws.json(&["dead-letters", "causes"]);
    let conflicts = causes
        .as_array()
        .unwrap()
        .iter()
        .find(|cause| cause["code"] == "key-conflict")
        .unwrap();
    assert_eq!(
        (code, conflicts["retryable"].as_str()),
        (0, Some("after-fix"))
    );
    assert!(
        conflicts["count"].as_u64() >= Some(2)
            && conflicts["total"].as_u64() >= conflicts["count"].as_u64()
    );

    let (forecast, code) = aws.json(&["dead-letters", "replay", &one, "--dry-run"]);
    assert_eq!(
        (code, forecast["pass"].as_u64()),
        (0, Some(1)),
        "{forecast:#}"
    );
    let (job, code) = aws.json(&[
        "dead-letters",
        "replay",
        &one,
        "--yes",
        "--as",
        "ada",
        "--why",
        "it was real",
    ]);
    assert_eq!((code, job["stored"].as_u64()), (0, Some(1)), "{job:#}");
    let (shown, _) = aws.json(&["dead-letters", "show", &one]);
    assert!(
        shown.to_string().contains("it was real") && shown.to_string().contains("ada"),
        "{shown:#}"
    );
    let (jobs, _) = aws.json(&["replays", "list"]);
    assert!(
        jobs.as_array()
            .unwrap()
            .iter()
            .any(|job| job["who"] == "ada" && job["state"] == "done"),
        "{jobs:#}"
    );

    discard_undo_and_edit(&aws, &two);
}

/// What is done to one by its name, each seen by `show`.
fn discard_undo_and_edit(aws: &Aws, two: &str) {
    for (verb, state) in [("discard", "discarded"), ("undo", "failed")] {
        let (_, code) = aws.json(&["dead-letters", verb, two, "--yes", "--as", "ada"]);
        assert_eq!(
            (
                code,
                aws.json(&["dead-letters", "show", two]).0["state"].as_str()
            ),
            (0, Some(state))
        );
    }
    let patch = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(
        patch.path(),
        r#"[{"op": "replace", "path": "/message", "value": "mended"}]"#,
    )
    .unwrap();
    let patch = patch.path().to_str().unwrap();
    let (_, code) = aws.json(&[
        "dead-letters",
        "edit",
        two,
        "--patch",
        patch,
        "--replay",
        "--as",
        "ada",
    ]);
    let (shown, _) = aws.json(&["dead-letters", "show", two, "--payload"]);
    assert_eq!(
        (code, shown["state"].as_str()),
        (0, Some("stored")),
        "{shown:#}"
    );
    assert!(shown.to_string().contains("mended"), "{shown:#}");
}

#[test]
fn on_aws_a_verb_that_reaches_nothing_says_so() {
    let Some(aws) = Aws::given() else { return };
    let mut command = aws.verb(&["dead-letters", "causes"]);
    let output = command
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    assert!(
        output.stdout.is_empty() && !output.stderr.is_empty(),
        "{output:?}"
    );
}

#[test]
fn on_aws_a_verb_that_finds_no_forms_says_where_they_are() {
    let Some(aws) = Aws::given() else { return };
    let elsewhere = tempfile::tempdir().unwrap();
    let output = aws
        .verb(&["held", "release", "--all", "--yes"])
        .current_dir(&elsewhere)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.code() == Some(2) && said.contains("--forms"),
        "{output:?}"
    );
}
