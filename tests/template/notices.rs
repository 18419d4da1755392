//! A day in which the topic is away, on the real code and with the template's numbers: what Lambda documents of a stream's
//! shard is played here, as no emulator plays it, in virtual time.

use std::collections::VecDeque;
use std::sync::Mutex;
use std::time::Duration;

use counterfoil_core::notice::Notice;
use counterfoil_core::parked::Parked;
use counterfoil_core::ports::{Aside, Clock, Publisher, TimeLeft};
use counterfoil_core::{Cause, Code, Fault, FormId, SubmissionId, SubmissionRef, Timestamp};
use counterfoil_lambda::{Deadline, stream};
use counterfoil_testkit::ManualClock;
use counterfoil_testkit::build::THEN;
use futures_util::FutureExt;
use notifier::{Notifier, Time};
use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold};

const MAPPING: &str = "NotifierMapping";
/// Changes, one every two minutes.
const CHANGES: u32 = 720;
const EVERY: Duration = Duration::from_secs(120);
/// DynamoDB forgets a record of its stream after so long.
const STREAM_LIVES: Duration = Duration::from_secs(24 * 60 * 60);
/// Between two tries of a batch that failed. The mapping waits less; the day is the same with a tenth of the work.
const BACK_OFF: Duration = Duration::from_secs(600);
/// The topic is away for so long, and back before the stream forgets the first change.
const AWAY: Duration = Duration::from_secs(23 * 60 * 60 + 30 * 60);
/// The longest that a call of AWS's takes.
const CALL: Duration = Duration::from_secs(8);

/// How the topic is away.
#[derive(Clone, Copy, PartialEq)]
enum Away {
    /// It refuses every call at once.
    Refuses,
    /// It answers nothing, and each call takes as long as it may.
    Hangs,
}

struct Topic<'a> {
    clock: &'a ManualClock,
    away: Away,
    taken: Mutex<Vec<String>>,
}

/// What SNS never takes.
fn is_poison(of: &SubmissionRef) -> bool {
    number(of) % 100 == 7
}

/// What panics.
fn is_explosive(of: &SubmissionRef) -> bool {
    number(of) % 100 == 33
}

impl Publisher for Topic<'_> {
    const AT_ONCE: usize = 10;

    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        if self.clock.now() < THEN.plus(AWAY) {
            self.clock.advance(if self.away == Away::Hangs {
                CALL
            } else {
                Duration::from_millis(200)
            });
            return vec![
                Err(Fault::transient(Code::AwsTimeout, "no answer in time"));
                notices.len()
            ];
        }
        self.clock.advance(Duration::from_millis(20));
        let of = |notice: &Notice| notice.change().of;
        assert!(
            !notices.iter().any(|notice| is_explosive(&of(notice))),
            "on purpose"
        );
        let one = |notice: &Notice| {
            if is_poison(&of(notice)) {
                return Err(Fault::Permanent(Cause::undecodable("too large")));
            }
            self.taken.lock().unwrap().push(notice.id.clone());
            Ok(())
        };
        notices.iter().map(one).collect()
    }
}

#[derive(Default)]
struct Yard(Mutex<Vec<String>>);

impl Aside for Yard {
    async fn set_aside(&self, parked: &Parked) -> Result<(), Fault> {
        let read = Parked::decode(&parked.encode()).and_then(|parked| parked.name());
        self.0.lock().unwrap().push(read.unwrap());
        Ok(())
    }
}

fn reference(number: u32) -> SubmissionRef {
    let mut random = [0; 10];
    random[..4].copy_from_slice(&number.to_be_bytes());
    SubmissionRef {
        form: FormId::parse("contact").unwrap(),
        id: SubmissionId::fresh(THEN, random),
    }
}

/// The last digits of the id say it.
fn number(of: &SubmissionRef) -> u32 {
    (0..CHANGES)
        .find(|number| reference(*number).id == of.id)
        .unwrap()
}

/// A change in the stream: when it was made, and its record.
struct Streamed {
    made: Timestamp,
    json: Value,
}

/// Every hundredth cannot be read.
fn streamed(number: u32) -> Streamed {
    let (made, of) = (THEN.plus(EVERY * number), reference(number));
    let state = if number % 100 == 66 {
        "archived"
    } else {
        "stored"
    };
    let keys =
        json!({"pk": {"S": format!("contact#{}", of.id.shard())}, "sk": {"S": of.id.to_string()}});
    let mut image = keys.clone();
    for (name, value) in [
        ("seq", "1"),
        ("run", "0"),
        ("verdict_run", "0"),
        ("updated_at", &made.as_millis().to_string()),
    ] {
        image[name] = json!({"N": value});
    }
    image["state"] = json!({"S": state});
    let change = json!({
        "ApproximateCreationDateTime": made.as_millis() / 1000, "Keys": keys, "NewImage": image, "OldImage": {},
        "SequenceNumber": format!("{number:021}"), "SizeBytes": 400, "StreamViewType": "NEW_AND_OLD_IMAGES",
    });
    let json = json!({
        "eventID": "e", "eventName": "INSERT", "eventVersion": "1.1", "eventSource": "aws:dynamodb",
        "awsRegion": "eu-central-1", "dynamodb": change, "eventSourceARN": "arn:aws:dynamodb:a:1:table/t/stream/s",
    });
    Streamed { made, json }
}

