//! What is used, in billed units: by a submission, by a stack that only stands there, and by what is kept. What a call
//! is billed as is known to `counterfoil_aws::units`; here is how often it is made.

use counterfoil_aws::units::{COUNTER_WRITES, MESSAGE_UNIT, STORED_WITH, Submission, stack};
use rust_decimal::Decimal;

use super::measured::Measured;
use super::prices::Good;

/// Seconds of a month of AWS's: 730 hours.
pub(super) const MONTH: u64 = 730 * 3600;
/// A GB of a bill.
const GB: Decimal = Decimal::from_parts(1 << 30, 0, 0, false, 0);
/// Bytes of an answer with its headers: about what `ingest` and `status` say.
const ANSWER: u64 = 1024;
/// How long a captcha's provider takes, in ms: an assumption. The worker gives it two seconds.
const CAPTCHA: u64 = 300;
/// SNS and SQS ask KMS again after five minutes (SNS, "Securing data with server-side encryption": twice for who sends;
/// SQS: and once for who receives).
const KEY_REUSE: u64 = 300;
/// With a key of one's own: the topic 2, the queue 3, the table for `worker`, `status` and the stream.
const OWN_KEY_REQUESTS: u64 = 8;
/// Without one the topic has AWS's, whose requests are billed all the same.
const TOPIC_REQUESTS: u64 = 2;

/// So many units of something, and why.
#[derive(Clone, Debug)]
pub(super) struct Line {
    pub(super) service: &'static str,
    pub(super) unit: &'static str,
    pub(super) why: String,
    pub(super) units: Decimal,
    pub(super) good: Good,
}

fn line(
    service: &'static str,
    unit: &'static str,
    good: Good,
    units: Decimal,
    why: impl Into<String>,
) -> Line {
    Line {
        service,
        unit,
        why: why.into(),
        units,
        good,
    }
}

/// What comes, and how.
#[derive(Clone, Debug)]
pub(super) struct Traffic {
    pub(super) submissions: u64,
    pub(super) polls: u32,
    pub(super) of: Submission,
    pub(super) http_api: bool,
    pub(super) compute: Good,
    /// So many come in a second.
    pub(super) rate: Decimal,
}

impl Traffic {
    /// How many the worker gets at once: the first waits for those of its window.
    pub(super) fn batch(&self) -> Decimal {
        self.together(stack::BATCH)
    }

    fn together(&self, most: u64) -> Decimal {
        (Decimal::ONE + self.rate * Decimal::from(stack::WINDOW)).min(Decimal::from(most))
    }

    fn requests(&self) -> Decimal {
        Decimal::ONE + Decimal::from(self.polls)
    }

    fn polled(&self) -> String {
        match self.polls {
            0 => "the post".into(),
            1 => "the post, 1 poll".into(),
            polls => format!("the post, {polls} polls"),
        }
    }

    /// What one submission uses.
    pub(super) fn usage(&self, measured: &Measured) -> Vec<Line> {
        let (batch, changes) = (self.batch(), self.together(stack::CHANGES));
        let shared = |once: Decimal| once / batch;
        let publishes = (changes / Decimal::from(stack::NOTICES)).ceil() / changes;
        let runs = self.requests() + shared(Decimal::ONE) + Decimal::ONE / changes;
        let millis = measured.ingest
            + Decimal::from(self.polls) * measured.status
            + shared(measured.worker)
            + measured.notifier / changes;
        let row = self.of.row();
        let mut lines = Vec::new();
        if self.http_api {
            lines.push(line(
                "HTTP API",
                "requests",
                Good::HttpRequest,
                self.requests(),
                self.polled(),
            ));
        }
        lines.extend([
            line(
                "Lambda",
                "requests",
                Good::LambdaRequest,
                runs,
                format!("{}, worker, notifier", self.polled()),
            ),
            line(
                "Lambda",
                "GB-seconds",
                self.compute,
                gb_seconds(millis),
                format!("{} MB", stack::MEMORY),
            ),
            line(
                "SQS",
                "requests",
                Good::SqsRequest,
                self.queueing(),
                "send, receive, delete",
            ),
            line(
                "DynamoDB",
                "write units",
                Good::WriteUnit,
                self.of.stored().into(),
                format!("a row of {row} bytes"),
            ),
        ]);
        if self.polls > 0 {
            let reads = Decimal::from(self.polls) * Decimal::from(self.of.poll());
            lines.push(line(
                "DynamoDB",
                "read units",
                Good::ReadUnit,
                reads,
                "consistent reads for polls",
            ));
        }
        lines.push(line(
            "SNS",
            "requests",
            Good::SnsRequest,
            publishes,
            format!("up to {} notices in one", stack::NOTICES),
        ));
        lines.extend(self.around(self.requests()));
        lines
    }

    /// Sent by itself, received and deleted with the others of its batch.
    fn queueing(&self) -> Decimal {
        let batch = self.batch();
        let received =
            (batch * Decimal::from(self.of.message()) / Decimal::from(MESSAGE_UNIT)).ceil() / batch;
        Decimal::from(self.of.sends()) + received + Decimal::ONE / batch
    }

