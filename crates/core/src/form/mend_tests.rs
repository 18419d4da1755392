//! What people write by mistake: a fault or a thought each, with what to write instead; and what is none.

use super::*;

/// The top of a form whose schema begins in line 3.
const TOP: &str = "title = \"x\"\n\n[schema]\ntype = \"object\"\n";

fn read(text: &str) -> Result<Form, FormFault> {
    parse(FormId::parse("contact").unwrap(), text)
}

fn fault(text: &str) -> String {
    read(text).map(drop).unwrap_err().to_string()
}

fn thoughts(text: &str) -> Vec<String> {
    let form = read(text).unwrap_or_else(|fault| panic!("{fault}\n{text}"));
    form.advice(text).iter().map(ToString::to_string).collect()
}

/// A thought about a form that is taken.
fn thinks(text: &str, beginning: &str) {
    let found = thoughts(text);
    assert!(
        found.iter().any(|thought| thought.starts_with(beginning)),
        "{beginning}\n{found:#?}\n{text}"
    );
}

#[test]
fn a_key_of_the_form_that_stands_in_a_table_is_told_to_move_up() {
    let field = format!("{TOP}[schema.properties.name]\ntype = \"string\"\n");
    let up = "is a key of the form: move it above the first [table]";
    let cases = [
        (
            format!("{field}origins = [\"https://a.example\"]"),
            "line 7, column 1: schema.properties.name.origins: `origins`",
        ),
        (
            format!("{field}retention_days = 3"),
            "line 7, column 1: schema.properties.name.retention_days: `retention_days`",
        ),
        (
            format!("{TOP}honeypot = \"website\""),
            "line 5, column 1: schema.honeypot: `honeypot`",
        ),
        (
            format!("{TOP}[schema.properties]\nenabled = \"no\""),
            "line 6, column 1: schema.properties.enabled: `enabled`",
        ),
        (
            format!("{TOP}[budget]\nper_form = {{ count = 1, per = \"day\" }}\nretention_days = 3"),
            "line 7, column 1: unknown key \"budget.retention_days\"; `retention_days`",
        ),
    ];
    for (text, words) in cases {
        let said = fault(&text);
        assert!(
            said.starts_with(words) && said.contains(up),
            "{said}\n{text}"
        );
    }
    let said = fault(&format!("{field}captcha = {{ provider = \"turnstile\" }}"));
    assert!(
        said.ends_with(&format!("`captcha` {up}, or write it as [captcha]")),
        "{said}"
    );
    let said = fault(&format!("{field}origin = [\"https://a.example\"]"));
    assert!(
        said.ends_with(
            "did you mean \"origins\"? It is a key of the form: move it above the first [table]"
        ),
        "{said}"
    );
    assert!(
        fault(&format!("{TOP}[schema.properties]\nname = \"string\""))
            .contains("name = { type = \"string\" }")
    );
}

#[test]
fn what_is_written_for_a_key_is_told_in_words_of_the_form() {
    let top = |line: &str| format!("title = \"x\"\n{line}\n[schema]\ntype = \"object\"\n");
    let cases = [
        (
            top("burst = 5"),
            "line 2, column 9: burst: give a rate, such as { count = 100, per = \"day\" }",
        ),
        (
            top("budget = { per_form = 100 }"),
            "line 2, column 23: budget.per_form: give a rate",
        ),
        (
            top("burst = { count = -1, per = \"day\" }"),
            "line 2, column 19: burst.count: give a whole number",
        ),
        (
            top("burst = { per = \"day\" }"),
            "line 2, column 9: burst.count: is missing; give a whole number",
        ),
        (
            top("retention_days = \"30\""),
            "line 2, column 18: retention_days: give a whole number of 1 to 36500",
        ),
        (
            top("retention_days = 99999999999"),
            "line 2, column 18: retention_days: give a whole number",
        ),
        (
            top("origins = \"https://a.example\""),
            "line 2, column 11: origins: give a list",
        ),
        (
            top("origins = [1]"),
            "line 2, column 11: origins: give a list",
        ),
        (
            top("enabled = \"yes\""),
            "line 2, column 11: enabled: give true or false",
        ),
        (
            top("captcha = \"turnstile\""),
            "line 2, column 11: captcha: give a table [captcha] with provider",
        ),
        (
            top("notify = true"),
            "line 2, column 10: notify: give [[notify]], and below it to = \"NAME\"",
        ),
        (
            top("[captcha]\nprovider = \"turnstile\"\nsite_key = \"k\""),
            "line 2, column 1: captcha.secret_env: is missing",
        ),
        (
            "[schema]\ntype = \"object\"\n".into(),
            "line 1, column 1: title: is missing; give the page's heading",
        ),
        (
            "title = \"x\"\n".into(),
            "line 1, column 1: schema: is missing; give a table [schema]",
        ),
        (
            top("mode = \"watch\""),
            "line 2, column 8: unknown variant `watch`, expected `enforce` or `observe`",
        ),
    ];
    for (text, words) in cases {
        let said = fault(&text);
        assert!(
            said.starts_with(words) && !said.contains("struct") && !said.contains("u32"),
            "{said}\n{text}"
        );
    }
}

