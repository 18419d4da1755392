//! Which deliveries a list shows, as the pairs of an address; and what was just done to some.

use counterfoil_core::{FormId, Timestamp};
use counterfoil_operations::grammar::Moment;
use counterfoil_telling::delivery::DeliveryState;
use counterfoil_telling::orders::DeliveryVerb;
use counterfoil_telling::ports::DeliveryFilter;
use counterfoil_telling::receiver::ReceiverName;

use super::query::{Pairs, read, value};

/// Deliveries of which state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// Those that need somebody.
    #[default]
    Failed,
    /// Those in another state.
    In(DeliveryState),
    /// All.
    Any,
}

/// What a list of deliveries shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owed {
    /// In which state.
    pub which: Which,
    /// Of this receiver.
    pub receiver: Option<ReceiverName>,
    /// Of this form.
    pub form: Option<FormId>,
    /// Whose last try failed by this.
    pub cause: Option<String>,
    /// Owed since.
    pub since: Option<Timestamp>,
}

/// The word for all of them.
pub(super) const ANY: &str = "any";

impl Owed {
    /// Reads a list's pairs. `Err` says what is wrong with them.
    pub fn read(pairs: &[(String, String)], now: Timestamp) -> Result<Self, String> {
        let which = |text: &str| match (text, DeliveryState::parse(text)) {
            (ANY, _) => Ok(Which::Any),
            (_, Some(DeliveryState::Failed)) => Ok(Which::Failed),
            (_, Some(state)) => Ok(Which::In(state)),
            (_, None) => Err("no delivery is in such a state".to_owned()),
        };
        let name = |text: &str| {
            ReceiverName::parse(text).ok_or_else(|| "no receiver has such a name".to_owned())
        };
        let form =
            |text: &str| FormId::parse_stored(text).ok_or_else(|| "no form has such an id".into());
        let moment = |text: &str| text.parse::<Moment>().map(|moment| moment.resolve(now));
        Ok(Self {
            which: read(pairs, "state", which)?.unwrap_or_default(),
            receiver: read(pairs, "receiver", name)?,
            form: read(pairs, "form", form)?,
            cause: value(pairs, "cause").map(str::to_owned),
            since: read(pairs, "since", moment)?,
        })
    }

    /// The list's pairs.
    #[must_use]
    pub fn pairs(&self) -> Pairs {
        let all = [
            ("state", self.word().map(str::to_owned)),
            ("receiver", self.receiver.as_ref().map(ToString::to_string)),
            ("form", self.form.as_ref().map(ToString::to_string)),
            ("cause", self.cause.clone()),
            ("since", self.since.map(|at| at.to_string())),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    fn word(&self) -> Option<&'static str> {
        match self.which {
            Which::Failed => None,
            Which::In(state) => Some(state.as_str()),
            Which::Any => Some(ANY),
        }
    }

    /// What the desk is asked for.
    #[must_use]
    pub fn filter(&self) -> DeliveryFilter {
        DeliveryFilter {
            receiver: self.receiver.clone(),
            form: self.form.clone(),
            state: match self.which {
                Which::Failed => Some(DeliveryState::Failed),
                Which::In(state) => Some(state),
                Which::Any => None,
            },
            cause: self.cause.clone(),
            since: self.since,
            until: None,
        }
    }
}

/// What was just done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    verb: DeliveryVerb,
    /// To how many.
    pub count: usize,
    /// For how many it was not meant.
    pub left: usize,
}

impl Done {
    /// Nothing, so far.
    #[must_use]
    pub const fn none_of(verb: DeliveryVerb) -> Self {
        Self {
            verb,
            count: 0,
            left: 0,
        }
    }

    /// Reads its pairs.
    #[must_use]
    pub fn read(pairs: &[(String, String)]) -> Option<Self> {
        let number = |name| value(pairs, name)?.parse().ok();
        Some(Self {
            verb: DeliveryVerb::parse(value(pairs, "done")?)?,
            count: number("count")?,
            left: number("left").unwrap_or(0),
        })
    }

    /// Its pairs.
    #[must_use]
    pub fn pairs(&self) -> Pairs {
        let pair = |name: &str, value: String| (name.to_owned(), value);
        vec![
            pair("done", self.verb.as_str().to_owned()),
            pair("count", self.count.to_string()),
            pair("left", self.left.to_string()),
        ]
    }

    /// In words.
    pub(super) fn words(&self) -> String {
        let what = match self.verb {
            DeliveryVerb::Retry => "due now, with three days of tries",
            DeliveryVerb::Resend => "sent again in a moment, with the id it had",
            DeliveryVerb::Discard => "given up; a retry takes that back",
        };
        let left = match self.left {
            0 => String::new(),
            left => format!(" {left} left as before: it is not meant for them."),
        };
        match self.count {
            0 => format!("Nothing was done.{left}"),
            1 => format!("1 delivery is {what}.{left}"),
            count => format!("{count} deliveries are {what}.{left}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::query;
    use super::*;

    #[test]
    fn a_list_reads_back_from_its_address() {
        let now = Timestamp::from_secs(1_795_385_651);
        for text in [
            "",
            "state=any",
            "state=waiting&receiver=crm&form=contact&cause=answered-error",
            "receiver=owner&since=2026-11-22T22%3A14%3A11.000Z",
        ] {
            let pairs = query::pairs(text.as_bytes());
            let owed = Owed::read(&pairs, now).unwrap();
            assert_eq!(owed.pairs(), pairs, "{text}");
        }
        for text in ["state=x", "receiver=X", "since=x"] {
            Owed::read(&query::pairs(text.as_bytes()), now).unwrap_err();
        }
    }

    #[test]
    fn what_was_done_reads_back_and_is_said() {
        let done = Done {
            verb: DeliveryVerb::Retry,
            count: 2,
            left: 1,
        };
        assert_eq!(Done::read(&done.pairs()), Some(done));
        assert_eq!(
            done.words(),
            "2 deliveries are due now, with three days of tries. 1 left as before: it is not meant for them."
        );
    }
}
