//! What may not be meant in the fields of a form: what nobody can send, what is asked of too much, and names that are
//! taken.

use super::*;

#[test]
fn what_nobody_can_send_is_a_fault_where_it_is_required_and_a_thought_elsewhere() {
    let long = "n".repeat(129);
    let cases = [
        (
            "a",
            "{ type = \"string\", minLength = 5, maxLength = 3 }",
            "minLength",
            "is 5, above maxLength, which is 3",
        ),
        (
            "a",
            "{ type = \"array\", minItems = 2, maxItems = 1 }",
            "minItems",
            "is 2",
        ),
        (
            "a",
            "{ type = \"integer\", minimum = 2.5, maximum = 1 }",
            "minimum",
            "is 2.5",
        ),
        (
            "a",
            "{ type = \"string\", minLength = 65537 }",
            "minLength",
            "at most 65536 bytes",
        ),
        ("a", "{ enum = [] }", "enum", "is empty"),
        ("''", "{ type = \"string\" }", "", "empty name"),
        (
            &long,
            "{ type = \"string\" }",
            &long,
            "at most 128 bytes, and this has 129",
        ),
    ];
    for (name, rules, key, words) in cases {
        let required = format!("required = [\"{}\"]\n", name.trim_matches('\''));
        let fields =
            format!("[schema.properties]\nb = {{ type = \"string\" }}\n{name} = {rules}\n");
        let said = fault(&format!("{TOP}{required}{fields}"));
        assert!(
            said.starts_with("line 8, column ") && said.contains(words),
            "{said}"
        );
        assert!(said.contains(&format!("{key}: ")), "{said}");
        let found = thoughts(&format!("{TOP}{fields}"));
        assert!(found.len() == 1 && found[0].contains(words), "{found:#?}");
        for keys in ["mode = \"observe\"\n", "enabled = false\n"] {
            let found = thoughts(&format!("{keys}{TOP}{required}{fields}"));
            assert!(
                found.iter().any(|thought| thought.contains(words)),
                "{found:#?}"
            );
        }
    }
}

#[test]
fn another_type_that_fits_makes_it_no_fault() {
    for rules in [
        "{ minLength = 5, maxLength = 3 }",
        "{ type = [\"string\", \"null\"], minLength = 5, maxLength = 3 }",
        "{ type = \"integer\", minLength = 5, maxLength = 3 }",
        "{ type = \"string\", minLength = 3, maxLength = 3 }",
    ] {
        let text = format!("{TOP}required = [\"a\"]\n[schema.properties]\na = {rules}\n");
        assert_eq!(thoughts(&text), Vec::<String>::new(), "{rules}");
    }
}

#[test]
fn more_fields_than_there_are_or_than_are_taken_are_told() {
    let fields = |count: usize| -> String {
        (0..count)
            .map(|nth| format!("properties.f{nth} = {{ type = \"string\" }}\n"))
            .collect()
    };
    let asks = "asks for 3 fields where there are 2";
    let closed = format!(
        "{TOP}additionalProperties = false\nminProperties = 3\n{}",
        fields(2)
    );
    assert_eq!(
        fault(&closed),
        format!("line 6, column 1: schema.minProperties: {asks}; take it out or add fields")
    );
    thinks(
        &format!("{TOP}minProperties = 3\n{}", fields(2)),
        &format!("line 5, column 1: schema.minProperties: {asks}"),
    );
    assert_eq!(
        thoughts(&format!("{TOP}minProperties = 2\n{}", fields(2))),
        Vec::<String>::new()
    );

    let all = |count: usize| {
        (0..count)
            .map(|nth| format!("\"f{nth}\""))
            .collect::<Vec<_>>()
            .join(",")
    };
    let required = |count: usize| format!("{TOP}required = [{}]\n{}", all(count), fields(count));
    let said = fault(&required(201));
    assert!(
        said.starts_with("line 5, column 1: schema.required: a submission has at most 200 fields"),
        "{said}"
    );
    thinks(
        &required(200),
        "line 6, column 1: schema.properties: a submission has at most 200 fields, and here it would have 201",
    );
    assert_eq!(thoughts(&required(199)), Vec::<String>::new());
}

