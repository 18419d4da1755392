//! The table `[copy]`: what whoever submitted is sent.

use std::num::NonZeroU32;

use serde::Deserialize;
use toml::Spanned;

use super::Wrong;
use super::page::origin;
use crate::form::faults::Faults;
use crate::form::{Copy, TICKET};
use crate::schema::Schema;

/// As it is written.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    to: Spanned<String>,
    subject: Spanned<String>,
    text: Spanned<String>,
    tickets: Option<Spanned<String>>,
    per_day: Spanned<u32>,
}

/// The longest subject, in characters.
const SUBJECT: usize = 200;

impl Written {
    /// The copy, if all that makes it one is good.
    pub(super) fn check(
        &self,
        schema: &Schema,
        has_captcha: bool,
        faults: &mut Faults,
    ) -> Option<Copy> {
        if !has_captcha {
            let message =
                "copy: needs a [captcha]: else anybody could have this server write to anybody";
            faults.note((self.to.span().start, message.into()));
        }
        let to = faults.take(field(&self.to, schema));
        let subject = faults.take(subject(&self.subject));
        let tickets = faults.take_some(self.tickets.as_ref().map(tickets));
        if self.tickets.is_none() && self.text.get_ref().contains(TICKET) {
            let message = "copy.tickets: is missing; give where tickets are answered, such as \"https://forms.example.org\"";
            faults.note((self.text.span().start, message.into()));
        }
        let per_day = faults.take(per_day(&self.per_day));
        Some(Copy {
            to: to?,
            subject: subject?,
            text: self.text.get_ref().clone(),
            tickets,
            per_day: per_day?,
        })
    }
}

fn field(name: &Spanned<String>, schema: &Schema) -> Result<String, Wrong> {
    match schema.property(name.get_ref()) {
        Some(_) => Ok(name.get_ref().clone()),
        None => {
            let message = format!("copy.to: the form has no field {:?}", name.get_ref());
            Err((name.span().start, message))
        }
    }
}

fn subject(text: &Spanned<String>) -> Result<String, Wrong> {
    let line = text.get_ref().trim();
    let is_line = !line.is_empty() && !line.contains(char::is_control);
    if is_line && line.chars().count() <= SUBJECT {
        return Ok(line.to_owned());
    }
    let message = "copy.subject: give one line of up to 200 characters";
    Err((text.span().start, message.into()))
}

fn tickets(text: &Spanned<String>) -> Result<String, Wrong> {
    origin(text).map_err(|(at, _)| {
        let message = "copy.tickets: give scheme://host or scheme://host:port, with no path, such as \"https://forms.example.org\"";
        (at, message.into())
    })
}

fn per_day(count: &Spanned<u32>) -> Result<NonZeroU32, Wrong> {
    NonZeroU32::new(*count.get_ref())
        .filter(|count| count.get() <= 100_000)
        .ok_or_else(|| {
            let message = "copy.per_day: give the most mails of a day, 1 to 100000";
            (count.span().start, message.into())
        })
}
