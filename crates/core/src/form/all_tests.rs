//! All that is wrong with a form's file is told at once, in the order of its lines, each once.

use super::*;

fn faults(text: &str) -> Vec<String> {
    let read = parse(FormId::parse("contact").unwrap(), text);
    let faults = read.map(drop).unwrap_err().into_iter();
    faults.map(|fault| fault.to_string()).collect()
}

/// Each of `expected` begins the fault at its place, and there is no other.
#[track_caller]
fn all(text: &str, expected: &[&str]) {
    let found = faults(text);
    let is_told = |(fault, words): (&String, &&str)| fault.starts_with(*words);
    assert!(
        found.len() == expected.len() && found.iter().zip(expected).all(is_told),
        "{found:#?}"
    );
}

#[test]
fn slips_of_every_kind_are_told_together() {
    let text = r#"titel = "Sign up"
language = "e n"
mode = "watch"
origins = ["https://a.example/", "https://b.example", "c.example"]
honeypot = "email"
summary = ["name", "phone", "name"]
retention_days = 0
colour = "red"

[captcha]
provider = "turnstile"
site_key = ""
secret_env = "0x4AAA-secret"
hosts = ["https://example.org"]

[budget]
per_form = { count = 0, per = "day" }
per_address = { count = 1, per = "week" }

[[notify]]
to = "CRM"
on = ["stored", "heldd"]
fields = ["emial"]

[schema]
type = "object"
[schema.properties]
name = { type = "text", minLenght = 2 }
email = { type = "string", format = "mail" }
"#;
    all(
        text,
        &[
            "line 1, column 1: unknown key \"titel\"; did you mean \"title\"?",
            "line 2, column 12: language:",
            "line 3, column 8: mode: give \"enforce\" or \"observe\"",
            "line 4, column 12: origins:",
            "line 4, column 55: origins:",
            "line 5, column 12: honeypot:",
            "line 6, column 20: summary: the form has no field \"phone\"",
            "line 6, column 29: summary: \"name\" is there twice",
            "line 7, column 18: retention_days:",
            "line 8, column 1: unknown key \"colour\"",
            "line 12, column 12: captcha.site_key:",
            "line 13, column 14: captcha.secret_env:",
            "line 14, column 10: captcha.hosts:",
            "line 18, column 34: budget.per_address.per: give \"minute\", \"hour\" or \"day\"",
            "line 21, column 6: notify.to:",
            "line 22, column 17: notify.on: no state is called \"heldd\"",
            "line 23, column 11: notify.fields: the form has no field \"emial\"",
            "line 28, column 10: schema.properties.name.type:",
            "line 28, column 25: schema.properties.name.minLenght:",
            "line 29, column 28: schema.properties.email.format:",
        ],
    );
}

#[test]
fn rules_that_are_none_are_told_together() {
    let text = r#"title = "x"
[schema]
type = "object"
[schema.properties]
a = { type = "string", pattern = "(" }
b = { type = "string", pattern = "(?=x)" }
c = { type = "string", maxLength = "3" }
d = { type = "integer", minimum = "0" }
"#;
    all(
        text,
        &[
            "line 5, column 24: schema.properties.a.pattern: is no regular expression",
            "line 6, column 24: schema.properties.b.pattern: look-around",
            "line 7, column 24: schema.properties.c.maxLength:",
            "line 8, column 25: schema.properties.d.minimum:",
        ],
    );
    let crossed = "title = \"x\"\n[schema]\ntype = \"object\"\nrequired = [\"a\", \"b\"]\n[schema.properties]\n\
                   a = { type = \"string\", minLength = 2, maxLength = 1 }\nb = { enum = [] }\n";
    all(
        crossed,
        &[
            "line 6, column 24: schema.properties.a.minLength:",
            "line 7, column 7: schema.properties.b.enum:",
        ],
    );
}

#[test]
fn lines_that_are_no_toml_are_told_together() {
    let text =
        "title = x\nintro = \"good\"\nlanguage = \"en\nbutton: Send\n[schema]\ntype = \"object\"\n";
    let found = faults(text);
    for line in ["line 1, ", "line 3, ", "line 4, "] {
        assert!(
            found.iter().any(|fault| fault.starts_with(line)),
            "{found:#?}"
        );
    }
}

#[test]
fn what_is_missing_is_told_once() {
    all(
        "",
        &[
            "line 1, column 1: title: is missing; give the page's heading",
            "line 1, column 1: schema: is missing; give a table [schema]",
        ],
    );
    all(
        "title = \"x\"\nshema = 1\n",
        &["line 2, column 1: unknown key \"shema\"; did you mean \"schema\"?"],
    );
}
