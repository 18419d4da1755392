//! Every text of ours that a person may read on a page, one constant per language, each in a file of its own. A
//! form's own words are its own. (The English of what is wrong with a field is `core`'s, because answers in JSON have it
//! too.)

mod chinese;
mod english;

use chinese::CHINESE;
use counterfoil_core::Format;
use counterfoil_core::rejection::FieldProblem;
use counterfoil_core::status::{Reason, TicketState};
use english::ENGLISH;

/// The texts of one language.
pub(crate) struct Texts {
    /// Above a form that an address has filled in.
    pub filled_in: &'static str,
    /// Before the window's title of a refused form.
    pub error_prefix: &'static str,
    /// Above the list of what is wrong.
    pub problems_title: &'static str,
    /// Below it.
    pub nothing_lost: &'static str,
    /// Between a name and what is said of it.
    pub colon: &'static str,
    /// After the label of a field that may stay empty.
    pub optional: &'static str,
    /// The choice that is none, in a list.
    pub choose: &'static str,
    /// The choice that is none, among radio buttons.
    pub no_answer: &'static str,
    /// The label of the field that people do not see.
    pub leave_empty: &'static str,
    /// Above what was posted and no control can show.
    pub leftovers: &'static str,
    /// The button.
    pub send: &'static str,
    /// Beside the button.
    pub promise: &'static str,
    /// When it was submitted.
    pub submitted: &'static str,
    /// Before the time at which it was marked as seen.
    pub seen_on: &'static str,
    /// Before the time at which it was marked as answered.
    pub answered_on: &'static str,
    /// Above the ticket.
    pub ticket: &'static str,
    /// What it is good for.
    pub keep_ticket: &'static str,
    /// The button that copies the ticket's address.
    pub copy: &'static str,
    /// On it, when that is done.
    pub copied: &'static str,
    /// The button that prints the page.
    pub print: &'static str,
    /// The link to look again at once.
    pub look_now: &'static str,
    /// The link to the form.
    pub back: &'static str,
    /// The link to all forms, on a page that leads to none.
    pub all_forms: &'static str,
    /// Above the list of forms.
    pub forms: &'static str,
    /// Instead of it.
    pub no_forms: &'static str,
    /// How often the page looks again.
    pub looks_again: fn(u32) -> String,
    /// How to write a value of a format that has no control of its own.
    pub hint: fn(Format) -> Option<&'static str>,
    /// What is wrong with a field.
    pub problem: fn(&FieldProblem) -> String,
    /// A refusal that is not about one field, by the name of its problem type, where it is not said in English.
    pub refusal: fn(&str) -> Option<Refusal>,
    /// On a page of another site, while a script sends.
    pub sending: &'static str,
    /// There, when it was accepted.
    pub sent: &'static str,
    /// There, when fields are wrong.
    pub not_sent: &'static str,
    /// There, after several tries.
    pub no_answer_yet: &'static str,
    /// There, the link to the ticket.
    pub your_ticket: &'static str,
    /// Why it failed.
    pub reason: fn(&Reason) -> String,
    /// What became of it.
    pub state: fn(TicketState) -> StateText,
}

/// What is said of a refusal.
pub(crate) struct Refusal {
    /// The heading.
    pub title: &'static str,
    /// What happened, and what to do.
    pub detail: &'static str,
}

/// What is said of a state.
pub(crate) struct StateText {
    /// One or two words.
    pub stamp: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What it means for the reader.
    pub detail: &'static str,
}

/// What a refusal is called and says in `language`, by the name of its problem type: (title, detail). `None`: it is said
/// in English.
#[must_use]
pub fn refusal(language: &str, name: &str) -> Option<(&'static str, &'static str)> {
    (Texts::in_language(language).refusal)(name).map(|refusal| (refusal.title, refusal.detail))
}

/// The text of a link to all forms, in `language`.
#[must_use]
pub fn all_forms(language: &str) -> &'static str {
    Texts::in_language(language).all_forms
}

/// What is wrong with a field, in `language`.
#[must_use]
pub fn field_problem(language: &str, problem: &FieldProblem) -> String {
    (Texts::in_language(language).problem)(problem)
}

impl Texts {
    /// The texts for a BCP 47 tag: Chinese for `zh` and all its kin, English for every other.
    pub fn in_language(language: &str) -> &'static Self {
        let primary = language.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") {
            &CHINESE
        } else {
            &ENGLISH
        }
    }
}

const fn state(stamp: &'static str, title: &'static str, detail: &'static str) -> StateText {
    StateText {
        stamp,
        title,
        detail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, send: &str) {
        assert_eq!(Texts::in_language(language).send, send, "{language}");
    }

    #[test]
    fn core_knows_which_languages_have_texts() {
        assert_eq!(
            counterfoil_core::form::LANGUAGES,
            ["en", "zh"],
            "`forms check` tells them"
        );
        assert!(
            std::ptr::eq(Texts::in_language("en"), &ENGLISH)
                && std::ptr::eq(Texts::in_language("zh"), &CHINESE)
        );
    }

    #[test]
    fn the_language_is_found_by_its_first_part() {
        for chinese in ["zh", "zh-CN", "ZH-Hant-TW"] {
            check(chinese, "提交");
        }
        for other in ["en", "en-GB", "fr", "zha", ""] {
            check(other, "Send");
        }
    }
}
