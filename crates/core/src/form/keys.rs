//! Every key of a form's file by its table, with what to give for it.

use toml::de::DeValue;

use crate::captcha::CaptchaProvider;
use crate::schema::Around;
use crate::suggest::nearest;

/// What a form's schema is told of the names that stand around it.
pub(super) const AROUND_THE_SCHEMA: Around = Around {
    misplaced,
    nearly_misplaced,
};

/// What is written for a key.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Text,
    OneOf(&'static [&'static str]),
    Flag,
    Whole,
    Texts,
    /// `true`, `false`, or a list of texts.
    FlagOrTexts,
    Table,
    /// Tables under one `[[name]]`; a single table is for whoever reads it to judge.
    Tables,
}

/// A key: its name, what is written for it, and words that go on from "give", but where the choices say it.
pub(super) type Key = (&'static str, Shape, &'static str);

const RATE: &[Key] = &[
    ("count", Shape::Whole, "a whole number of 1 to 1000000"),
    ("per", Shape::OneOf(&["minute", "hour", "day"]), ""),
];
const A_RATE: &str = "a rate, such as { count = 100, per = \"day\" }";

const NOTIFY: &[Key] = &[
    (
        "to",
        Shape::Text,
        "a receiver's name, as in receivers.toml: 1 to 32 characters of a-z, 0-9 and -",
    ),
    (
        "on",
        Shape::Texts,
        "a list, such as [\"stored\", \"failed\"]",
    ),
    (
        "fields",
        Shape::FlagOrTexts,
        "true, or a list of the form's fields, such as [\"email\"]",
    ),
    ("reply_to", Shape::Text, "a field's name, in quotes"),
];

/// What is below `schema` is JSON Schema's own.
const TABLES: [(&str, &[Key]); 8] = [
    (
        "",
        &[
            ("title", Shape::Text, "the page's heading, in quotes"),
            ("intro", Shape::Text, "a sentence, in quotes"),
            ("language", Shape::Text, "a tag such as \"en\" or \"zh\""),
            ("button", Shape::Text, "the button's label, in quotes"),
            ("thanks", Shape::Text, "a sentence, in quotes"),
            ("enabled", Shape::Flag, "true or false"),
            ("mode", Shape::OneOf(&["enforce", "observe"]), ""),
            (
                "origins",
                Shape::Texts,
                "a list, such as [\"https://example.org\"]",
            ),
            (
                "redirect",
                Shape::Text,
                "an address, such as \"https://example.org/thanks\"",
            ),
            (
                "ignore",
                Shape::Texts,
                "a list of names that are no fields, such as [\"submit\"]",
            ),
            ("honeypot", Shape::Text, "a field's name, in quotes"),
            (
                "captcha",
                Shape::Table,
                "a table [captcha] with provider, site_key and secret_env",
            ),
            (
                "budget",
                Shape::Table,
                "a table [budget] with per_form or per_address",
            ),
            ("burst", Shape::Table, A_RATE),
            (
                "notify",
                Shape::Tables,
                "[[notify]], and below it to = \"NAME\"",
            ),
            (
                "copy",
                Shape::Table,
                "a table [copy] with to, subject, text and per_day",
            ),
            (
                "summary",
                Shape::Texts,
                "a list of the form's fields, such as [\"name\", \"message\"]",
            ),
            ("framed", Shape::Flag, "true or false"),
            ("show_seen", Shape::Flag, "true or false"),
            (
                "retention_days",
                Shape::Whole,
                "a whole number of 1 to 36500",
            ),
            (
                "schema",
                Shape::Table,
                "a table [schema] with type = \"object\" and the form's fields",
            ),
        ],
    ),
    (
        "captcha",
        &[
            ("provider", Shape::OneOf(&CaptchaProvider::NAMES), ""),
            (
                "site_key",
                Shape::Text,
                "the public site key, as the provider shows it",
            ),
            (
                "secret_env",
                Shape::Text,
                "the name of the environment variable that holds the secret",
            ),
            ("action", Shape::Text, "the action's name, in quotes"),
            (
                "hosts",
                Shape::Texts,
                "a list of host names, such as [\"example.org\"]",
            ),
        ],
    ),
    (
        "budget",
        &[
            ("per_form", Shape::Table, A_RATE),
            ("per_address", Shape::Table, A_RATE),
        ],
    ),
    ("budget.per_form", RATE),
    ("budget.per_address", RATE),
    ("burst", RATE),
    ("notify", NOTIFY),
    (
        "copy",
        &[
            ("to", Shape::Text, "the field that holds the address"),
            ("subject", Shape::Text, "one line, in quotes"),
            ("text", Shape::Text, "the mail's text, in quotes"),
            (
                "tickets",
                Shape::Text,
                "where tickets are answered, such as \"https://forms.example.org\"",
            ),
            ("per_day", Shape::Whole, "a whole number of 1 to 100000"),
        ],
    ),
];

