//! What is no fault in a form's definition and may all the same not be meant.

use serde_json::Value;

use super::definition::{as_sent, dotted};
use super::faults::{Faults, FormFault};
use super::source::Source;
use super::{Form, LANGUAGES, Mode, sendable};
use crate::format::Format;
use crate::json::{MAX_VALUE, child};
use crate::suggest::nearest;

/// A JSON Pointer into the definition, and what to think about there.
type Thought = (String, String);

pub(super) fn advice(form: &Form, text: &str) -> Vec<FormFault> {
    let Some(source) = Source::parse(text, &mut Faults::default()) else {
        return Vec::new();
    };
    let written = of_the_whole(form)
        .into_iter()
        .chain(old_notify(&source))
        .chain(origins(&source))
        .chain(honeypot(form))
        .chain(redirect(form));
    let thoughts = written
        .chain(sendable::doubts(form).into_iter().map(named))
        .chain(required(form))
        .chain(of_the_fields(form));
    thoughts
        .map(|(pointer, message)| FormFault::at(text, source.locate(&pointer), message))
        .collect()
}

fn of_the_whole(form: &Form) -> Vec<Thought> {
    let mut thoughts = Vec::new();
    if !form.enabled {
        thoughts.push((
            "/enabled".into(),
            "the form is closed: its page and posts are refused".into(),
        ));
    }
    if form.mode == Mode::Observe {
        let message = "nothing is refused by the schema: what would have been is recorded".into();
        thoughts.push(("/mode".into(), message));
    }
    if form.framed && form.framers().next().is_none() {
        let message = "nobody may show the page in a frame: list the pages' origins in `origins`";
        thoughts.push(("/framed".into(), message.into()));
    }
    let primary = form.language.split('-').next().unwrap_or_default();
    if !LANGUAGES
        .iter()
        .any(|known| known.eq_ignore_ascii_case(primary))
    {
        let message = format!(
            "the page's own words, such as those of a mistake, are English in this language: texts are there for {}",
            LANGUAGES.join(" and ")
        );
        thoughts.push(("/language".into(), message));
    }
    if form.schema.properties().next().is_none() {
        thoughts.push((
            "/schema".into(),
            "there are no properties, so the page has no field to fill in".into(),
        ));
    }
    thoughts
}

/// What a former version read: it tells nobody.
fn old_notify(source: &Source<'_>) -> Option<Thought> {
    let is_old = source.value("notify")?.get_ref().is_table();
    let message = "notify: is of a former version and tells nobody; write [[notify]], and below it to = \"NAME\", a receiver \
                   of receivers.toml, and fields = true where it is shown what was submitted";
    is_old.then(|| ("/notify".into(), message.into()))
}

/// An origin that was read otherwise than it is written.
fn origins(source: &Source<'_>) -> Vec<Thought> {
    let written = source.texts("origins").enumerate();
    let other = written.filter_map(|(nth, text)| {
        as_sent(text)
            .filter(|sent| !sent.eq_ignore_ascii_case(text))
            .map(|sent| (nth, text, sent))
    });
    other
        .map(|(nth, text, sent)| {
            (
                format!("/origins/{nth}"),
                format!("{text:?} is taken as \"{sent}\", which is what a browser sends for it"),
            )
        })
        .collect()
}

/// Words by which browsers and password managers know a field that they fill in.
const FILLED: [&str; 26] = [
    "name",
    "firstname",
    "lastname",
    "fullname",
    "email",
    "mail",
    "phone",
    "telephone",
    "tel",
    "mobile",
    "address",
    "street",
    "city",
    "town",
    "zip",
    "zipcode",
    "postcode",
    "postalcode",
    "country",
    "state",
    "company",
    "organization",
    "organisation",
    "username",
    "password",
    "birthday",
];

/// A trap that fills itself holds what people send.
fn honeypot(form: &Form) -> Option<Thought> {
    let name = form.honeypot.as_ref()?;
    let letters = name.chars().filter(|sign| sign.is_alphanumeric());
    let plain: String = letters.flat_map(char::to_lowercase).collect();
    let message = format!(
        "honeypot: browsers and password managers fill in a field called {name:?}, and whoever fills it is held; choose a name \
         that is nobody's, such as \"website\""
    );
    FILLED
        .contains(&plain.as_str())
        .then(|| ("/honeypot".into(), message))
}

/// A path leads to the host that was posted to, where no page is but ours.
fn redirect(form: &Form) -> Option<Thought> {
    let path = form
        .redirect
        .as_ref()
        .filter(|target| target.starts_with('/'))?;
    let ours = ["/forms/", "/tickets/"]
        .iter()
        .any(|ours| path.starts_with(ours));
    let message = "redirect: leads to a page of the host that takes the posts, which is not found there unless a proxy in front \
                   of it has one; give the whole address, such as \"https://example.org/thanks\"";
    (!ours).then(|| ("/redirect".into(), message.into()))
}