    /// What each request leaves in a log and sends out.
    fn around(&self, requests: Decimal) -> Vec<Line> {
        let logged = self.http_api.then(|| {
            let bytes = requests * Decimal::from(stack::ACCESS_LINE);
            line(
                "CloudWatch",
                "GB of log",
                Good::LogIn,
                bytes / GB,
                "the access log",
            )
        });
        let out = line(
            "Transfer",
            "GB out",
            Good::Out,
            requests * Decimal::from(ANSWER) / GB,
            "answers of 1 KB",
        );
        logged.into_iter().chain([out]).collect()
    }

    /// What a request to `ingest` uses that submits nothing: a page shown, or what a browser asks before it posts from
    /// another site.
    pub(super) fn request(&self, measured: &Measured) -> Vec<Line> {
        let door = self
            .http_api
            .then(|| line("HTTP API", "requests", Good::HttpRequest, Decimal::ONE, ""));
        let run = line("Lambda", "requests", Good::LambdaRequest, Decimal::ONE, "");
        let time = line(
            "Lambda",
            "GB-seconds",
            self.compute,
            gb_seconds(measured.ingest),
            "",
        );
        door.into_iter()
            .chain([run, time])
            .chain(self.around(Decimal::ONE))
            .collect()
    }

    /// What one more try of a submission uses: its receive, its share of a run, and hiding it.
    pub(super) fn retry(&self, measured: &Measured) -> Vec<Line> {
        let batch = self.batch();
        let queue =
            self.queueing() - Decimal::from(self.of.sends()) - Decimal::ONE / batch + Decimal::ONE;
        vec![
            line("SQS", "requests", Good::SqsRequest, queue, ""),
            line(
                "Lambda",
                "requests",
                Good::LambdaRequest,
                Decimal::ONE / batch,
                "",
            ),
            line(
                "Lambda",
                "GB-seconds",
                self.compute,
                gb_seconds(measured.worker / batch),
                "",
            ),
        ]
    }

    /// Write units beyond those of a stored one.
    pub(super) fn more_writes(&self, writes: u64) -> Vec<Line> {
        vec![line(
            "DynamoDB",
            "write units",
            Good::WriteUnit,
            Decimal::from(writes - self.of.stored()),
            "",
        )]
    }

    /// What counters add, each updated once by every submission.
    pub(super) fn counters(counters: u64) -> Line {
        line(
            "DynamoDB",
            "write units",
            Good::WriteUnit,
            Decimal::from(counters * COUNTER_WRITES),
            "",
        )
    }

    /// What a captcha adds: the run waits for the provider, once for all of its batch, who are asked about at the same
    /// time.
    pub(super) fn captcha(&self) -> Line {
        let time = gb_seconds(Decimal::from(CAPTCHA) / self.batch());
        line(
            "Lambda",
            "GB-seconds",
            self.compute,
            time,
            format!("{CAPTCHA} ms of the provider's"),
        )
    }

    /// What a month of the stack uses though nobody comes. With `own_key`, and a captcha's secret where there is one.
    pub(super) fn standing(&self, own_key: bool, captcha: bool) -> Vec<Line> {
        let secrets = Decimal::from(stack::SECRETS + u64::from(captcha));
        let receives = stack::QUEUES * stack::RECEIVES * (MONTH / stack::RECEIVE_WAIT);
        let alarms = stack::ALARMS
            + if self.http_api {
                0
            } else {
                stack::ALARMS_OF_URLS
            };
        let why = format!(
            "{} receives on {} queues, 20 s each",
            stack::RECEIVES,
            stack::QUEUES
        );
        let mut lines = vec![
            line(
                "Secrets Manager",
                "secrets",
                Good::Secret,
                secrets,
                if captcha {
                    "and the captcha's"
                } else {
                    "ticket keys, id secret"
                },
            ),
            line(
                "CloudWatch",
                "alarms",
                Good::Alarm,
                alarms.into(),
                "each metric that they look at",
            ),
            line("SQS", "requests", Good::SqsRequest, receives.into(), why),
        ];
        if own_key {
            lines.push(line("KMS", "keys", Good::Key, Decimal::ONE, ""));
        }
        let periods = (MONTH / KEY_REUSE).min(self.submissions);
        let requests = periods
            * if own_key {
                OWN_KEY_REQUESTS
            } else {
                TOPIC_REQUESTS
            };
        let why = if own_key {
            "topic, queue and table, at most"
        } else {
            "the topic's key, at most"
        };
        let asked = line("KMS", "requests", Good::KmsRequest, requests.into(), why);
        lines.extend(Some(asked).filter(|_| requests > 0));
        lines
    }

    /// What a month's submissions use in every month for as long as they are kept.
    pub(super) fn kept(&self) -> Vec<Line> {
        let submissions = Decimal::from(self.submissions);
        let rows = submissions * Decimal::from(self.of.row() + STORED_WITH) / GB;
        let log = submissions * self.requests() * Decimal::from(stack::ACCESS_LINE) / GB;
        let log = self.http_api.then(|| {
            line(
                "CloudWatch",
                "GB of log",
                Good::LogKept,
                log,
                "the access log, for 30 days",
            )
        });
        let rows = [
            line("DynamoDB", "GB", Good::Stored, rows, "rows"),
            line(
                "DynamoDB",
                "GB",
                Good::Recovery,
                rows,
                "point-in-time recovery",
            ),
        ];
        rows.into_iter().chain(log).collect()
    }
}

fn gb_seconds(millis: Decimal) -> Decimal {
    millis / Decimal::ONE_THOUSAND * Decimal::from(stack::MEMORY) / Decimal::from(1024)
}
