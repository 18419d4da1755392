//! A digest: what came of each form, how much is held and has failed, and the beginning of what was submitted.

use std::collections::BTreeMap;

use counterfoil_core::{State, SubmissionRef};

use crate::letter::Telling;
use crate::news::News;
use crate::template::markup;
use crate::times::When;

/// Of how many submissions of a form a digest tells more than that they came.
const SHOWN: usize = 50;
/// How many fields of each.
const FIELDS: usize = 5;
/// The most characters of a value.
const EXCERPT: usize = 160;

/// What a digest says.
pub(crate) struct Digest<'l> {
    when: When,
    forms: Vec<OfAForm<'l>>,
}

/// What came of one form: of each submission, what became of it last.
#[derive(Default)]
struct OfAForm<'l> {
    title: String,
    form: &'l str,
    stored: Vec<&'l Telling<'l>>,
    held: usize,
    failed: usize,
    erased: Vec<&'l SubmissionRef>,
}

impl<'l> Digest<'l> {
    /// The digest of these. `None`: nothing is left to say, because somebody has discarded all of it meanwhile.
    pub(crate) fn new(tellings: &'l [Telling<'l>], when: When) -> Option<Self> {
        let mut last: BTreeMap<&SubmissionRef, &Telling<'l>> = BTreeMap::new();
        for telling in tellings {
            let newest = last.entry(telling.news.of()).or_insert(telling);
            if newest.news.seq() < telling.news.seq() {
                *newest = telling;
            }
        }
        let mut forms: Vec<OfAForm<'l>> = Vec::new();
        for telling in tellings {
            let of = telling.news.of();
            let is_last = last
                .get(of)
                .is_some_and(|last| std::ptr::eq(*last, telling));
            let News::Change(change) = telling.news else {
                continue;
            };
            if !is_last || matches!(change.state, State::Discarded | State::Expired) {
                continue;
            }
            let form = of.form.as_str();
            let place = forms.iter().position(|known| known.form == form);
            let place = place.unwrap_or_else(|| {
                forms.push(OfAForm {
                    title: telling.title(),
                    form,
                    ..OfAForm::default()
                });
                forms.len() - 1
            });
            let of_form = &mut forms[place];
            match change.state {
                State::Stored => of_form.stored.push(telling),
                State::Held => of_form.held += 1,
                State::Failed => of_form.failed += 1,
                State::Erased => of_form.erased.push(of),
                State::Discarded | State::Expired => {}
            }
        }
        (!forms.is_empty()).then_some(Self { when, forms })
    }

    /// Form and counts, and no value.
    pub(crate) fn subject(&self) -> String {
        let name = match &self.forms[..] {
            [one] => one.title.clone(),
            many => format!("{} forms", many.len()),
        };
        let all = |count: fn(&OfAForm<'l>) -> usize| self.forms.iter().map(count).sum::<usize>();
        let counts = counts([
            (all(|form| form.stored.len()), "new"),
            (all(|form| form.held), "held"),
            (all(|form| form.failed), "failed"),
            (all(|form| form.erased.len()), "erased"),
        ]);
        let when = match self.when {
            When::AtOnce => "Beyond the mails of a day",
            When::Hourly => "This hour",
            When::Daily => "This day",
            When::Weekly => "This week",
        };
        format!("[{name}] {when}: {counts}")
    }

    /// As plain text.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        for form in &self.forms {
            text.push_str(&format!("{}: {}\n", form.title, form.counts()));
            for line in form.helps() {
                text.push_str(&format!("{line}\n"));
            }
            for telling in form.stored.iter().take(SHOWN) {
                text.push_str(&format!("\n- {}\n", telling.news.at()));
                for (title, value) in excerpt(telling) {
                    text.push_str(&format!("  {title}: {value}\n"));
                }
                text.push_str(&format!("  {}\n", telling.news.of()));
            }
            text.extend(form.more().map(|more| format!("\n{more}\n")));
            text.push('\n');
        }
        text
    }

    /// As simple HTML.
    pub(crate) fn html(&self) -> String {
        let mut html = String::new();
        for form in &self.forms {
            let counts = form.counts();
            html.push_str(&format!(
                "<h2>{}</h2>\n<p>{counts}</p>\n",
                markup(&form.title)
            ));
            for line in form.helps() {
                html.push_str(&format!("<p>{}</p>\n", markup(&line)));
            }
            for telling in form.stored.iter().take(SHOWN) {
                html.push_str("<table>\n");
                for (title, value) in excerpt(telling) {
                    html.push_str(&format!(
                        "<tr><th align=\"left\" valign=\"top\">{}</th><td>{}</td></tr>\n",
                        markup(&title),
                        markup(&value)
                    ));
                }
                html.push_str(&format!(
                    "</table>\n<p><small>{}, {}</small></p>\n",
                    telling.news.at(),
                    markup(&telling.news.of().to_string())
                ));
            }
            html.extend(form.more().map(|more| format!("<p>{more}</p>\n")));
        }
        html
    }
}

impl OfAForm<'_> {
    fn counts(&self) -> String {
        counts([
            (self.stored.len(), "new"),
            (self.held, "held as suspected spam"),
            (self.failed, "failed"),
            (self.erased.len(), "erased"),
        ])
    }

    /// What to do about what needs a person.
    fn helps(&self) -> Vec<String> {
        let form = self.form;
        let mut helps = Vec::new();
        if self.held > 0 {
            helps.push(format!(
                "Held: counterfoil held list --form {form} (console: Held)"
            ));
        }
        if self.failed > 0 {
            helps.push(format!(
                "Failed: counterfoil dead-letters list --form {form} (console: Failures)"
            ));
        }
        for of in &self.erased {
            helps.push(format!("Erased, forget what you were told of it: {of}"));
        }
        helps
    }

    fn more(&self) -> Option<String> {
        let more = self
            .stored
            .len()
            .checked_sub(SHOWN)
            .filter(|more| *more > 0)?;
        Some(format!("And {more} more."))
    }
}

fn counts<const N: usize>(counts: [(usize, &str); N]) -> String {
    let some = counts.into_iter().filter(|(count, _)| *count > 0);
    let words: Vec<_> = some
        .map(|(count, word)| format!("{count} {word}"))
        .collect();
    words.join(", ")
}

/// The first fields that are shown, each on one line.
fn excerpt(telling: &Telling<'_>) -> Vec<(String, String)> {
    let lines = telling.lines().into_iter().take(FIELDS);
    let short = |value: String| {
        let line = value.split_whitespace().collect::<Vec<_>>().join(" ");
        match line.char_indices().nth(EXCERPT) {
            Some((end, _)) => format!("{}…", &line[..end]),
            None => line,
        }
    };
    lines.map(|(title, value)| (title, short(value))).collect()
}

#[cfg(test)]
#[path = "digest_tests.rs"]
mod tests;