/// Lambda's mapping for one shard, with the template's numbers.
struct Shard<'a> {
    clock: &'a ManualClock,
    waiting: VecDeque<Streamed>,
    batch: usize,
    most_tries: i64,
    most_age: i64,
    time: Duration,
    tries: i64,
    /// Discarded by the mapping, or forgotten by the stream.
    lost: usize,
}

impl Shard<'_> {
    /// Throws away what is too old.
    fn forget(&mut self) {
        let age = u64::try_from(self.most_age)
            .map_or(STREAM_LIVES, Duration::from_secs)
            .min(STREAM_LIVES);
        while self
            .waiting
            .front()
            .is_some_and(|first| self.clock.now().since(first.made) > age)
        {
            self.waiting.pop_front();
            self.lost += 1;
        }
    }

    fn invoke(&mut self, notifier: &Notifier<Topic<'_>>, yard: &Yard) {
        let now = self.clock.now();
        let batch: Vec<&Value> = self
            .waiting
            .iter()
            .take_while(|one| one.made <= now)
            .take(self.batch)
            .map(|one| &one.json)
            .collect();
        if batch.is_empty() {
            return self.clock.advance(Duration::from_secs(1));
        }
        let (deadline, size) = (Deadline::new(now.plus(self.time), self.clock), batch.len());
        let work_off = |records: Vec<_>| async move {
            let time = Time {
                left: || deadline.left(),
                call: CALL,
            };
            notifier.feed(&records, yard, &time).await
        };
        let answer = stream::handle(json!({"Records": batch}), &work_off)
            .now_or_never()
            .unwrap()
            .unwrap();
        assert!(
            self.clock.now() < now.plus(self.time),
            "it went on past its end"
        );
        let answer = serde_json::to_value(answer).unwrap();
        let from = answer["batchItemFailures"][0]["itemIdentifier"].as_str();
        let place = |number: &str| {
            self.waiting
                .iter()
                .position(|one| one.json["dynamodb"]["SequenceNumber"] == number)
        };
        let done = from.map_or(size, |number| place(number).unwrap());
        self.waiting.drain(..done);
        self.tries = if done > 0 || from.is_none() {
            0
        } else {
            self.tries + 1
        };
        if from.is_some() {
            self.clock.advance(BACK_OFF);
        }
        if self.most_tries >= 0 && self.tries > self.most_tries {
            self.lost += size - done;
            self.waiting.drain(..size - done);
            self.tries = 0;
        }
    }
}

/// Nothing is lost while the topic is away: all that can be published is, in its order, and the rest is set aside.
fn a_day_without_the_topic(stack: &Stack, away: Away) -> Verdict {
    let clock = ManualClock::new();
    let seconds =
        u64::try_from(stack.number("Notifier", "Timeout")?).map_err(|error| error.to_string())?;
    let mut shard = Shard {
        clock: &clock,
        waiting: (0..CHANGES).map(streamed).collect(),
        batch: usize::try_from(stack.number(MAPPING, "BatchSize")?)
            .map_err(|error| error.to_string())?,
        most_tries: stack.number(MAPPING, "MaximumRetryAttempts")?,
        most_age: stack.number(MAPPING, "MaximumRecordAgeInSeconds")?,
        time: Duration::from_secs(seconds),
        tries: 0,
        lost: 0,
    };
    let topic = Topic {
        clock: &clock,
        away,
        taken: Mutex::default(),
    };
    let (notifier, yard) = (
        Notifier {
            publisher: topic,
            stage: "prod".into(),
        },
        Yard::default(),
    );
    while !shard.waiting.is_empty() {
        shard.forget();
        shard.invoke(&notifier, &yard);
    }
    ensure(shard.lost == 0, || {
        format!("{} changes were thrown away", shard.lost)
    })?;
    let is_taken = |number: &u32| ![7, 33, 66].contains(&(number % 100));
    let expected: Vec<_> = (0..CHANGES)
        .filter(is_taken)
        .map(|number| format!("{}:1", reference(number)))
        .collect();
    ensure(
        *notifier.publisher.taken.lock().unwrap() == expected,
        || "what was published is not what changed".into(),
    )?;
    let bad = (0..CHANGES).filter(|number| !is_taken(number));
    let name = |number: u32| {
        if number % 100 == 66 {
            reference(number).to_string()
        } else {
            format!("{}:1", reference(number))
        }
    };
    ensure(
        yard.0.into_inner().unwrap() == bad.map(name).collect::<Vec<_>>(),
        || "another set is set aside".into(),
    )
}

fn a_day_of_refusals(stack: &Stack) -> Verdict {
    a_day_without_the_topic(stack, Away::Refuses)
}

fn a_day_of_silence(stack: &Stack) -> Verdict {
    a_day_without_the_topic(stack, Away::Hangs)
}

#[test]
fn a_day_in_which_the_topic_is_away_loses_no_notice() {
    let mapping = |name: &str, value: i64| {
        Stack::ours().with(&format!("/Resources/{MAPPING}/Properties/{name}"), value)
    };
    let former = || {
        mapping("MaximumRetryAttempts", 10).with(
            "/Resources/NotifierMapping/Properties/MaximumRecordAgeInSeconds",
            21_600,
        )
    };
    for gate in [a_day_of_refusals, a_day_of_silence] {
        let mutants = [
            former(),
            mapping("MaximumRetryAttempts", 100),
            mapping("MaximumRecordAgeInSeconds", 21_600),
        ];
        hold(gate, &mutants);
    }
}
