//! Each variable: what is read, what is refused, and that a refusal names the variable and never its value.

use super::*;

fn settings(variables: &'static [(&'static str, &'static str)]) -> Settings {
    Settings::new(|name| {
        variables
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, value)| (*value).to_owned())
    })
}

const GOOD: &str = "0123456789abcdefghijklmnopqrstuv";
const LAMBDA: [(&str, &str); 3] = [
    ("AWS_REGION", "eu-central-1"),
    ("AWS_ACCESS_KEY_ID", "AKID"),
    ("AWS_SECRET_ACCESS_KEY", "hush"),
];

fn refused<T>(result: Result<T, SettingError>) -> String {
    format!("{:?}", result.err().unwrap())
}

#[test]
fn a_missing_variable_is_named() {
    let none = settings(&[("QUEUE_URL", "")]);
    assert_eq!(
        refused(none.queue_url()),
        "the variable QUEUE_URL is not set"
    );
    assert_eq!(
        refused(none.table_name()),
        "the variable TABLE_NAME is not set"
    );
    assert_eq!(
        refused(none.topic_arn()),
        "the variable TOPIC_ARN is not set"
    );
    assert_eq!(
        refused(none.notice_failures_url()),
        "the variable SET_ASIDE_URL is not set"
    );
    assert_eq!(
        refused(none.account(Service::Sqs)),
        "the variable AWS_REGION is not set"
    );
    assert_eq!(refused(none.keys()), "the variable TICKET_KEYS is not set");
    assert_eq!(
        refused(none.id_secret()),
        "the variable ID_SECRET is not set"
    );
}

#[test]
fn a_bad_key_is_refused_and_never_repeated() {
    let bad = settings(&[("TICKET_KEYS", "1:prod:short"), ("ID_SECRET", "hush-hush")]);
    let texts = [refused(bad.keys()), refused(bad.id_secret())];
    assert!(
        texts[0].starts_with("the variable TICKET_KEYS holds no good key"),
        "{}",
        texts[0]
    );
    assert!(
        !texts
            .iter()
            .any(|text| text.contains("short") || text.contains("hush")),
        "{texts:?}"
    );
}

#[test]
fn good_keys_are_read() {
    let text = format!("1:prod:{GOOD}");
    let good = Settings::new(move |name| (name == "TICKET_KEYS").then(|| text.clone()));
    assert_eq!(good.keys().unwrap().stage(), "prod");
}

#[test]
fn a_service_is_reached_where_it_is_or_where_the_emulator_is() {
    let endpoint = |extra: &[(&'static str, &'static str)], service| {
        let variables = [LAMBDA.as_slice(), extra].concat();
        let lookup = move |name: &str| {
            variables
                .iter()
                .find(|(known, _)| *known == name)
                .map(|(_, v)| (*v).to_owned())
        };
        Settings::new(lookup).account(service).unwrap().endpoint
    };
    assert_eq!(endpoint(&[], Service::Sqs), None);
    assert_eq!(
        endpoint(&[("AWS_ENDPOINT_URL", "http://a")], Service::Sns).as_deref(),
        Some("http://a")
    );
    let both = [
        ("AWS_ENDPOINT_URL", "http://a"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://b"),
    ];
    assert_eq!(
        endpoint(&both, Service::DynamoDb).as_deref(),
        Some("http://b")
    );
    assert_eq!(endpoint(&both, Service::Sqs).as_deref(), Some("http://a"));
}

#[test]
fn retries_are_as_on_one_machine_unless_told() {
    let default = settings(&[]).retry().unwrap();
    assert_eq!(
        (default.base, default.cap, default.max_receives),
        (Duration::from_secs(30), Duration::from_secs(900), 20)
    );
    let quick = settings(&[
        ("RETRY_BASE_SECONDS", "0.5"),
        ("RETRY_CAP_SECONDS", "2"),
        ("MAX_RECEIVES", "3"),
    ]);
    let quick = quick.retry().unwrap();
    assert_eq!(
        (quick.base, quick.cap, quick.max_receives),
        (Duration::from_millis(500), Duration::from_secs(2), 3)
    );
    for bad in ["-1", "soon", "NaN", "inf", "1e300"] {
        let settings =
            Settings::new(move |name| (name == "RETRY_BASE_SECONDS").then(|| bad.to_owned()));
        assert!(
            refused(settings.retry()).contains("RETRY_BASE_SECONDS"),
            "{bad}"
        );
    }
    assert!(refused(settings(&[("MAX_RECEIVES", "0")]).retry()).contains("MAX_RECEIVES"));
}

#[test]
fn bury_is_on_or_off() {
    assert!(settings(&[]).buries().unwrap() && settings(&[("BURY", "on")]).buries().unwrap());
    assert!(!settings(&[("BURY", "off")]).buries().unwrap());
    assert_eq!(
        refused(settings(&[("BURY", "no")]).buries()),
        "the variable BURY is not on or off"
    );
}

#[test]
fn the_address_of_the_tickets_is_a_url() {
    assert_eq!(settings(&[]).status_base_url().unwrap(), None);
    let slash = settings(&[("STATUS_BASE_URL", "https://status.example.org/")]);
    assert_eq!(
        slash.status_base_url().unwrap().as_deref(),
        Some("https://status.example.org")
    );
    for bad in [
        "status.example.org",
        "https://",
        "https://a b",
        "https://a;script-src *",
    ] {
        let settings =
            Settings::new(move |name| (name == "STATUS_BASE_URL").then(|| bad.to_owned()));
        assert!(
            refused(settings.status_base_url()).contains("STATUS_BASE_URL"),
            "{bad}"
        );
    }
}

#[test]
fn forms_come_from_a_layer_or_from_beside_the_function() {
    let paths = |variables| settings(variables).forms_directories();
    assert_eq!(
        paths(&[("FORMS_DIR", "/f"), ("LAMBDA_TASK_ROOT", "/var/task")]),
        [PathBuf::from("/f")]
    );
    let both = [
        PathBuf::from("/opt/forms"),
        PathBuf::from("/var/task/forms"),
    ];
    assert_eq!(paths(&[("LAMBDA_TASK_ROOT", "/var/task")]), both);
    assert_eq!(paths(&[]), [PathBuf::from("/opt/forms")]);
}

#[test]
#[cfg(feature = "http")]
fn an_edge_is_off_unless_told_and_never_without_a_secret() {
    let told = |mode: &'static str, secrets: String| {
        Settings::new(move |name| match name {
            "EDGE" => Some(mode.to_owned()),
            "EDGE_SECRETS" => Some(secrets.clone()),
            _ => None,
        })
    };
    assert!(settings(&[]).edge().is_ok() && told("off", String::new()).edge().is_ok());
    for good in [
        GOOD.to_owned(),
        format!("{GOOD},none"),
        format!("{GOOD},{GOOD}x"),
    ] {
        assert!(
            told("beside", good.clone()).edge().is_ok()
                && told("only", good.clone()).edge().is_ok(),
            "{good}"
        );
    }
    assert_eq!(
        refused(told("on", GOOD.to_owned()).edge()),
        "the variable EDGE is not off, beside or only"
    );
    assert_eq!(
        refused(told("only", String::new()).edge()),
        "the variable EDGE_SECRETS is not set"
    );
    for bad in [
        "none",
        "none,none",
        "hush",
        ",",
        &format!("{GOOD},hush"),
        &format!("{GOOD},"),
    ] {
        let said = refused(told("only", bad.to_owned()).edge());
        assert!(
            said.starts_with("the variable EDGE_SECRETS is not a list") && !said.contains("hush"),
            "{bad}: {said}"
        );
    }
}