#[test]
fn a_rule_of_html_is_told_in_words_of_json_schema() {
    let field = |rule: &str| format!("{TOP}[schema.properties.a]\n{rule}\n");
    let cases = [
        (
            "type = \"email\"",
            "type: no type is called \"email\"; say type = \"string\" and format = \"email\"",
        ),
        (
            "type = \"url\"",
            "type: no type is called \"url\"; say type = \"string\" and format = \"uri\"",
        ),
        (
            "type = \"checkbox\"",
            "type: no type is called \"checkbox\"; did you mean \"boolean\"?",
        ),
        (
            "required = true",
            "required: is a list in [schema], not a rule of a field: take this out and put \"a\" into",
        ),
        (
            "required = false",
            "required: is a list of names; a field that is not in it may be left out",
        ),
        (
            "required = \"a\"",
            "required: is a list of names, such as [\"a\"]",
        ),
    ];
    for (rule, words) in cases {
        let said = fault(&field(rule));
        assert!(
            said.starts_with(&format!("line 6, column 1: schema.properties.a.{words}")),
            "{said}"
        );
    }
}

#[test]
fn a_pattern_that_is_not_taken_is_told_why() {
    let field = |pattern: &str| {
        format!("{TOP}[schema.properties.a]\ntype = \"string\"\npattern = '{pattern}'\n")
    };
    let cases = [
        ("^(?!.*admin).*$", "look-around"),
        ("(?<=a)b", "linear time"),
        (r"^(a)\1$", "back-references"),
        (r"^(\w{1000}){1000}$", "too large a pattern"),
        ("^(a", "is no regular expression: unclosed group"),
    ];
    for (pattern, words) in cases {
        let said = fault(&field(pattern));
        let beginning = "line 7, column 1: schema.properties.a.pattern: ";
        assert!(
            said.starts_with(beginning) && said.contains(words),
            "{said}"
        );
    }
    let keys = fault(&format!(
        "{TOP}patternProperties.\"(?=x)\" = {{ type = \"string\" }}\n"
    ));
    assert!(
        keys.contains("look-around") && keys.starts_with("line 5, column 19"),
        "{keys}"
    );
}

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
fn a_redirect_to_a_path_is_told_to_be_a_whole_address() {
    let to =
        |target: &str| format!("redirect = \"{target}\"\n{TOP}properties.a.type = \"string\"\n");
    thinks(
        &to("/thanks"),
        "line 1, column 1: redirect: leads to a page of the host that takes the posts",
    );
    for good in [
        "https://example.org/thanks",
        "/tickets/{ticket}",
        "/forms/contact",
    ] {
        assert_eq!(thoughts(&to(good)), Vec::<String>::new(), "{good}");
    }
    assert!(!fault(&to("thanks")).contains("\"/thanks\""));
}

#[test]
fn an_origin_is_what_a_browser_sends() {
    let of =
        |origin: &str| format!("origins = [\"{origin}\"]\n{TOP}properties.a.type = \"string\"\n");
    for (written, sent) in [
        ("https://Example.org", "https://example.org"),
        ("http://a_b.example:8080", "http://a_b.example:8080"),
        ("http://example.org:443", "http://example.org:443"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ] {
        assert_eq!(read(&of(written)).unwrap().origins, [sent]);
        assert_eq!(thoughts(&of(written)), Vec::<String>::new(), "{written}");
    }
    for (written, sent) in [
        ("https://example.org:443", "https://example.org"),
        ("http://[::1]:80", "http://[::1]"),
        ("https://example.org:", "https://example.org"),
        ("https://example.org:08443", "https://example.org:8443"),
    ] {
        assert_eq!(read(&of(written)).unwrap().origins, [sent]);
        thinks(
            &of(written),
            &format!("line 1, column 12: \"{written}\" is taken as \"{sent}\""),
        );
    }
    for bad in [
        "https://a:b:c",
        "https://[",
        "https://[::1",
        "https://a:99999",
        "https://a:-1",
        "https://:443",
        "ftp://a",
    ] {
        let said = fault(&of(bad));
        assert!(
            said.starts_with("line 1, column 12: origins: give scheme://host"),
            "{bad}: {said}"
        );
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
