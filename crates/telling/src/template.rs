//! A template without logic: text in which `{{name}}` stands for what is told. What goes in is escaped for where it goes,
//! so that no submitted text becomes more than text.

use counterfoil_core::suggest::mend;

/// What a name in a template stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    Written(String),
    Name(Name),
    Field(String),
}

/// The names that every template may use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    Text,
    Title,
    Form,
    Id,
    State,
    Seq,
    Time,
}

impl Name {
    const ALL: [Self; 7] = [
        Self::Text,
        Self::Title,
        Self::Form,
        Self::Id,
        Self::State,
        Self::Seq,
        Self::Time,
    ];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Title => "title",
            Self::Form => "form",
            Self::Id => "id",
            Self::State => "state",
            Self::Seq => "seq",
            Self::Time => "time",
        }
    }
}

/// How what goes in is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    Json,
    Form,
    Markup,
    Plain,
}

/// A template that was read and tried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Template {
    places: Vec<Place>,
    escape: Escape,
    content_type: String,
}

/// What is wrong with a template, by the key to mend.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TemplateFault {
    Body(String),
    ContentType(String),
}

impl Template {
    /// Reads a template whose result is of this content type.
    pub(crate) fn parse(text: &str, content_type: &str) -> Result<Self, TemplateFault> {
        let base = content_type.split(';').next().unwrap_or_default().trim();
        let escape = match base {
            "application/x-www-form-urlencoded" => Escape::Form,
            "text/plain" => Escape::Plain,
            json if json == "application/json" || json.ends_with("+json") => Escape::Json,
            markup if ["text/html", "text/xml", "application/xml"].contains(&markup) => {
                Escape::Markup
            }
            _ => {
                let message = "give application/json, application/x-www-form-urlencoded, text/plain, text/html or \
                               application/xml: the text is escaped for it";
                return Err(TemplateFault::ContentType(message.into()));
            }
        };
        if !content_type.bytes().all(|b| (b' '..=b'~').contains(&b)) {
            let message = "give plain characters on one line".into();
            return Err(TemplateFault::ContentType(message));
        }
        let template = Self {
            places: places(text).map_err(TemplateFault::Body)?,
            escape,
            content_type: content_type.to_owned(),
        };
        let sample = template.fill(&|_| "1".into(), &|_| "1".into());
        if escape == Escape::Json && serde_json::from_str::<serde_json::Value>(&sample).is_err() {
            let message = "is no JSON once it is filled in; put {{…}} between quotes";
            return Err(TemplateFault::Body(message.into()));
        }
        Ok(template)
    }

    /// The content type of the result.
    pub(crate) fn content_type(&self) -> &str {
        &self.content_type
    }

    /// The text with everything filled in, by what names and fields stand for.
    pub(crate) fn fill(
        &self,
        name: &dyn Fn(Name) -> String,
        field: &dyn Fn(&str) -> String,
    ) -> String {
        let filled = self.places.iter().map(|place| match place {
            Place::Written(text) => text.clone(),
            Place::Name(known) => self.escape.escape(&name(*known)),
            Place::Field(known) => self.escape.escape(&field(known)),
        });
        filled.collect()
    }
}

fn places(text: &str) -> Result<Vec<Place>, String> {
    let mut places = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((name, behind)) = after.split_once("}}") else {
            return Err("has {{ without }}".into());
        };
        places.push(Place::Written(before.to_owned()));
        places.push(place(name.trim())?);
        rest = behind;
    }
    places.push(Place::Written(rest.to_owned()));
    Ok(places)
}

fn place(name: &str) -> Result<Place, String> {
    if let Some(field) = name.strip_prefix("fields.") {
        return Ok(Place::Field(field.to_owned()));
    }
    let known = Name::ALL.into_iter().find(|known| known.as_str() == name);
    let words = Name::ALL.map(Name::as_str);
    known.map(Place::Name).ok_or_else(|| {
        format!(
            "nothing is called {name:?}; {}, fields.NAME",
            mend(name, &words)
        )
    })
}

impl Escape {
    fn escape(self, text: &str) -> String {
        match self {
            Self::Json => {
                let quoted = serde_json::Value::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            Self::Form => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            Self::Markup => markup(text),
            Self::Plain => text.to_owned(),
        }
    }
}

/// Text as HTML and XML have it.
pub(crate) fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            other => out.push(other),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_stays_text_in_every_content_type() {
        let hostile = "\"},{\"a\":1}\n<b>&amp=1";
        for (body, kind, expected) in [
            (
                "{\"t\":\"{{text}}\"}",
                "application/json",
                r#"{"t":"\"},{\"a\":1}\n<b>&amp=1"}"#,
            ),
            (
                "t={{text}}",
                "application/x-www-form-urlencoded",
                "t=%22%7D%2C%7B%22a%22%3A1%7D%0A%3Cb%3E%26amp%3D1",
            ),
            (
                "<t>{{ fields.x }}</t>",
                "text/html; charset=utf-8",
                "<t>&quot;},{&quot;a&quot;:1}\n&lt;b&gt;&amp;amp=1</t>",
            ),
            ("{{text}}", "text/plain", hostile),
        ] {
            let template = Template::parse(body, kind).unwrap();
            let filled = template.fill(&|_| hostile.into(), &|_| hostile.into());
            assert_eq!(filled, expected);
        }
    }

    #[test]
    fn what_is_filled_in_is_not_read_again() {
        let template = Template::parse("{{text}}", "text/plain").unwrap();
        assert_eq!(
            template.fill(&|_| "{{id}}".into(), &|_| String::new()),
            "{{id}}"
        );
    }

    #[test]
    fn a_slip_is_told() {
        for (body, kind, expected) in [
            ("{{txt}}", "text/plain", "did you mean \"text\"?"),
            ("{{text", "text/plain", "{{ without }}"),
            ("{\"t\":{{text}} x}", "application/json", "no JSON"),
            ("x", "image/png", "give application/json"),
        ] {
            let fault = Template::parse(body, kind).unwrap_err();
            let (TemplateFault::Body(said) | TemplateFault::ContentType(said)) = fault;
            assert!(said.contains(expected), "{said}");
        }
    }
}
