//! Which fields a row of a list shows.

use toml::Spanned;

use super::Wrong;
use crate::schema::Schema;
use crate::suggest::mend;

/// More make no row.
const MOST: usize = 5;

pub(super) fn check(
    names: &Spanned<Vec<Spanned<String>>>,
    schema: &Schema,
) -> Result<Vec<String>, Wrong> {
    let all = names.get_ref();
    if all.is_empty() || all.len() > MOST {
        let give = "summary: give one to five of the form's fields, or leave it out";
        return Err((names.span().start, give.into()));
    }
    let known: Vec<&str> = schema.properties().map(|(name, _)| name).collect();
    for (at, name) in all.iter().enumerate() {
        let (text, place) = (name.get_ref().as_str(), name.span().start);
        if !known.contains(&text) {
            let mend = mend(text, &known);
            return Err((
                place,
                format!("summary: the form has no field {text:?}; {mend}"),
            ));
        }
        if all[..at].iter().any(|before| before.get_ref() == text) {
            return Err((
                place,
                format!("summary: {text:?} is there twice; take one out"),
            ));
        }
    }
    Ok(all.iter().map(|name| name.get_ref().clone()).collect())
}