#[test]
fn what_may_not_be_meant_in_a_field_or_of_the_page_is_told() {
    let field = |rules: &str| format!("{TOP}[schema.properties]\na = {{ {rules} }}\n");
    thinks(
        &field("enum = [\"x\", \"y\"], default = \"z\""),
        "line 6, column 26: schema.properties.a.default: is none of the choices",
    );
    thinks(
        &field("type = \"array\", items.enum = [1, 2], default = [1, 3]"),
        "line 6, column 44: schema.properties.a.default: is none of the",
    );
    assert_eq!(
        thoughts(&field(
            "type = \"array\", items.enum = [1, 2], default = [1]"
        )),
        Vec::<String>::new()
    );
    thinks(
        &field("type = \"string\", maxLength = 65537"),
        "line 6, column 24: schema.properties.a.maxLength: promises more than is taken",
    );
    assert_eq!(
        thoughts(&field("type = \"string\", maxLength = 65536")),
        Vec::<String>::new()
    );
    thinks(
        &field("type = \"string\", additionalProperties = false"),
        "line 6, column 24: schema.properties.a.additionalProperties: holds for nothing here",
    );
    thinks(TOP, "line 3, column 2: there are no properties");
    let language = |tag: &str| format!("language = \"{tag}\"\n{}", field("type = \"string\""));
    thinks(
        &language("german"),
        "line 1, column 1: the page's own words",
    );
    for tag in ["en", "EN-gb", "zh-Hant"] {
        assert_eq!(thoughts(&language(tag)), Vec::<String>::new(), "{tag}");
    }
}

#[test]
fn no_name_that_a_captcha_adds_is_a_field_or_the_honeypot() {
    let with = |provider: &str, top: &str, field: &str| {
        format!(
            "title = \"x\"\n{top}\n[captcha]\nprovider = \"{provider}\"\nsite_key = \"k\"\nsecret_env = \"S\"\n[schema]\n\
             type = \"object\"\nproperties.{field}.type = \"string\"\n"
        )
    };
    for (provider, name) in [
        ("hcaptcha", "g-recaptcha-response"),
        ("hcaptcha", "h-captcha-response"),
        ("recaptcha", "g-recaptcha-response"),
        ("turnstile", "cf-turnstile-response"),
    ] {
        let said = fault(&with(provider, "", name));
        assert!(
            said.starts_with("line 4, column 12: captcha: the schema has a field"),
            "{said}"
        );
        assert!(
            said.contains(name) && said.ends_with("rename the field"),
            "{said}"
        );
        let said = fault(&with(provider, &format!("honeypot = \"{name}\""), "a"));
        assert!(
            said.starts_with("line 2, column 12: honeypot: ") && said.ends_with("choose another"),
            "{said}"
        );
    }
    let other = with(
        "turnstile",
        "honeypot = \"g-recaptcha-response\"",
        "h-captcha-response",
    );
    assert_eq!(thoughts(&other), Vec::<String>::new());
}

#[test]
fn a_trap_that_browsers_fill_in_is_thought_about() {
    for (name, is_told) in [
        ("company", true),
        ("First-Name", true),
        ("e_mail", true),
        ("website", false),
        ("leave-empty", false),
    ] {
        let text = format!(
            "honeypot = \"{name}\"\n{TOP}[schema.properties]\na = {{ type = \"string\" }}\n"
        );
        let told = thoughts(&text);
        let is_there = told
            .iter()
            .any(|thought| thought.starts_with("line 1, column 1: honeypot: browsers"));
        assert_eq!(is_there, is_told, "{name}: {told:?}");
    }
}