/// Those that have to be there, of a table that is.
const NEEDED: [&str; 12] = [
    "title",
    "notify.to",
    "copy.to",
    "copy.subject",
    "copy.text",
    "copy.per_day",
    "schema",
    "captcha.provider",
    "captcha.site_key",
    "captcha.secret_env",
    "count",
    "per",
];

/// The keys of a table; `None`: a table whose keys are judged elsewhere.
pub(super) fn keys(path: &str) -> Option<&'static [Key]> {
    TABLES
        .iter()
        .find(|(known, _)| *known == path)
        .map(|(_, keys)| *keys)
}

/// Has the key to be there, in a table that is?
pub(super) fn is_needed(full: &str, name: &str) -> bool {
    NEEDED.contains(&full) || NEEDED.contains(&name)
}

/// A key's name with those of the tables around it.
pub(super) fn full(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

/// What to do with a key that stands in a table and is one of the whole form's: whatever follows a `[table]` is in it.
pub(super) fn misplaced(name: &str) -> Option<String> {
    Some(format!("`{name}` is {}", of_the_form(name)?))
}

/// What to do with a name that is near to one of the form's keys.
fn nearly_misplaced(name: &str) -> Option<String> {
    let meant = nearest(name, keys("")?.iter().map(|(known, ..)| *known))?;
    Some(format!(
        "did you mean \"{meant}\"? It is {}",
        of_the_form(meant)?
    ))
}

fn of_the_form(name: &str) -> Option<String> {
    let (_, shape, _) = keys("")?.iter().find(|(known, ..)| *known == name)?;
    let other = match shape {
        Shape::Table => format!(", or write it as [{name}]"),
        Shape::Tables => format!(", or write it as [[{name}]]"),
        Shape::Text
        | Shape::OneOf(_)
        | Shape::Flag
        | Shape::Whole
        | Shape::Texts
        | Shape::FlagOrTexts => String::new(),
    };
    Some(format!(
        "a key of the form: move it above the first [table]{other}"
    ))
}

impl Shape {
    /// The words that go on from "give": the key's own, or its choices.
    pub(super) fn give(self, words: &'static str) -> String {
        let Self::OneOf(choices) = self else {
            return words.to_owned();
        };
        let quoted: Vec<_> = choices
            .iter()
            .map(|choice| format!("\"{choice}\""))
            .collect();
        match quoted.split_last() {
            Some((last, [])) => last.clone(),
            Some((last, before)) => format!("{} or {last}", before.join(", ")),
            None => String::new(),
        }
    }

    /// Is this what has to be written?
    pub(super) fn fits(self, value: &DeValue<'_>) -> bool {
        match self {
            Self::Text => value.is_str(),
            Self::OneOf(choices) => value.as_str().is_some_and(|text| choices.contains(&text)),
            Self::Flag => value.is_bool(),
            Self::Whole => value
                .as_integer()
                .is_some_and(|whole| is_small(&whole.to_string())),
            Self::Texts => value
                .as_array()
                .is_some_and(|all| all.iter().all(|one| one.get_ref().is_str())),
            Self::FlagOrTexts => value.is_bool() || Self::Texts.fits(value),
            Self::Table => value.is_table(),
            Self::Tables => {
                let all = |list: &toml::de::DeArray<'_>| {
                    list.iter().all(|item| item.get_ref().is_table())
                };
                value.is_table() || value.as_array().is_some_and(all)
            }
        }
    }
}

/// One that is not written in tens is left to the reader.
fn is_small(whole: &str) -> bool {
    whole.starts_with('0') || whole.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn choices_are_told_in_words() {
        let told = |choices| Shape::OneOf(choices).give("");
        assert_eq!(
            told(&["minute", "hour", "day"]),
            "\"minute\", \"hour\" or \"day\""
        );
        assert_eq!(told(&["enforce", "observe"]), "\"enforce\" or \"observe\"");
        assert_eq!(
            told(&CaptchaProvider::NAMES),
            "\"turnstile\", \"hcaptcha\" or \"recaptcha\""
        );
    }

    #[test]
    fn every_key_is_explained() {
        let page = include_str!("../../../../docs/forms.md");
        for (table, keys) in TABLES {
            for (key, ..) in keys {
                let is_there = [
                    format!("`{key}`"),
                    format!("\n{key} = "),
                    format!("{{ {key} = "),
                    format!(", {key} = "),
                ];
                assert!(
                    is_there.iter().any(|form| page.contains(form)),
                    "{table}.{key}"
                );
            }
        }
    }
}
