//! A form: what a site owner wrote in `forms/<id>.toml`, checked.

mod advice;
mod copy;
mod definition;
mod faults;
mod guard;
mod judge;
mod keys;
mod notify;
mod sendable;
mod source;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

pub use copy::{Copy, TICKET};
pub use faults::{FormFault, FormFaults};
pub use guard::{Budget, Mode, Period, Rate};
pub use notify::{NotifyFields, NotifyRule, SUBMITTER};

use crate::captcha::Captcha;
use crate::rejection::FieldError;
use crate::schema::Schema;

/// `[a-z0-9][a-z0-9-]{0,63}`, or the reserved `_unknown`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FormId(Box<str>);

/// The reserved form that keeps queue messages which are not ours.
const UNKNOWN: &str = "_unknown";
/// The reserved form of what is told of the server itself. It has no entries.
const ALARM: &str = "_alarm";

impl FormId {
    /// Reads the id of a form that people can post to.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let first = text
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        let all = text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        (first && all && text.len() <= 64).then(|| Self(text.into()))
    }

    /// Reads a form as it is stored: also the reserved `_unknown` and `_alarm`.
    #[must_use]
    pub fn parse_stored(text: &str) -> Option<Self> {
        match text {
            UNKNOWN => Some(Self::unknown()),
            ALARM => Some(Self::alarm()),
            other => Self::parse(other),
        }
    }

    /// The reserved form `_unknown`.
    #[must_use]
    pub fn unknown() -> Self {
        Self(UNKNOWN.into())
    }

    /// The reserved form `_alarm`.
    #[must_use]
    pub fn alarm() -> Self {
        Self(ALARM.into())
    }

    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for FormId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for FormId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for FormId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse_stored(&text).ok_or_else(|| serde::de::Error::custom("not a form id"))
    }
}

/// The languages that pages have texts of their own for; in any other they speak the first.
pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A form's definition.
#[derive(Debug)]
pub struct Form {
    /// Its id: the name of its file.
    pub id: FormId,
    /// The page's heading.
    pub title: String,
    /// A sentence under the heading.
    pub intro: Option<String>,
    /// BCP 47 tag of the page's language.
    pub language: String,
    /// The button's label, else the language's own.
    pub button: Option<String>,
    /// What the ticket page says at the end, else the language's own.
    pub thanks: Option<String>,
    /// Does it take posts? A disabled form's page says that it is closed; its tickets go on working.
    pub enabled: bool,
    /// What becomes of a post that breaks the schema's rules.
    pub mode: Mode,
    /// What a submission must look like.
    pub schema: Schema,
    /// Origins (`scheme://host[:port]`) whose pages may post. Empty: any.
    pub origins: Vec<String>,
    /// Names that are taken out of a post unread, because a page sends them and nobody typed them.
    pub ignore: Vec<String>,
    /// Where a plain HTML post is sent after acceptance, `{ticket}` replaced. `None`: to the ticket's page.
    pub redirect: Option<String>,
    /// The name of a field that people do not see: filled means held.
    pub honeypot: Option<String>,
    /// Who tells people from programs. `None`: nobody.
    pub captcha: Option<Captcha>,
    /// How many submissions it takes in what time.
    pub budget: Budget,
    /// How often the same content may come before it is suspected. `None`: as often as it likes.
    pub burst: Option<Rate>,
    /// The fields that tell one submission from another in a list, in their order. Empty: the first texts and how the longest
    /// one begins.
    pub summary: Vec<String>,
    /// May the pages of `origins` show its page in a frame?
    pub framed: bool,
    /// Does a ticket say when people have seen and answered what it is of?
    pub show_seen: bool,
    /// Who hears of its submissions, in the order of the file.
    pub notify: Vec<NotifyRule>,
    /// What whoever submitted is sent. `None`: nothing.
    pub copy: Option<Copy>,
    /// Days after which a settled submission may be removed. `None`: never.
    pub retention_days: Option<u32>,
}

impl Form {
    /// Reads `text`, the TOML of the form called `id`. `Err` says everything that is wrong.
    pub fn parse(id: FormId, text: &str) -> Result<Self, FormFaults> {
        definition::parse(id, text)
    }

    /// What is no fault in `text`, the definition this form was read from, and may all the same not be meant.
    #[must_use]
    pub fn advice(&self, text: &str) -> Vec<FormFault> {
        advice::advice(self, text)
    }

    /// What is wrong with `fields` that are kept, and is reason to refuse them: under [`Mode::Observe`], nothing is.
    #[must_use]
    pub fn refuses(&self, fields: Map<String, Value>) -> Vec<FieldError> {
        match self.mode {
            Mode::Enforce => self.schema.check_kept(fields),
            Mode::Observe => Vec::new(),
        }
    }

    /// The origins whose pages may show its page in a frame.
    pub fn framers(&self) -> impl Iterator<Item = &str> {
        let origins = self.origins.iter().filter(|_| self.framed);
        origins
            .map(String::as_str)
            .filter(|origin| *origin != NO_ORIGIN)
    }

    /// How long a settled submission is kept; `None`: for ever.
    #[must_use]
    pub fn retention(&self) -> Option<Duration> {
        self.retention_days
            .map(|days| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
    }

    /// Is a field of this name taken out of a post unread?
    #[must_use]
    pub fn ignores(&self, name: &str) -> bool {
        self.ignore.iter().any(|ignored| ignored == name)
    }

    /// The rule by which the receiver of this name hears of submissions. `None`: it hears of none.
    #[must_use]
    pub fn notify_rule(&self, receiver: &str) -> Option<&NotifyRule> {
        self.notify.iter().find(|rule| rule.to == receiver)
    }

    /// May a page of this origin post here? A form without `origins` takes any.
    #[must_use]
    pub fn allows_origin(&self, origin: &str) -> bool {
        self.origins.is_empty()
            || self
                .origins
                .iter()
                .any(|allowed| allowed.eq_ignore_ascii_case(origin))
    }
}

/// What a browser sends as the origin of a page that does not say where it is from: its referrer policy is `no-referrer`, it is
/// in a sandbox, or it is a file.
pub const NO_ORIGIN: &str = "null";

/// The forms of this deployment.
#[derive(Debug, Default)]
pub struct Forms(BTreeMap<FormId, Form>);

impl Forms {
    /// The form called `id`.
    #[must_use]
    pub fn get(&self, id: &FormId) -> Option<&Form> {
        self.0.get(id)
    }

    /// All of them, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Form> {
        self.0.values()
    }
}

impl FromIterator<Form> for Forms {
    fn from_iter<I: IntoIterator<Item = Form>>(forms: I) -> Self {
        Self(
            forms
                .into_iter()
                .map(|form| (form.id.clone(), form))
                .collect(),
        )
    }
}
