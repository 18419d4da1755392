//! The formats that a text in a form's schema may have: those of JSON Schema 2020-12, and two of the OpenAPI registry that
//! browsers' controls send. All that is known of one is its [`Record`] here, so that another format is a case with its
//! record, and a word in `docs/forms.md`; the compiler and the tests below say what is missing.

mod checks;
mod records;

use records::{
    DATE, DATE_TIME, DATE_TIME_LOCAL, DURATION, EMAIL, HOSTNAME, IPV4, IPV6, IRI, IRI_REFERENCE,
    JSON_POINTER, REGEX, RELATIVE_JSON_POINTER, TIME, TIME_LOCAL, URI, URI_REFERENCE, URI_TEMPLATE,
    UUID,
};
/// What a text has to look like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// An e-mail address.
    Email,
    /// A web address.
    Uri,
    /// A web address, or the part of one.
    UriReference,
    /// A web address in any script.
    Iri,
    /// A web address in any script, or the part of one.
    IriReference,
    /// A web address with gaps.
    UriTemplate,
    /// A day.
    Date,
    /// A time of day with its offset from UTC.
    Time,
    /// A day and a time with its offset from UTC.
    DateTime,
    /// So long.
    Duration,
    /// A time of day, as a browser's control sends it.
    TimeLocal,
    /// A day and a time, as a browser's control sends it.
    DateTimeLocal,
    /// The name of a host.
    Hostname,
    /// An address of the Internet Protocol, version 4.
    Ipv4,
    /// One of version 6.
    Ipv6,
    /// A UUID.
    Uuid,
    /// A place in a JSON document.
    JsonPointer,
    /// A place in a JSON document, from another place on.
    RelativeJsonPointer,
    /// A regular expression.
    Regex,
}

/// All that is known of a format.
#[derive(Debug)]
pub struct Record {
    /// The name in a schema.
    pub name: &'static str,
    /// What people write who mean this one.
    pub other_names: &'static [&'static str],
    /// How a text is checked. `None`: the validator of schemas knows this format by itself.
    pub check: Option<fn(&str) -> bool>,
    /// A text of this format.
    pub example: &'static str,
    /// In which of HTML's inputs it is asked for.
    pub input: Input,
    /// A sentence about a text that is none. `None`: its name has to do.
    pub wrong: Option<Words>,
    /// How to write it, where its input does not help.
    pub hint: Option<Words>,
    /// The format that a browser can send in its place, where it cannot send this one.
    pub browsers_own: Option<Format>,
}

/// A text in each of the languages that pages have texts in.
#[derive(Clone, Copy, Debug)]
pub struct Words {
    /// In English.
    pub english: &'static str,
    /// In Chinese.
    pub chinese: &'static str,
}

/// An input of HTML.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// `text`
    Text,
    /// `email`
    Email,
    /// `url`
    Url,
    /// `date`
    Date,
    /// `time`
    Time,
    /// `datetime-local`
    DateTime,
}

impl Format {
    /// Every format, in the order of its declaration.
    pub const ALL: [Self; 19] = [
        Self::Email,
        Self::Uri,
        Self::UriReference,
        Self::Iri,
        Self::IriReference,
        Self::UriTemplate,
        Self::Date,
        Self::Time,
        Self::DateTime,
        Self::Duration,
        Self::TimeLocal,
        Self::DateTimeLocal,
        Self::Hostname,
        Self::Ipv4,
        Self::Ipv6,
        Self::Uuid,
        Self::JsonPointer,
        Self::RelativeJsonPointer,
        Self::Regex,
    ];

    /// Reads the name in a schema.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.as_str() == name)
    }

    /// The format that people mean who write this for it.
    pub(crate) fn meant_by(other: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.record().other_names.contains(&other))
    }

    /// The name in a schema.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        self.record().name
    }

    /// All that is known of it.
    #[must_use]
    pub const fn record(self) -> &'static Record {
        match self {
            Self::Email => &EMAIL,
            Self::Uri => &URI,
            Self::UriReference => &URI_REFERENCE,
            Self::Iri => &IRI,
            Self::IriReference => &IRI_REFERENCE,
            Self::UriTemplate => &URI_TEMPLATE,
            Self::Date => &DATE,
            Self::Time => &TIME,
            Self::DateTime => &DATE_TIME,
            Self::Duration => &DURATION,
            Self::TimeLocal => &TIME_LOCAL,
            Self::DateTimeLocal => &DATE_TIME_LOCAL,
            Self::Hostname => &HOSTNAME,
            Self::Ipv4 => &IPV4,
            Self::Ipv6 => &IPV6,
            Self::Uuid => &UUID,
            Self::JsonPointer => &JSON_POINTER,
            Self::RelativeJsonPointer => &RELATIVE_JSON_POINTER,
            Self::Regex => &REGEX,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Schema;
    use serde_json::json;

    #[test]
    fn every_format_takes_its_example_and_no_other_text() {
        for format in Format::ALL {
            let field = json!({"type": "string", "format": format.as_str()});
            let schema =
                Schema::compile(json!({"type": "object", "properties": {"a": field}})).unwrap();
            let check = |text: &str| schema.check(json!({"a": text}).as_object().unwrap()).len();
            assert_eq!(check(format.record().example), 0, "{format:?}");
            assert_eq!(check(" <{("), 1, "{format:?}");
        }
    }

    #[test]
    fn every_format_has_a_name_of_its_own_which_the_page_that_explains_forms_has() {
        let page = include_str!("../../../docs/forms.md");
        for format in Format::ALL {
            assert_eq!(Format::parse(format.as_str()), Some(format));
            assert!(
                page.contains(&format!("`{}`", format.as_str())),
                "{format:?}"
            );
            for other in format.record().other_names {
                assert_eq!(
                    (Format::parse(other), Format::meant_by(other)),
                    (None, Some(format)),
                    "{other}"
                );
            }
        }
    }

    #[test]
    fn what_a_browser_asks_for_is_told_in_words_when_it_is_wrong() {
        for format in Format::ALL {
            let Record { input, wrong, .. } = format.record();
            assert!(*input == Input::Text || wrong.is_some(), "{format:?}");
        }
    }
}
