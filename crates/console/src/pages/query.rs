//! A filter or a choice as the pairs of an address or a form, and back.

use counterfoil_core::{FormId, SubmissionRef, Timestamp};
use counterfoil_operations::grammar::{Attempts, Moment, Said, word};
use counterfoil_operations::job::Selection;
use counterfoil_operations::worklist::{Filter, Place, Waiting};

/// Names and values in their order; a name may repeat.
pub type Pairs = Vec<(String, String)>;

/// The most that are chosen one by one: they travel in an address.
pub const MOST_CHOSEN: usize = 100;

/// An address with its pairs.
#[must_use]
pub fn href(path: &str, pairs: &[(String, String)]) -> String {
    if pairs.is_empty() {
        return path.to_owned();
    }
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs);
    format!("{path}?{}", query.finish())
}

/// Reads the pairs of an address or a body. What is no UTF-8 is replaced: no name or value of ours has such.
#[must_use]
pub fn pairs(text: &[u8]) -> Pairs {
    form_urlencoded::parse(text).into_owned().collect()
}

/// A value by its name; an empty one counts as none.
#[must_use]
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs
        .iter()
        .find(|(there, _)| there == name)
        .map(|(_, value)| value.trim());
    found.filter(|value| !value.is_empty())
}

/// A filter's pairs.
#[must_use]
pub fn of_filter(filter: &Filter) -> Pairs {
    let waiting =
        (filter.waiting != Waiting::Failed).then(|| filter.waiting.state().as_str().to_owned());
    let attempts = filter
        .attempts
        .clone()
        .map(|range| Attempts(range).to_string());
    let all = [
        ("waiting", waiting),
        ("form", filter.form.as_ref().map(ToString::to_string)),
        ("cause", filter.cause.clone()),
        (
            "retryable",
            filter
                .retryable
                .map(|retryable| Said(retryable).to_string()),
        ),
        ("since", filter.since.map(|at| at.to_string())),
        ("until", filter.until.map(|at| at.to_string())),
        ("attempts", attempts),
        (
            "replayed",
            filter.replayed.map(|replayed| Said(replayed).to_string()),
        ),
    ];
    all.into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)))
        .collect()
}

/// Reads a filter. `Err` says what is wrong with it.
pub fn filter(pairs: &[(String, String)], now: Timestamp) -> Result<Filter, String> {
    let form =
        |text: &str| FormId::parse_stored(text).ok_or_else(|| "no form has such an id".to_owned());
    let moment = |text: &str| text.parse::<Moment>().map(|moment| moment.resolve(now));
    let attempts = |text: &str| text.parse::<Attempts>().map(|attempts| attempts.0);
    Ok(Filter {
        waiting: read(pairs, "waiting", word)?.unwrap_or_default(),
        form: read(pairs, "form", form)?,
        cause: value(pairs, "cause").map(str::to_owned),
        retryable: read(pairs, "retryable", word)?,
        since: read(pairs, "since", moment)?,
        until: read(pairs, "until", moment)?,
        attempts: read(pairs, "attempts", attempts)?,
        replayed: read(pairs, "replayed", word)?,
    })
}

/// Reads a value by its name, if it is there. `Err` says what is wrong, and with which.
pub fn read<T>(
    pairs: &[(String, String)],
    name: &str,
    grammar: impl Fn(&str) -> Result<T, String>,
) -> Result<Option<T>, String> {
    let Some(text) = value(pairs, name) else {
        return Ok(None);
    };
    grammar(text)
        .map(Some)
        .map_err(|why| format!("{name}: \"{text}\" is not understood: {why}"))
}

/// A choice's pairs. That a filter means everything it takes is said, so that an empty choice never does.
#[must_use]
pub fn of_selection(what: &Selection) -> Pairs {
    match what {
        Selection::Some(all) => all
            .iter()
            .map(|of| ("of".to_owned(), of.to_string()))
            .collect(),
        Selection::All(filter) => [("all".to_owned(), "1".to_owned())]
            .into_iter()
            .chain(of_filter(filter))
            .collect(),
    }
}

/// Reads a choice.
pub fn selection(pairs: &[(String, String)], now: Timestamp) -> Result<Selection, String> {
    if value(pairs, "all").is_some() {
        return filter(pairs, now).map(Selection::All);
    }
    let texts: Vec<&String> = pairs
        .iter()
        .filter(|(name, _)| name == "of")
        .map(|(_, text)| text)
        .collect();
    match texts.len() {
        0 => Err("nothing is chosen: tick what you mean, or take all that match".into()),
        1..=MOST_CHOSEN => {
            let read: Option<Vec<_>> = texts
                .into_iter()
                .map(|text| SubmissionRef::parse(text))
                .collect();
            read.map(Selection::Some)
                .ok_or_else(|| "a submission is written form/id".into())
        }
        _ => Err(format!(
            "at most {MOST_CHOSEN} are chosen one by one; take all that match a filter instead"
        )),
    }
}

/// A place in a list as text.
#[must_use]
pub fn of_place(place: &Place) -> String {
    format!("{}.{}", place.received_at.as_millis(), place.of)
}

/// Reads a place.
#[must_use]
pub fn place(text: &str) -> Option<Place> {
    let (at, of) = text.split_once('.')?;
    Some(Place {
        received_at: Timestamp::from_millis(at.parse().ok()?),
        of: SubmissionRef::parse(of)?,
    })
}

/// What a filter takes, in words: the heading of its list.
pub(super) fn words(filter: &Filter) -> String {
    let (what, with) = match filter.waiting {
        Waiting::Failed => ("Dead letters", "of cause"),
        Waiting::Held if filter.cause.is_some() => ("Submissions", "held for"),
        Waiting::Held => ("Held submissions", ""),
        Waiting::Discarded => ("Discarded", "of cause"),
    };
    let replayed = filter.replayed.map(|replayed| {
        if replayed {
            "replayed before"
        } else {
            "never replayed"
        }
    });
    let parts = [
        filter.cause.as_ref().map(|cause| format!("{with} {cause}")),
        filter.form.as_ref().map(|form| format!("of form {form}")),
        filter
            .retryable
            .map(|retryable| super::bits::helps(retryable).to_owned()),
        filter
            .since
            .map(|at| format!("accepted since {}", minute(at))),
        filter
            .until
            .map(|at| format!("accepted before {}", minute(at))),
        filter
            .attempts
            .as_ref()
            .map(|range| format!("after {} attempts", Attempts(range.clone()))),
        replayed.map(str::to_owned),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() {
        what.to_owned()
    } else {
        format!("{what} {}", parts.join(", "))
    }
}

fn minute(at: Timestamp) -> String {
    at.to_string()
        .get(..16)
        .unwrap_or_default()
        .replace('T', " ")
}
