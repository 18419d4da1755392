//! The first lines a newcomer sees.

use std::io::IsTerminal;
use std::net::SocketAddr;
use std::path::Path;

use counterfoil_core::{Form, Format, Forms};
use serde_json::{Map, Value};

use crate::injection::Injection;
use crate::say;

/// Where everything is.
pub(crate) struct Places<'a> {
    pub(crate) data: &'a Path,
    pub(crate) forms: &'a Path,
    /// The console's address, with what opens it: it is said here, and in no log.
    pub(crate) console: Option<&'a str>,
}

/// Prints where everything is, and a command to try it.
pub(crate) fn print(address: SocketAddr, forms: &Forms, places: &Places<'_>) {
    // Nobody has to read it: a closed output is no reason not to serve, and neither is a full one.
    say::aloud(text(
        address,
        forms,
        places,
        std::io::stdout().is_terminal(),
    ));
}

fn text(address: SocketAddr, forms: &Forms, places: &Places<'_>, terminal: bool) -> String {
    let (bold, plain) = if terminal {
        ("\u{1b}[1m", "\u{1b}[0m")
    } else {
        ("", "")
    };
    let base = format!("http://{address}");
    let mut text = format!("\nCounterfoil is serving {base}/\n\n");
    for form in forms.iter() {
        let what = if form.enabled { "form" } else { "closed" };
        text += &format!("  {what:<8} {bold}{base}/forms/{}{plain}\n", form.id);
    }
    if let Some(console) = places.console {
        text += &format!(
            "  {:<8} {console}
",
            "console"
        );
    }
    text += &format!(
        "  {:<8} {}
  {:<8} {}
",
        "data",
        shown(places.data),
        "forms",
        shown(places.forms)
    );
    let open = || forms.iter().filter(|form| form.enabled);
    if let Some(form) = open()
        .find(|form| form.id.as_str() == "contact")
        .or(open().next())
    {
        let sample = Value::Object(sample(form))
            .to_string()
            .replace('\'', "'\\''");
        text += &format!("\nTry it:\n\n  curl -i {base}/forms/{} \\\n", form.id);
        text += &format!("    -H 'content-type: application/json' \\\n    -d '{sample}'\n");
    }
    text + "\nCtrl-C stops it. What was answered with a ticket is on disk, even if it is killed.\n\n"
}

/// Says loudly that this server fails on purpose.
pub(crate) fn warn_of(failures: &[Injection], data: &Path) {
    if failures.is_empty() {
        return;
    }
    let listed: Vec<String> = failures.iter().map(ToString::to_string).collect();
    say::aloud(format!(
        "FAILURES ON PURPOSE ARE SWITCHED ON: {}\n`counterfoil fail --clear --data {}` switches them off.\n\n",
        listed.join(" "),
        shown(data)
    ));
    tracing::warn!(
        fail.asked = listed.join(" "),
        "failures on purpose are switched on"
    );
}

fn shown(path: &Path) -> String {
    std::fs::canonicalize(path)
        .unwrap_or_else(|_| path.into())
        .display()
        .to_string()
}

/// Fields that the form takes, as far as types and formats tell.
fn sample(form: &Form) -> Map<String, Value> {
    let required = form
        .schema
        .properties()
        .filter(|(name, _)| form.schema.requires(name));
    required
        .map(|(name, node)| (name.to_owned(), sample_value(name, node)))
        .collect()
}

fn sample_value(name: &str, node: &Value) -> Value {
    let first = node
        .get("const")
        .or_else(|| node["enum"].get(0))
        .or_else(|| node["oneOf"].get(0)?.get("const"));
    if let Some(value) = first {
        return value.clone();
    }
    let text = |text: &str| Value::String(text.to_owned());
    match (
        node["type"].as_str(),
        node["format"].as_str().and_then(Format::parse),
    ) {
        (Some("integer" | "number"), _) => node.get("minimum").cloned().unwrap_or_else(|| 1.into()),
        (Some("boolean"), _) => Value::Bool(true),
        (Some("array"), _) => Value::Array(vec![sample_value(name, &node["items"])]),
        (_, Some(format)) => text(format.record().example),
        _ if name.contains("name") => text("Ada Lovelace"),
        _ => text("Hello from curl"),
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_core::FormId;

    use super::*;

    #[test]
    fn the_command_it_prints_is_accepted_by_the_form() {
        let every_kind = include_str!("../../../crates/web/examples/event.toml");
        let all = every_kind.replace(
            "required = [",
            "required = [\"wine\", \"ferry\", \"call\", \"train\", \"allergies\", ",
        );
        let event = Form::parse(FormId::parse("event").unwrap(), &all).unwrap();
        for form in [counterfoil_testkit::build::contact(), event] {
            assert_eq!(form.schema.check(&sample(&form)), []);
        }
    }

    #[test]
    fn the_command_it_prints_is_accepted_whatever_the_format() {
        for format in Format::ALL {
            let name = format.as_str();
            let field = format!("[schema.properties.a]\ntype = \"string\"\nformat = \"{name}\"\n");
            let text =
                format!("title = \"x\"\n[schema]\ntype = \"object\"\nrequired = [\"a\"]\n{field}");
            let form = Form::parse(FormId::parse("x").unwrap(), &text).unwrap();
            assert_eq!(form.schema.check(&sample(&form)), [], "{name}");
        }
    }

    #[test]
    fn a_closed_form_is_said_to_be_closed_and_is_not_the_one_to_try() {
        let closed = Form {
            enabled: false,
            ..counterfoil_testkit::build::contact()
        };
        let forms = [closed].into_iter().collect();
        let places = Places {
            data: Path::new("/d"),
            forms: Path::new("/f"),
            console: None,
        };
        let text = text(([127, 0, 0, 1], 80).into(), &forms, &places, false);
        assert!(
            text.contains("closed   http://127.0.0.1:80/forms/contact") && !text.contains("curl"),
            "{text}"
        );
    }

    #[test]
    fn it_says_where_everything_is() {
        let address: SocketAddr = "127.0.0.1:8080".parse().unwrap();
        let forms = counterfoil_testkit::build::forms();
        let console = "http://127.0.0.1:8081/?token=t";
        let (data, forms_dir) = (Path::new("/nowhere/data"), Path::new("/nowhere/forms"));
        let text = text(
            address,
            &forms,
            &Places {
                data,
                forms: forms_dir,
                console: Some(console),
            },
            false,
        );
        for part in [
            "http://127.0.0.1:8080/forms/contact",
            console,
            "/nowhere/data",
            "/nowhere/forms",
            "curl -i",
            "ada@example.org",
        ] {
            assert!(text.contains(part), "{text}");
        }
        assert!(!text.contains('\u{1b}'));
    }
}