/// A name in `required` that no property has: on the page there is no field for it.
fn required(form: &Form) -> Vec<Thought> {
    let names = form
        .schema
        .source()
        .get("required")
        .and_then(Value::as_array)
        .into_iter()
        .flatten();
    let missing = names
        .enumerate()
        .filter_map(|(nth, name)| Some((nth, name.as_str()?)));
    let missing = missing.filter(|(_, name)| form.schema.property(name).is_none());
    missing
        .map(|(nth, name)| {
            let meant = nearest(name, form.schema.properties().map(|(name, _)| name));
            let mend = meant.map_or_else(
                || "add it or take it out".into(),
                |meant| format!("did you mean {meant:?}?"),
            );
            let message = format!(
                "{name:?} is required and is no property, so the page cannot be sent; {mend}"
            );
            (format!("/schema/required/{nth}"), message)
        })
        .collect()
}

fn of_the_fields(form: &Form) -> Vec<Thought> {
    let fields = form.schema.properties();
    fields
        .flat_map(|(name, node)| {
            let here = child("/schema/properties", name);
            let required = form.schema.requires(name);
            let asked =
                of_a_field(node, required).map(|(key, message)| (format!("{here}{key}"), message));
            let rules = [default(node), too_long(node), idle(node)]
                .into_iter()
                .flatten();
            let rules = rules.map(|(key, message)| named((format!("{here}/{key}"), message)));
            asked.into_iter().chain(rules).collect::<Vec<_>>()
        })
        .collect()
}

/// With the place before the words, as faults have it.
fn named((pointer, message): Thought) -> Thought {
    let message = format!("{}: {message}", dotted(&pointer));
    (pointer, message)
}

/// A `default` that is none of the choices.
fn default(node: &Value) -> Option<(&'static str, String)> {
    let given = node.get("default")?;
    let stray = match (choices(node), node.get("items").and_then(choices), given) {
        (Some(choices), ..) => !choices.contains(given),
        (None, Some(choices), Value::Array(given)) => {
            given.iter().any(|given| !choices.contains(given))
        }
        (None, ..) => false,
    };
    stray.then(|| {
        (
            "default",
            "is none of the choices in `enum`, so the page does not choose it; take one of them"
                .into(),
        )
    })
}

/// What holds for an object only: in TOML it belongs to the table whose head stands above it.
fn idle(node: &Value) -> Option<(&'static str, String)> {
    let kind = node
        .get("type")
        .and_then(Value::as_str)
        .filter(|kind| *kind != "object")?;
    let key = ["required", "additionalProperties"]
        .into_iter()
        .find(|key| node.get(key).is_some())?;
    Some((
        key,
        format!(
            "holds for nothing here, in a field of type {kind:?}; for the form, move it up to [schema]"
        ),
    ))
}

fn choices(node: &Value) -> Option<&Vec<Value>> {
    node.get("enum")?.as_array()
}

fn too_long(node: &Value) -> Option<(&'static str, String)> {
    let most = node.get("maxLength").and_then(Value::as_f64)?;
    let message = || {
        format!(
            "promises more than is taken: a text has at most {MAX_VALUE} bytes, and 10000 characters always fit"
        )
    };
    (most > MAX_VALUE as f64).then(|| ("maxLength", message()))
}

fn of_a_field(node: &Value, required: bool) -> Option<(&'static str, String)> {
    let names = |wanted: &str| match node.get("type") {
        Some(Value::String(one)) => one == wanted,
        Some(Value::Array(many)) => many.iter().any(|one| one == wanted),
        _ => false,
    };
    let items = || {
        node.get("items")
            .and_then(|items| items.get("type"))
            .and_then(Value::as_str)
    };
    if names("object") || names("array") && matches!(items(), Some("object" | "array")) {
        return Some((
            "/type",
            "a page cannot ask for this: only programs that send JSON can give it".into(),
        ));
    }
    if names("boolean") && required && node.get("const").is_none() {
        let message = "a box that is not ticked sends nothing, so from a page this is always true; say `const = true` if \
                       that is meant, or take it out of `required`";
        return Some(("", message.into()));
    }
    let format = node
        .get("format")
        .and_then(Value::as_str)
        .and_then(Format::parse)?;
    let instead = format.record().browsers_own?.as_str();
    let message =
        format!("asks for an offset from UTC, which no browser sends; \"{instead}\" does not");
    Some(("/format", message))
}
