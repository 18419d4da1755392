//! The rules of `[[notify]]`: who hears of which changes, and is shown which fields.

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::{Faults, Wrong};
use crate::form::notify::{NotifyFields, NotifyRule, SUBMITTER};
use crate::form::source::Source;
use crate::schema::Schema;
use crate::state::State;
use crate::suggest::mend;

type Value<'a> = Spanned<DeValue<'a>>;

pub(super) fn read(source: &Source<'_>, schema: &Schema, faults: &mut Faults) -> Vec<NotifyRule> {
    let Some(value) = source.value("notify") else {
        return Vec::new();
    };
    if let Some(old) = value.get_ref().as_table() {
        faults.take(former(old, value.span().start));
        return Vec::new();
    }
    let written = value.get_ref().as_array();
    let mut rules: Vec<NotifyRule> = Vec::new();
    for item in written.into_iter().flat_map(|list| list.iter()) {
        let Some(table) = item.get_ref().as_table() else {
            continue;
        };
        let Some(rule) = rule(table, schema, faults) else {
            continue;
        };
        if rules.iter().any(|other| other.to == rule.to) {
            let message = format!(
                "notify.to: {:?} has a rule already; make one of them",
                rule.to
            );
            faults.note((start(table, "to"), message));
        }
        rules.push(rule);
    }
    rules
}

/// What a former version had: `notify = { fields = true }`. With the keys of today it is a slip.
fn former(table: &DeTable<'_>, at: usize) -> Result<(), Wrong> {
    let mut keys = table.iter().map(|(key, _)| key.get_ref().as_ref());
    let is_former = keys.all(|key: &str| key == "fields")
        && get(table, "fields").is_none_or(|fields| fields.get_ref().is_bool());
    if is_former {
        return Ok(());
    }
    let message = "notify: a form has several: write [[notify]], with two brackets";
    Err((at, message.into()))
}

/// A rule, if it names a receiver. What else is wrong with it is noted, and left out.
fn rule(table: &DeTable<'_>, schema: &Schema, faults: &mut Faults) -> Option<NotifyRule> {
    let fields = fields(table, schema, faults);
    let to = faults.take(receiver(table));
    let reply_to = faults.take(reply_to(table, &fields, schema));
    let on = states(table, faults);
    Some(NotifyRule {
        to: to?,
        on,
        reply_to: reply_to.flatten(),
        fields,
    })
}

fn get<'t, 'a>(table: &'t DeTable<'a>, name: &str) -> Option<&'t Value<'a>> {
    let mut all = table.iter();
    let (_, value) = all.find(|(key, _)| key.get_ref().as_ref() == name)?;
    Some(value)
}

fn start(table: &DeTable<'_>, name: &str) -> usize {
    get(table, name).map_or(0, |value| value.span().start)
}

fn text<'t>(table: &'t DeTable<'_>, name: &str) -> Option<&'t str> {
    get(table, name)?.get_ref().as_str()
}

fn receiver(table: &DeTable<'_>) -> Result<String, Wrong> {
    let name = text(table, "to").unwrap_or_default();
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if name == SUBMITTER {
        let message = "notify.to: \"submitter\" is whoever submits, and is told by a table [copy]";
        return Err((start(table, "to"), message.into()));
    }
    if (1..=32).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(name.to_owned());
    }
    let message = "notify.to: give a receiver's name, as in receivers.toml: 1 to 32 characters of a-z, 0-9 and -";
    Err((start(table, "to"), message.into()))
}

fn states(table: &DeTable<'_>, faults: &mut Faults) -> Vec<State> {
    let Some(value) = get(table, "on") else {
        return vec![State::Stored];
    };
    let words = NotifyRule::STATES.map(State::as_str);
    let known = |item: &Value<'_>| {
        let word = item.get_ref().as_str().unwrap_or_default();
        let mut all = NotifyRule::STATES.into_iter();
        let unknown = || {
            format!(
                "notify.on: no state is called {word:?}; {}",
                mend(word, &words)
            )
        };
        all.find(|state| state.as_str() == word)
            .ok_or_else(|| (item.span().start, unknown()))
    };
    if items(value).next().is_none() {
        let message = "notify.on: is empty, so nothing is ever told; leave it out for [\"stored\"]";
        faults.note((value.span().start, message.into()));
    }
    faults.take_all(items(value).map(known))
}

fn items<'v, 'a>(value: &'v Value<'a>) -> impl Iterator<Item = &'v Value<'a>> {
    let list: Option<&DeArray<'a>> = value.get_ref().as_array();
    list.into_iter().flat_map(|list| list.iter())
}

fn fields(table: &DeTable<'_>, schema: &Schema, faults: &mut Faults) -> NotifyFields {
    let Some(value) = get(table, "fields") else {
        return NotifyFields::Nothing;
    };
    if value.get_ref().as_bool() == Some(true) {
        return NotifyFields::All;
    }
    let names = faults.take_all(items(value).map(|item| {
        let name = item.get_ref().as_str().unwrap_or_default();
        a_field(name, "fields", item.span().start, schema)
    }));
    if names.is_empty() {
        NotifyFields::Nothing
    } else {
        NotifyFields::Named(names)
    }
}

fn a_field(name: &str, key: &str, at: usize, schema: &Schema) -> Result<String, Wrong> {
    if schema.property(name).is_some() {
        return Ok(name.to_owned());
    }
    let known: Vec<_> = schema.properties().map(|(name, _)| name).collect();
    let message = format!(
        "notify.{key}: the form has no field {name:?}; {}",
        mend(name, &known)
    );
    Err((at, message))
}

fn reply_to(
    table: &DeTable<'_>,
    fields: &NotifyFields,
    schema: &Schema,
) -> Result<Option<String>, Wrong> {
    let Some(name) = text(table, "reply_to") else {
        return Ok(None);
    };
    let at = start(table, "reply_to");
    let name = a_field(name, "reply_to", at, schema)?;
    if fields.shows(&name) {
        return Ok(Some(name));
    }
    let message = format!(
        "notify.reply_to: {name:?} is not among the rule's `fields`, and an answer's address would show it; add it there"
    );
    Err((at, message))
}
