//! The AWS home as the HTTP suite sees it, with what is done past its front doors: a call of a function, a deployment
//! of the worker, a look into the table.

use counterfoil_core::ports::{Clock, Entries};
use counterfoil_core::{Body, SubmissionRef, Timestamp};
use counterfoil_operations::history::Verb;
use counterfoil_operations::replay::{Replayed, Replaying, replay_one};
use counterfoil_testkit::build::deed;
use serde_json::{Map, Value, json};

use crate::client::{Answer, Doors};
use crate::home::Deployed;
use crate::suite::home::{self as suite, Oddity};

/// An operator's clock: by an hour long past, a replay would read as `delayed`.
struct Now;

impl Clock for Now {
    #[allow(
        clippy::disallowed_methods,
        reason = "the functions that answer run in real time"
    )]
    fn now(&self) -> Timestamp {
        let since = std::time::SystemTime::now()
            .duration_since(std::time::UNIX_EPOCH)
            .unwrap();
        Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap())
    }
}

impl suite::Home for Deployed {
    fn has(&self, oddity: Oddity) -> bool {
        match oddity {
            Oddity::TextIsDecoded | Oddity::PathIsMended | Oddity::TicketIsOneSegment => true,
        }
    }

    /// Asked of the function itself, by an event as API Gateway sends it: MiniStack answers every OPTIONS in its place
    /// ("CORS not configured"), where AWS's gateway does so only with a `CorsConfiguration`, which the template has not.
    fn preflight(&self, path: &str, headers: &[(&str, &str)]) -> Answer {
        let function = if path.starts_with("/tickets/") {
            "status"
        } else {
            "ingest"
        };
        let mut all = Map::from_iter([("host".to_owned(), json!(self.door(path).host))]);
        all.extend(
            headers
                .iter()
                .map(|(name, value)| ((*name).to_owned(), json!(value))),
        );
        let http = json!({"method": "OPTIONS", "path": path, "protocol": "HTTP/1.1", "sourceIp": "127.0.0.1",
            "userAgent": "test"});
        let event = json!({"version": "2.0", "routeKey": "$default", "rawPath": path, "rawQueryString": "",
            "headers": all, "isBase64Encoded": false, "requestContext": {"http": http, "stage": "$default",
            "accountId": "000000000000", "apiId": "api", "requestId": "id", "routeKey": "$default", "timeEpoch": 0}});
        let answer = self
            .lambda(
                "POST",
                &format!("{}:live/invocations", self.place(function)),
                &event,
            )
            .json();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let headers = answer["headers"].as_object().unwrap();
        Answer {
            status: u16::try_from(answer["statusCode"].as_u64().unwrap()).unwrap(),
            headers: headers
                .iter()
                .map(|(name, value)| (name.to_lowercase(), text(value)))
                .collect(),
            body: text(&answer["body"]),
        }
    }

    fn kept(&self, of: &SubmissionRef) -> Option<Value> {
        match self.block_on(self.ledger().entry(of)).unwrap()?.body {
            Body::Payload(payload) => Some(Value::Object(payload.fields())),
            Body::Raw(_) | Body::Erased => None,
        }
    }

    /// The first version of the worker, which was deployed without the form.
    fn poison(&mut self) {
        self.let_version_work("1");
    }

    /// A version with the form: the deployment goes the rest of its way.
    fn mend(&mut self) {
        let code = json!({"S3Bucket": self.place("bucket"), "S3Key": self.place("later_worker"), "Publish": true});
        let deployed = self
            .lambda("PUT", &format!("{}/code", self.place("worker")), &code)
            .json();
        self.let_version_work(deployed["Version"].as_str().unwrap());
    }

    fn replay(&mut self, of: &SubmissionRef) {
        let (ledger, queue, clock) = (self.ledger(), self.queue(), Now);
        let with = Replaying {
            home: &ledger,
            queue: &queue,
            clock: &clock,
        };
        assert_eq!(
            self.block_on(replay_one(of, 0, &deed(Verb::Replay), &with))
                .unwrap(),
            Replayed::Sent { run: 1 }
        );
    }
}

impl Deployed {
    fn let_version_work(&self, version: &str) {
        let alias = format!("{}/aliases/live", self.place("worker"));
        self.lambda("PUT", &alias, &json!({"FunctionVersion": version}));
    }
}
