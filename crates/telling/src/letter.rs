//! What one receiver is told of one change: the change, and the fields that the form's rule shows it. Or of an alarm.

use counterfoil_core::form::{Form, NotifyFields};
use counterfoil_core::visible::steers;
use counterfoil_core::{Body, Forms, State};
use serde_json::{Map, Value};

use crate::news::News;
use crate::receiver::ReceiverName;
use crate::send::{Item, Letter};

/// One piece of news, as one receiver is told of it. It holds what was submitted, so it is never printed.
pub struct Telling<'l> {
    /// The delivery's name.
    pub id: &'l str,
    /// What is told.
    pub news: &'l News,
    /// The form, where there still is one.
    pub form: Option<&'l Form>,
    /// The fields that are shown, in the form's order. `None`: none are.
    pub fields: Option<Map<String, Value>>,
    /// Would fields be shown, and are gone?
    pub gone: bool,
    /// Where an answer goes, as it was submitted.
    pub reply_to: Option<String>,
    /// Is it a test?
    pub test: bool,
}

/// What `letter` tells, in its order.
#[must_use]
pub fn tellings<'l>(letter: &'l Letter, forms: &'l Forms) -> Vec<Telling<'l>> {
    let one = |item| telling(item, (&letter.receiver, letter.test), forms);
    letter.items.iter().map(one).collect()
}

fn telling<'l>(
    item: &'l Item,
    (receiver, test): (&ReceiverName, bool),
    forms: &'l Forms,
) -> Telling<'l> {
    let form = forms.get(&item.news.of().form);
    let rule = form.and_then(|form| form.notify_rule(receiver.as_str()));
    let shown = rule.map_or(&NotifyFields::Nothing, |rule| &rule.fields);
    let submitted = item.body.as_ref().and_then(submitted);
    let fields = submitted
        .filter(|_| shown.shows_any())
        .map(|fields| in_order(fields, (form, shown)));
    let address = rule
        .and_then(|rule| rule.reply_to.as_ref())
        .zip(fields.as_ref());
    let address = address.and_then(|(name, fields)| fields.get(name)?.as_str());
    Telling {
        id: &item.id,
        news: &item.news,
        form,
        reply_to: address.map(str::to_owned),
        gone: shown.shows_any() && fields.is_none() && !is_gone_by_itself(&item.news),
        fields,
        test,
    }
}

fn submitted(body: &Body) -> Option<Map<String, Value>> {
    match body {
        Body::Payload(payload) => Some(payload.fields()),
        Body::Raw(_) | Body::Erased => None,
    }
}

/// Is it said by the news that there is nothing to show?
fn is_gone_by_itself(news: &News) -> bool {
    news.change().is_none_or(|change| match change.state {
        State::Erased | State::Expired => true,
        State::Stored | State::Failed | State::Held | State::Discarded => false,
    })
}

/// The shown fields: those of the form in its order, and behind them the others.
fn in_order(
    mut submitted: Map<String, Value>,
    (form, shown): (Option<&Form>, &NotifyFields),
) -> Map<String, Value> {
    let known = form.into_iter().flat_map(|form| form.schema.properties());
    let mut all: Map<String, Value> = known
        .filter_map(|(name, _)| Some((name.to_owned(), submitted.shift_remove(name)?)))
        .collect();
    all.extend(submitted);
    all.retain(|name, _| shown.shows(name));
    all
}

impl Telling<'_> {
    /// The form's title, else its id; on one line. Of an alarm, the program's name.
    #[must_use]
    pub fn title(&self) -> String {
        let title = self.form.map(|form| form.title.as_str());
        match self.news {
            News::Change(change) => line(title.unwrap_or(change.of.form.as_str())),
            News::Alarm(_) => "Counterfoil".into(),
        }
    }

    /// What happened, in words.
    #[must_use]
    pub fn what(&self) -> String {
        let change = match self.news {
            News::Change(change) => change,
            News::Alarm(alarm) => return line(&alarm.heading()),
        };
        let what = match change.state {
            State::Stored => "New submission",
            State::Failed => "A submission failed",
            State::Held => "A submission is held as suspected spam",
            State::Discarded => "A submission was discarded",
            State::Erased => "A submission was erased: forget what you were told of it",
            State::Expired => "A submission's retention is over",
        };
        what.into()
    }

    /// The heading of a mail or message: form and event, and no value.
    #[must_use]
    pub fn heading(&self) -> String {
        let test = if self.test { "Test: " } else { "" };
        format!("[{}] {test}{}", self.title(), self.what())
    }

    /// Each shown field by its title, with its value as a person reads it; of an alarm, what is said of it.
    #[must_use]
    pub fn lines(&self) -> Vec<(String, String)> {
        if let News::Alarm(alarm) = self.news {
            let lines = alarm.lines().into_iter();
            return lines.map(|(name, said)| (name, visible(&said))).collect();
        }
        let fields = self.fields.iter().flatten();
        let lines = fields.map(|(name, value)| {
            let node = self.form.and_then(|form| form.schema.property(name));
            let title = node.and_then(|node| node.get("title")?.as_str());
            (line(title.unwrap_or(name)), shown(value))
        });
        lines.collect()
    }

    /// Heading, fields and id as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = self.heading();
        text.push_str("\n\n");
        for (title, value) in self.lines() {
            text.push_str(&format!("{title}: {value}\n"));
        }
        if self.gone {
            text.push_str("What was submitted is no longer kept.\n");
        }
        text.push_str(&format!("\n{}\n", self.news.of()));
        text
    }
}

/// A value as a person reads it; what steers a reader's eye is shown as a box.
pub(crate) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        Value::Array(items) => items.iter().map(shown).collect::<Vec<_>>().join("; "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {
            visible(&value.to_string())
        }
    }
}

fn visible(text: &str) -> String {
    let plain = text.replace("\r\n", "\n");
    let keep = |c: char| {
        if steers(c) && c != '\n' && c != '\t' {
            '\u{fffd}'
        } else {
            c
        }
    };
    plain.chars().map(keep).collect()
}

fn line(text: &str) -> String {
    text.chars()
        .map(|c| if steers(c) { ' ' } else { c })
        .collect()
}
