//! A failure that is asked for, as people write it: `STAGE[/FORM]:N[:KIND]`.

use std::fmt;
use std::str::FromStr;

use counterfoil_core::FormId;
use serde::{Deserialize, Serialize};

/// Where it happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Stage {
    /// An accepted submission is put on the queue.
    Queue,
    /// A submission's verdict is reached.
    Settle,
    /// The ledger is written.
    Ledger,
    /// A notice is published.
    Publish,
    /// A receiver is told.
    Tell,
    /// A receiver's answer is heard.
    Answer,
}

impl Stage {
    pub(crate) const ALL: [Self; 6] = [
        Self::Queue,
        Self::Settle,
        Self::Ledger,
        Self::Publish,
        Self::Tell,
        Self::Answer,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Queue => "queue",
            Self::Settle => "settle",
            Self::Ledger => "ledger",
            Self::Publish => "publish",
            Self::Tell => "tell",
            Self::Answer => "answer",
        }
    }
}

/// How it fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum FailureKind {
    /// As what may pass: it is tried again.
    Transient,
    /// For good: it is not.
    Permanent,
    /// By a panic.
    Panic,
    /// Not at all, but late.
    Slow,
    /// With the whole process, at once.
    Abort,
}

impl FailureKind {
    const ALL: [Self; 5] = [
        Self::Transient,
        Self::Permanent,
        Self::Panic,
        Self::Slow,
        Self::Abort,
    ];

    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Transient => "transient",
            Self::Permanent => "permanent",
            Self::Panic => "panic",
            Self::Slow => "slow",
            Self::Abort => "abort",
        }
    }
}

/// Failures that are asked for: the next `count` calls at `stage` fail so.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Injection {
    pub(crate) stage: Stage,
    /// Only of this form's submissions, where one is named.
    pub(crate) form: Option<FormId>,
    pub(crate) count: u32,
    pub(crate) kind: FailureKind,
}

/// Most failures that one injection asks for.
pub(crate) const MOST: u32 = 1_000_000;

/// Not written as an injection is. Its text says how one is.
#[derive(Debug, thiserror::Error)]
#[error(
    "give STAGE[/FORM]:N[:KIND], such as settle:30:permanent; a stage is queue, settle, ledger, publish, tell or answer, with \
     a form only its submissions fail, N is 1 to {MOST}, a kind is transient (without one), permanent, panic, slow or abort"
)]
pub(crate) struct NoInjection;

impl FromStr for Injection {
    type Err = NoInjection;

    fn from_str(text: &str) -> Result<Self, NoInjection> {
        let mut parts = text.split(':');
        let (name, form) = parts.next().map(named).ok_or(NoInjection)?;
        let stage = Stage::ALL.into_iter().find(|stage| stage.as_str() == name);
        let form = form
            .map(|form| FormId::parse(form).ok_or(NoInjection))
            .transpose()?;
        let digits = parts
            .next()
            .filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let count = digits
            .and_then(|digits| digits.parse().ok())
            .filter(|count| (1..=MOST).contains(count));
        let kind = match parts.next() {
            None => Some(FailureKind::Transient),
            Some(name) => FailureKind::ALL
                .into_iter()
                .find(|kind| kind.as_str() == name),
        };
        match (stage, count, kind, parts.next()) {
            (Some(stage), Some(count), Some(kind), None) => Ok(Self {
                stage,
                form,
                count,
                kind,
            }),
            _ => Err(NoInjection),
        }
    }
}

/// A stage's name, and the form's behind it.
fn named(text: &str) -> (&str, Option<&str>) {
    text.split_once('/')
        .map_or((text, None), |(stage, form)| (stage, Some(form)))
}

impl TryFrom<String> for Injection {
    type Error = NoInjection;

    fn try_from(text: String) -> Result<Self, NoInjection> {
        text.parse()
    }
}

impl fmt::Display for Injection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.stage.as_str())?;
        self.form
            .as_ref()
            .map_or(Ok(()), |form| write!(f, "/{form}"))?;
        write!(f, ":{}:{}", self.count, self.kind.as_str())
    }
}

/// As text, like everywhere.
impl Serialize for Injection {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_stage_and_kind_reads_back() {
        for stage in Stage::ALL {
            for kind in FailureKind::ALL {
                for count in [1, 30, MOST] {
                    for form in [None, FormId::parse("contact")] {
                        let injection = Injection {
                            stage,
                            form,
                            count,
                            kind,
                        };
                        assert_eq!(
                            injection.to_string().parse::<Injection>().unwrap(),
                            injection
                        );
                    }
                }
            }
        }
        assert_eq!(
            "ledger:5".parse::<Injection>().unwrap().to_string(),
            "ledger:5:transient"
        );
    }

    #[test]
    fn whatever_else_is_refused_with_all_there_is_to_choose_from() {
        let wrong = [
            "",
            ":",
            "settle",
            "settle:",
            "settle:0",
            "settle:-1",
            "settle:+1",
            "settle: 1",
            "settle:1000001",
            "settle:99999999999999999999",
            "settle:1:",
            "settle:1:fatal",
            "settle:1:panic:",
            "Settle:1",
            "mail:1",
            "settle:1:PANIC",
            "settle:١",
            "settle/:1",
            "settle/Contact:1",
            "settle/a/b:1",
            "/contact:1",
        ];
        for text in wrong {
            let said = text.parse::<Injection>().expect_err(text).to_string();
            for name in Stage::ALL
                .map(Stage::as_str)
                .into_iter()
                .chain(FailureKind::ALL.map(FailureKind::as_str))
            {
                assert!(said.contains(name), "{said}");
            }
        }
    }
}
