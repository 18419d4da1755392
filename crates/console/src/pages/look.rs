//! What of the inbox somebody looks at: which form, which box, from when, with which words; as the pairs of an address, and
//! back.

use std::time::Duration;

use counterfoil_core::{FormId, State, SubmissionRef, Timestamp};
use counterfoil_operations::catalogue::{Scope, Search, Spot};

use super::query::{self, Pairs, value};
use counterfoil_operations::grammar::Moment;

/// What people keep apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tray {
    /// What people wrote, also where something of ours failed to settle it.
    #[default]
    Inbox,
    /// Suspected spam.
    Held,
    /// Dead letters alone.
    Failed,
    /// Given up.
    Discarded,
}

impl Tray {
    /// Every one, in the order of the page.
    pub const ALL: [Self; 4] = [Self::Inbox, Self::Held, Self::Failed, Self::Discarded];

    /// The word in an address.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inbox => "inbox",
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Discarded => "discarded",
        }
    }

    /// The word on a page.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Inbox => "Inbox",
            Self::Held => "Held",
            Self::Failed => "Failed",
            Self::Discarded => "Discarded",
        }
    }

    /// The states that lie in it.
    #[must_use]
    pub const fn states(self) -> &'static [State] {
        match self {
            Self::Inbox => &[State::Stored, State::Failed],
            Self::Held => &[State::Held],
            Self::Failed => &[State::Failed],
            Self::Discarded => &[State::Discarded],
        }
    }
}

/// A part of what was submitted, as somebody asked for it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Look {
    /// Of this form; `None`: of all.
    pub form: Option<FormId>,
    /// Of this tray.
    pub tray: Tray,
    /// From this time on, as it was typed.
    pub since: Option<String>,
    /// Up to this time, as it was typed: a day is taken with it.
    pub until: Option<String>,
    /// With these words in it.
    pub search: Option<String>,
    /// In this field.
    pub field: Option<String>,
}

impl Look {
    /// Reads the pairs of an address. What nobody could have chosen on a page is left out; a time is read when it is
    /// used, so that what was typed is still there beside what is wrong with it.
    #[must_use]
    pub fn read(pairs: &[(String, String)]) -> Self {
        let text = |name| value(pairs, name).map(str::to_owned);
        let tray = value(pairs, "state")
            .and_then(|word| Tray::ALL.into_iter().find(|tray| tray.as_str() == word));
        Self {
            form: value(pairs, "form").and_then(FormId::parse_stored),
            tray: tray.unwrap_or_default(),
            since: text("since"),
            until: text("until"),
            search: text("q"),
            field: text("in"),
        }
    }

    /// Its pairs.
    #[must_use]
    pub fn pairs(&self) -> Pairs {
        let all = [
            ("form", self.form.as_ref().map(ToString::to_string)),
            (
                "state",
                (self.tray != Tray::Inbox).then(|| self.tray.as_str().to_owned()),
            ),
            ("since", self.since.clone()),
            ("until", self.until.clone()),
            ("q", self.search.clone()),
            ("in", self.field.clone()),
        ];
        all.into_iter()
            .filter_map(|(name, value)| Some((name.to_owned(), value?)))
            .collect()
    }

    /// The address of its first page.
    #[must_use]
    pub fn href(&self) -> String {
        query::href("/", &self.pairs())
    }

    /// An address that goes on from a place.
    #[must_use]
    pub(super) fn turned(&self, spot: &Spot, is_newer: bool) -> String {
        let mut pairs = self.pairs();
        pairs.push(("from".to_owned(), of_spot(spot)));
        pairs.extend(is_newer.then(|| ("turn".to_owned(), "newer".to_owned())));
        query::href("/", &pairs)
    }

    /// The address of one submission, which knows from which list it was opened.
    #[must_use]
    pub fn entry(&self, of: &SubmissionRef) -> String {
        let list = ("list".to_owned(), "1".to_owned());
        let pairs: Pairs = std::iter::once(list).chain(self.pairs()).collect();
        query::href(&format!("/entries/{of}"), &pairs)
    }

    /// Is anything asked for beyond form and tray?
    #[must_use]
    pub const fn is_narrowed(&self) -> bool {
        self.since.is_some() || self.until.is_some() || self.search.is_some()
    }

    /// The entries that it means.
    ///
    /// # Errors
    ///
    /// What is wrong with a time.
    pub fn scope(&self, now: Timestamp) -> Result<Scope, String> {
        let since = self
            .since
            .as_deref()
            .map(|text| moment(text, now))
            .transpose()?;
        let until = self
            .until
            .as_deref()
            .map(|text| end(text, now))
            .transpose()?;
        Ok(Scope {
            form: self.form.clone(),
            states: self.tray.states().to_vec(),
            since,
            until,
        })
    }

    /// The words that it looks for.
    #[must_use]
    pub fn wanted(&self) -> Option<Search> {
        let text = self.search.clone()?;
        Some(Search {
            text,
            field: self.field.clone(),
        })
    }
}

fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let read = text.parse::<Moment>().map(|moment| moment.resolve(now));
    read.map_err(|why| format!("\"{text}\" is not understood: {why}"))
}

/// A day ends with its last moment.
fn end(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    let is_day = text.len() == 10 && text.bytes().filter(|byte| *byte == b'-').count() == 2;
    let at = moment(text, now)?;
    Ok(if is_day {
        at.plus(Duration::from_secs(24 * 60 * 60))
    } else {
        at
    })
}

/// A place in the catalogue as text.
#[must_use]
pub fn of_spot(spot: &Spot) -> String {
    format!("{}.{}", spot.listed_at.as_millis(), spot.of)
}

/// Reads a place.
#[must_use]
pub fn spot(text: &str) -> Option<Spot> {
    let (at, of) = text.split_once('.')?;
    Some(Spot {
        listed_at: Timestamp::from_millis(at.parse().ok()?),
        of: SubmissionRef::parse(of)?,
    })
}
