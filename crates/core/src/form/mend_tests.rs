//! What people write by mistake: a fault or a thought each, with what to write instead; and what is none.

#[path = "mend_field_tests.rs"]
mod fields;

use super::first_fault as read;

/// The top of a form whose schema begins in line 3.
const TOP: &str = "title = \"x\"\n\n[schema]\ntype = \"object\"\n";

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

/// A form with this line, or table, at its top.
fn top(line: &str) -> String {
    format!("title = \"x\"\n{line}\n[schema]\ntype = \"object\"\n")
}

/// The fault begins with these words, and none of them is Rust's.
fn says(text: &str, words: &str) {
    let said = fault(text);
    assert!(
        said.starts_with(words) && !said.contains("struct") && !said.contains("u32"),
        "{said}\n{text}"
    );
}

#[test]
fn what_is_written_for_a_key_is_told_in_words_of_the_form() {
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
            top("mode = \"watch\""),
            "line 2, column 8: mode: give \"enforce\" or \"observe\"",
        ),
    ];
    for (text, words) in cases {
        says(&text, words);
    }
}

#[test]
fn a_key_that_is_missing_is_told_with_what_to_give() {
    let cases = [
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
    ];
    for (text, words) in cases {
        says(&text, words);
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
