//! A form's field as a person meets it: which control suits its schema. Knows nothing of HTML.

use counterfoil_core::format::Input;
use counterfoil_core::{Form, Format};
use serde_json::Value;

/// Text with more room than this gets several lines.
const LINE: u64 = 300;
/// Up to this many choices are shown at once, more in a list that opens.
const RADIOS: usize = 4;
/// Names of fields that are prose, where the schema sets no bound.
const PROSE: [&str; 9] = [
    "message",
    "comment",
    "comments",
    "feedback",
    "description",
    "details",
    "notes",
    "question",
    "body",
];

/// One field.
pub(crate) struct Field<'a> {
    /// As posted.
    pub name: &'a str,
    /// The schema's `title`, else the name.
    pub label: &'a str,
    /// The schema's `description`.
    pub hint: Option<&'a str>,
    /// Must it be filled in?
    pub required: bool,
    /// How it is asked for.
    pub control: Control<'a>,
    /// The schema's `x-autocomplete`: the owner knows best.
    pub token: Option<&'a str>,
}

/// How a field is asked for.
pub(crate) enum Control<'a> {
    /// One line of text.
    Line(Line),
    /// Several lines.
    Area,
    /// One box to tick.
    Tick,
    /// One of a few choices, all in sight.
    Radios(Vec<Choice<'a>>),
    /// One of many choices.
    Select(Vec<Choice<'a>>),
    /// Any number of choices.
    Ticks(Vec<Choice<'a>>),
    /// So many lines of the same name.
    Lines(usize),
}

/// What a line is for.
pub(crate) struct Line {
    /// Its purpose.
    pub kind: LineKind,
    /// The schema's `format`.
    pub format: Option<Format>,
    /// The schema's `maxLength`.
    pub max: Option<u64>,
}

/// Which keyboard and which help a line gets.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum LineKind {
    /// Anything.
    Text,
    /// An e-mail address.
    Email,
    /// A web address.
    Url,
    /// A telephone number.
    Tel,
    /// A day.
    Date,
    /// A time of day, without an offset from UTC.
    Time,
    /// A day and a time, without an offset from UTC.
    DateTime,
    /// Digits only.
    Digits,
    /// Digits and a point.
    Decimal,
}

impl LineKind {
    /// As its format wants it.
    const fn for_format(format: Format) -> Self {
        match format.record().input {
            Input::Text => Self::Text,
            Input::Email => Self::Email,
            Input::Url => Self::Url,
            Input::Date => Self::Date,
            Input::Time => Self::Time,
            Input::DateTime => Self::DateTime,
        }
    }

    fn autocomplete(self) -> Option<&'static str> {
        match self {
            Self::Email => Some("email"),
            Self::Url => Some("url"),
            Self::Tel => Some("tel"),
            Self::Text
            | Self::Date
            | Self::Time
            | Self::DateTime
            | Self::Digits
            | Self::Decimal => None,
        }
    }
}

/// One choice.
pub(crate) struct Choice<'a> {
    /// As posted.
    pub value: String,
    /// As shown, where it is not the value.
    pub label: Option<&'a str>,
}

/// The form's fields in their order.
pub(crate) fn fields(form: &Form) -> Vec<Field<'_>> {
    form.schema
        .properties()
        .map(|(name, node)| field(form, name, node))
        .collect()
}

fn field<'a>(form: &'a Form, name: &'a str, node: &'a Value) -> Field<'a> {
    Field {
        name,
        label: text(node, "title")
            .filter(|title| !title.is_empty())
            .unwrap_or(name),
        hint: text(node, "description").filter(|hint| !hint.is_empty()),
        required: form.schema.requires(name),
        token: text(node, "x-autocomplete").filter(|token| is_token(token)),
        control: if wants(node, "array") {
            list(form, node)
        } else {
            single(name, node)
        },
    }
}

fn single<'a>(name: &'a str, node: &'a Value) -> Control<'a> {
    let choices = choices(node);
    let max = node.get("maxLength").and_then(Value::as_u64);
    let kind = kind(name, node);
    if wants(node, "boolean") {
        Control::Tick
    } else if choices.len() > RADIOS {
        Control::Select(choices)
    } else if !choices.is_empty() {
        Control::Radios(choices)
    } else if kind == LineKind::Text
        && max.map_or(PROSE.contains(&plain(name).as_str()), |max| max > LINE)
    {
        Control::Area
    } else {
        Control::Line(Line {
            kind,
            format: format(node),
            max,
        })
    }
}

fn list<'a>(form: &'a Form, node: &'a Value) -> Control<'a> {
    let choices = node
        .get("items")
        .map(|items| choices(form.schema.resolve(items)))
        .unwrap_or_default();
    if !choices.is_empty() {
        return Control::Ticks(choices);
    }
    let bound = |keyword| {
        node.get(keyword)
            .and_then(Value::as_u64)
            .and_then(|n| usize::try_from(n).ok())
    };
    // Without a script no line can be added, so a few are shown; a page of hundreds would help nobody.
    let least = bound("minItems").unwrap_or(0).clamp(3, 20);
    Control::Lines(bound("maxItems").map_or(least, |most| least.min(most.max(1))))
}

