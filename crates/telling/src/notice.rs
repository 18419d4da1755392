//! The notice that receivers get: the CloudEvent that the topic has too, and in its data what this receiver is shown.
//! `docs/notice.schema.json` describes it, and `docs/alarm.schema.json` the notice of an alarm.

use counterfoil_core::notice::{Change, Notice};
use serde_json::{Map, Value, json};

use crate::alarms::AlarmNews;
use crate::letter::Telling;
use crate::news::News;

/// What a notice looks like, for whoever reads it: a version of its own.
const SCHEMA: &str = "urn:counterfoil:notice:1";

/// What the notice of an alarm looks like.
const ALARM_SCHEMA: &str = "urn:counterfoil:alarm:1";

/// The most bytes of a notice.
pub const MOST_BYTES: usize = 20_000;

/// The notice as the text that is sent: 20 000 bytes at most, else without the fields.
#[must_use]
pub fn text(telling: &Telling<'_>, stage: &str) -> String {
    let change = match telling.news {
        News::Change(change) => change,
        News::Alarm(alarm) => return alarm_notice(telling, alarm, stage).to_string(),
    };
    let whole = notice(telling, (change, stage), telling.fields.as_ref()).to_string();
    if whole.len() <= MOST_BYTES {
        return whole;
    }
    let mut small = notice(telling, (change, stage), None);
    small["data"]["omitted"] = "too-large".into();
    small.to_string()
}

/// The notice of an alarm. Nothing in it was submitted, and it is short by its nature.
fn alarm_notice(telling: &Telling<'_>, alarm: &AlarmNews, stage: &str) -> Value {
    let facts = &alarm.facts;
    let subject = match facts.subject.as_str() {
        "" => facts.alarm.as_str().to_owned(),
        of => format!("{}/{of}", facts.alarm.as_str()),
    };
    let mut notice = json!({
        "specversion": "1.0",
        "id": format!("{}:{}", alarm.of, alarm.seq),
        "source": format!("urn:counterfoil:{stage}"),
        "type": format!("counterfoil.alarm.{}", alarm.state.as_str()),
        "subject": subject,
        "time": alarm.at,
        "datacontenttype": "application/json",
        "dataschema": ALARM_SCHEMA,
        "data": {
            "alarm": facts.alarm,
            "since": facts.since,
            "count": facts.count,
            "seq": alarm.seq,
            "text": telling.what(),
            "help": facts.help(),
        },
    });
    let data = &mut notice["data"];
    for (name, said) in [("subject", &facts.subject), ("detail", &facts.detail)] {
        if !said.is_empty() {
            data[name] = said.as_str().into();
        }
    }
    notice
}

fn notice(
    telling: &Telling<'_>,
    (change, stage): (&Change, &str),
    fields: Option<&Map<String, Value>>,
) -> Value {
    let published = serde_json::to_value(Notice::new(change, stage));
    let mut notice = published.unwrap_or_else(|_| json!({ "data": {} }));
    notice["dataschema"] = SCHEMA.into();
    let data = &mut notice["data"];
    if telling.test {
        data["test"] = true.into();
    }
    if telling.gone {
        data["omitted"] = "gone".into();
    }
    if let Some(fields) = fields {
        data["fields"] = Value::Object(fields.clone());
    }
    notice
}

#[cfg(test)]
mod tests {
    use counterfoil_core::{FormId, Forms, SubmissionId, SubmissionRef, Timestamp};

    use super::*;
    use crate::alarms::{AlarmFacts, AlarmKind, AlarmState};
    use crate::letter::tellings;
    use crate::receiver::ReceiverName;
    use crate::send::{Item, Letter};

    fn letter(kind: AlarmKind, state: AlarmState, detail: &str) -> Letter {
        let at = Timestamp::from_secs(1_800_000_000);
        let of = SubmissionRef {
            form: FormId::alarm(),
            id: SubmissionId::fresh(at, [7; 10]),
        };
        let facts = AlarmFacts {
            alarm: kind,
            subject: "crm".into(),
            since: at,
            count: 75,
            detail: detail.into(),
        };
        let alarm = AlarmNews {
            of: of.clone(),
            seq: 2,
            at,
            state,
            facts,
        };
        Letter {
            receiver: ReceiverName::parse("owner").unwrap(),
            items: vec![Item {
                id: format!("{of}:2/owner"),
                news: alarm.into(),
                body: None,
                head: None,
            }],
            at,
            test: false,
        }
    }

    #[test]
    fn every_alarm_is_as_its_schema_says_and_says_what_helps() {
        let schema = include_str!("../../../docs/alarm.schema.json");
        let schema: Value = serde_json::from_str(schema).unwrap();
        let schema = jsonschema::validator_for(&schema).unwrap();
        let (forms, hostile) = (Forms::default(), "<b>\u{202e}\r\nBcc: x@example.org");
        for kind in AlarmKind::ALL {
            for state in [AlarmState::Raised, AlarmState::Cleared] {
                let letter = letter(kind, state, hostile);
                let telling = &tellings(&letter, &forms)[0];
                let notice: Value = serde_json::from_str(&text(telling, "local")).unwrap();
                let wrong: Vec<_> = schema.iter_errors(&notice).map(|e| e.to_string()).collect();
                assert_eq!(wrong, [""; 0], "{notice:#}");
                let said = telling.text();
                assert!(said.starts_with("[Counterfoil] "), "{said}");
                assert!(!said.contains(['\r', '\u{202e}']), "{said}");
                assert_eq!(
                    said.contains("What helps: "),
                    state == AlarmState::Raised,
                    "{said}"
                );
            }
        }
    }
}
