//! Which fields a row of a list shows.

use toml::Spanned;

use super::Faults;
use crate::schema::Schema;
use crate::suggest::mend;

/// More make no row.
const MOST: usize = 5;

pub(super) fn check(
    names: &Spanned<Vec<Spanned<String>>>,
    schema: &Schema,
    faults: &mut Faults,
) -> Vec<String> {
    let all = names.get_ref();
    if all.is_empty() || all.len() > MOST {
        let give = "summary: give one to five of the form's fields, or leave it out";
        faults.note((names.span().start, give.into()));
    }
    let known: Vec<&str> = schema.properties().map(|(name, _)| name).collect();
    for (at, name) in all.iter().enumerate() {
        let (text, place) = (name.get_ref().as_str(), name.span().start);
        if !known.contains(&text) {
            let mend = mend(text, &known);
            let message = format!("summary: the form has no field {text:?}; {mend}");
            faults.note((place, message));
        } else if all[..at].iter().any(|before| before.get_ref() == text) {
            let message = format!("summary: {text:?} is there twice; take one out");
            faults.note((place, message));
        }
    }
    all.iter().map(|name| name.get_ref().clone()).collect()
}
