//! A filter or a choice as the pairs of an address or a form, and back.

use counterfoil_core::{FormId, Retryable, SubmissionRef, Timestamp};
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
pub fn read(text: &[u8]) -> Pairs {
    form_urlencoded::parse(text).into_owned().collect()
}

/// A value by its name; an empty one counts as none.
#[must_use]
pub fn value<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let found = pairs.iter().find(|(there, _)| there == name).map(|(_, value)| value.trim());
    found.filter(|value| !value.is_empty())
}

/// A filter's pairs.
#[must_use]
pub fn of_filter(filter: &Filter) -> Pairs {
    let waiting = (filter.waiting != Waiting::Failed).then(|| filter.waiting.state().as_str().to_owned());
    let replayed = filter.replayed.map(|replayed| if replayed { "yes" } else { "no" }.to_owned());
    let attempts = filter.attempts.as_ref().map(|range| format!("{}-{}", range.start(), range.end()));
    let all = [
        ("waiting", waiting),
        ("form", filter.form.as_ref().map(ToString::to_string)),
        ("cause", filter.cause.clone()),
        ("retryable", filter.retryable.map(|retryable| word(retryable).to_owned())),
        ("since", filter.since.map(|at| at.to_string())),
        ("until", filter.until.map(|at| at.to_string())),
        ("attempts", attempts),
        ("replayed", replayed),
    ];
    all.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect()
}

/// Reads a filter. `Err` says what is wrong with it.
pub fn filter(pairs: &[(String, String)], now: Timestamp) -> Result<Filter, String> {
    let read = |name| value(pairs, name);
    let waiting = match read("waiting") {
        None | Some("failed") => Waiting::Failed,
        Some("held") => Waiting::Held,
        Some("discarded") => Waiting::Discarded,
        Some(other) => return Err(format!("\"{other}\" is none of failed, held and discarded")),
    };
    let form = read("form").map(|text| FormId::parse_stored(text).ok_or_else(|| format!("\"{text}\" is no form's id")));
    let retryable = read("retryable").map(|text| {
        let found = RETRYABLE.into_iter().find(|one| word(*one) == text);
        found.ok_or_else(|| format!("\"{text}\" is none of yes, after-fix and no"))
    });
    let replayed = match read("replayed") {
        None => None,
        Some("yes") => Some(true),
        Some("no") => Some(false),
        Some(other) => return Err(format!("\"{other}\" is neither yes nor no")),
    };
    Ok(Filter {
        waiting,
        form: form.transpose()?,
        cause: read("cause").map(str::to_owned),
        retryable: retryable.transpose()?,
        since: read("since").map(|text| moment(text, now)).transpose()?,
        until: read("until").map(|text| moment(text, now)).transpose()?,
        attempts: read("attempts").map(attempts).transpose()?,
        replayed,
    })
}

/// Every verdict on replaying.
pub(super) const RETRYABLE: [Retryable; 3] = [Retryable::Yes, Retryable::AfterFix, Retryable::No];

/// Its word.
pub(super) const fn word(retryable: Retryable) -> &'static str {
    match retryable {
        Retryable::Yes => "yes",
        Retryable::AfterFix => "after-fix",
        Retryable::No => "no",
    }
}

/// A point in time, a day (its beginning in UTC), or a length of time before now: `24h`.
pub(super) fn moment(text: &str, now: Timestamp) -> Result<Timestamp, String> {
    if let Some(at) = Timestamp::parse(text).or_else(|| Timestamp::parse(&format!("{text}T00:00:00Z"))) {
        return Ok(at);
    }
    let wrong = || format!("\"{text}\" is no time: write 30m, 24h, 7d, 2026-11-22 or 2026-11-22T08:00:00Z");
    let unit = text.chars().next_back().ok_or_else(wrong)?;
    let seconds: i64 = match unit {
        'm' => 60,
        'h' => 3600,
        'd' => 86_400,
        _ => return Err(wrong()),
    };
    let count: u32 = text[..text.len() - 1].trim().parse().map_err(|_| wrong())?;
    Ok(Timestamp::from_millis(now.as_millis() - i64::from(count) * seconds * 1000))
}

fn attempts(text: &str) -> Result<std::ops::RangeInclusive<u32>, String> {
    let wrong = || format!("\"{text}\" is no range of attempts: write 3 or 3-20");
    let (from, to) = text.split_once('-').unwrap_or((text, text));
    Ok(from.parse().map_err(|_| wrong())?..=to.parse().map_err(|_| wrong())?)
}

/// A choice's pairs. That a filter means everything it takes is said, so that an empty choice never does.
#[must_use]
pub fn of_selection(what: &Selection) -> Pairs {
    match what {
        Selection::Some(all) => all.iter().map(|of| ("of".to_owned(), of.to_string())).collect(),
        Selection::All(filter) => [("all".to_owned(), "1".to_owned())].into_iter().chain(of_filter(filter)).collect(),
    }
}

/// Reads a choice.
pub fn selection(pairs: &[(String, String)], now: Timestamp) -> Result<Selection, String> {
    if value(pairs, "all").is_some() {
        return filter(pairs, now).map(Selection::All);
    }
    let texts: Vec<&String> = pairs.iter().filter(|(name, _)| name == "of").map(|(_, text)| text).collect();
    match texts.len() {
        0 => Err("nothing is chosen: tick what you mean, or take all that match".into()),
        1..=MOST_CHOSEN => {
            let read: Option<Vec<_>> = texts.into_iter().map(|text| SubmissionRef::parse(text)).collect();
            read.map(Selection::Some).ok_or_else(|| "a submission is written form/id".into())
        }
        _ => Err(format!("at most {MOST_CHOSEN} are chosen one by one; take all that match a filter instead")),
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
    Some(Place { received_at: Timestamp::from_millis(at.parse().ok()?), of: SubmissionRef::parse(of)? })
}

/// What a filter takes, in words: the heading of its list.
pub(super) fn words(filter: &Filter) -> String {
    let (what, with) = match filter.waiting {
        Waiting::Failed => ("Dead letters", "of cause"),
        Waiting::Held if filter.cause.is_some() => ("Submissions", "held for"),
        Waiting::Held => ("Held submissions", ""),
        Waiting::Discarded => ("Discarded", "of cause"),
    };
    let replayed = filter.replayed.map(|replayed| if replayed { "replayed before" } else { "never replayed" });
    let parts = [
        filter.cause.as_ref().map(|cause| format!("{with} {cause}")),
        filter.form.as_ref().map(|form| format!("of form {form}")),
        filter.retryable.map(|retryable| super::bits::helps(retryable).to_owned()),
        filter.since.map(|at| format!("accepted since {}", minute(at))),
        filter.until.map(|at| format!("accepted before {}", minute(at))),
        filter.attempts.as_ref().map(|range| format!("after {} to {} attempts", range.start(), range.end())),
        replayed.map(str::to_owned),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    if parts.is_empty() { what.to_owned() } else { format!("{what} {}", parts.join(", ")) }
}

fn minute(at: Timestamp) -> String {
    at.to_string().get(..16).unwrap_or_default().replace('T', " ")
}