fn kind(name: &str, node: &Value) -> LineKind {
    let signed = node
        .get("minimum")
        .and_then(Value::as_f64)
        .is_none_or(|least| least < 0.0);
    match format(node) {
        Some(format) => LineKind::for_format(format),
        // The keyboards for numbers of some telephones have no minus.
        None if wants(node, "integer") && !signed => LineKind::Digits,
        None if wants(node, "number") && !signed => LineKind::Decimal,
        None if ["tel", "phone", "telephone", "mobile"].contains(&plain(name).as_str()) => {
            LineKind::Tel
        }
        None => LineKind::Text,
    }
}

/// `enum`, or `oneOf` of constants with titles.
fn choices(node: &Value) -> Vec<Choice<'_>> {
    let listed = |keyword| {
        node.get(keyword)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
    };
    let plain = listed("enum").map(|value| (value, None));
    let titled = listed("oneOf").filter_map(|one| Some((one.get("const")?, text(one, "title"))));
    plain
        .chain(titled)
        .filter_map(|(value, label)| {
            Some(Choice {
                value: posted(value)?,
                label,
            })
        })
        .collect()
}

/// A constant as a browser would post it; null, lists and objects cannot be posted.
pub(crate) fn posted(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Bool(_) | Value::Number(_) => Some(value.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn format(node: &Value) -> Option<Format> {
    Format::parse(text(node, "format")?)
}

fn text<'a>(node: &'a Value, keyword: &str) -> Option<&'a str> {
    node.get(keyword).and_then(Value::as_str)
}

fn wants(node: &Value, name: &str) -> bool {
    match node.get("type") {
        Some(Value::String(one)) => one == name,
        Some(Value::Array(many)) => many.iter().any(|one| one == name),
        _ => false,
    }
}

/// Words of HTML's `autocomplete`, not checked against its list: that grows.
fn is_token(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b" -".contains(&b))
}

/// `First_Name`, `firstName` and `first-name` are one word.
fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

impl Field<'_> {
    /// The id of its (first) control.
    pub fn id(&self) -> String {
        format!("field-{}", slug(self.name))
    }

    /// The id of its hint.
    pub fn hint_id(&self) -> String {
        format!("hint-{}", slug(self.name))
    }

    /// The id of its errors.
    pub fn error_id(&self) -> String {
        format!("error-{}", slug(self.name))
    }

    /// The token by which a browser knows what to fill in (WCAG 1.3.5).
    pub fn autocomplete(&self) -> Option<&str> {
        self.token.or_else(|| self.usual_token())
    }

    fn usual_token(&self) -> Option<&'static str> {
        match plain(self.name).as_str() {
            "name" | "fullname" | "yourname" => Some("name"),
            "firstname" | "givenname" => Some("given-name"),
            "lastname" | "surname" | "familyname" => Some("family-name"),
            "organization" | "organisation" | "company" => Some("organization"),
            "jobtitle" => Some("organization-title"),
            "nickname" => Some("nickname"),
            "address" | "streetaddress" => Some("street-address"),
            "addressline1" | "street" => Some("address-line1"),
            "addressline2" => Some("address-line2"),
            "state" | "province" | "region" => Some("address-level1"),
            "countrycode" => Some("country"),
            "postcode" | "postalcode" | "zip" | "zipcode" => Some("postal-code"),
            "city" | "town" => Some("address-level2"),
            "country" => Some("country-name"),
            "birthday" | "birthdate" | "dateofbirth" => Some("bday"),
            _ => self.line().and_then(|line| line.kind.autocomplete()),
        }
    }

    /// Its line, where that is what it is asked for in.
    pub fn line(&self) -> Option<&Line> {
        if let Control::Line(line) = &self.control {
            Some(line)
        } else {
            None
        }
    }

    /// Is this value, the `nth` of its name, to be seen in the control?
    pub fn shows(&self, nth: usize, value: &str) -> bool {
        let known = |choices: &[Choice<'_>]| choices.iter().any(|choice| choice.value == value);
        match &self.control {
            Control::Line(_) | Control::Area => nth == 0,
            Control::Tick => {
                nth == 0 && (is_ticked(value) || matches!(value, "false" | "off" | "0"))
            }
            Control::Radios(choices) | Control::Select(choices) => nth == 0 && known(choices),
            Control::Ticks(choices) => known(choices),
            Control::Lines(_) => true,
        }
    }
}

/// What a ticked box may have posted.
pub(crate) fn is_ticked(value: &str) -> bool {
    matches!(value, "true" | "on" | "1")
}

/// A name as part of an id: no spaces (they part ids in `aria-describedby`), and no two names alike.
pub(crate) fn slug(name: &str) -> String {
    let one = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            c.to_string()
        } else {
            format!(".{:x}.", c as u32)
        }
    };
    name.chars().map(one).collect()
}
