//! The bill, computed by hand from the prices built in. What is billed for each call is held against the real calls in
//! `counterfoil_aws`.

use clap::Parser;
use counterfoil_core::calls::{Calls, Endless};
use counterfoil_core::suspicion::{Guard, Guards, Secrets, Suspect, Suspicion};
use counterfoil_core::{Form, FormId};
use counterfoil_testkit::build::{THEN, envelope};
use counterfoil_testkit::guards::{MemoryCounters, ScriptedCaptchas};
use serde_json::Value;

use super::section::Charge;
use super::*;

#[derive(Parser)]
struct Line {
    #[command(flatten)]
    cost: Cost,
}

fn bill_of(arguments: &str, forms: &Forms) -> Report {
    let cost = Line::try_parse_from(["cost"].into_iter().chain(arguments.split_whitespace()))
        .unwrap()
        .cost;
    report(
        &cost,
        forms,
        Prices::read(None).unwrap(),
        Measured::read(None).unwrap(),
    )
}

fn bill(arguments: &str) -> Report {
    bill_of(arguments, &Forms::default())
}

/// `service unit dollars` of each line.
fn lines(section: &Section) -> Vec<String> {
    let line = |charge: &Charge| {
        format!(
            "{} {} {}",
            charge.line.service, charge.line.unit, charge.dollars
        )
    };
    section.charges.iter().map(line).collect()
}

fn dollars(text: &str) -> Decimal {
    text.parse().unwrap()
}

const FULL: &str = "--submissions 1000000 --polls 0 --per-second 100";

#[test]
fn a_million_in_full_batches_costs_at_most_1_40_and_an_http_api_a_dollar_more() {
    // Lambda: 1 + 1/10 + 1/100 requests at 0.20; (8 + 18/10 + 8/100) ms × 128 MB are 1235 GB-s at 0.0000133334.
    // SQS: (1 + 1/10 + 1/10) × 0.40. Transfer: 1024 bytes × 10⁶ / 2³⁰ × 0.09.
    let url = bill(&format!("{FULL} --front-door function-url"));
    let wanted = [
        "Lambda requests 0.2220",
        "Lambda GB-seconds 0.0165",
        "SQS requests 0.4800",
        "DynamoDB write units 0.6250",
        "SNS requests 0.0500",
        "Transfer GB out 0.0858",
    ];
    assert_eq!(lines(&url.submissions), wanted);
    assert_eq!(
        (url.submissions.dollars, url.per_million),
        (dollars("1.4793"), dollars("1.4793"))
    );
    assert_eq!(url.in_full_batches, url.per_million);
    // What the goal counts: without answers and access logs.
    assert!(url.submissions.dollars - dollars("0.0858") <= dollars("1.40"));

    // 215 bytes × 10⁶ / 2³⁰ × 0.50.
    let api = lines(&bill(FULL).submissions);
    assert_eq!(
        (api[0].as_str(), &api[1..6]),
        ("HTTP API requests 1.0000", &lines(&url.submissions)[..5])
    );
    assert_eq!(
        &api[6..],
        ["CloudWatch GB of log 0.1001", "Transfer GB out 0.0858"]
    );
    assert!(bill(FULL).per_million - dollars("0.1001") - dollars("0.0858") <= dollars("2.40"));
    assert_eq!(
        lines(&bill(&format!("{FULL} --architecture x86_64")).submissions)[2],
        "Lambda GB-seconds 0.0206"
    );
}

#[test]
fn whoever_comes_alone_pays_for_a_batch_alone() {
    // 3 requests at 0.20; (8 + 18 + 8) ms are 4250 GB-s; 3 × 0.40; 1 × 0.50.
    let alone = bill("--submissions 0 --polls 0 --front-door function-url");
    assert_eq!(
        alone.per_million,
        dollars("0.6")
            + dollars("0.0567")
            + dollars("1.2")
            + dollars("0.625")
            + dollars("0.5")
            + dollars("0.0858")
    );
    // As many as a month has seconds: each waits a second, in which one more comes.
    assert_eq!(bill("--submissions 2628000").traffic.batch(), Decimal::TWO);
}

#[test]
fn a_poll_costs_a_run_a_read_and_perhaps_the_front_door() {
    // 0.20; 8 ms are 1000 GB-s, 0.0133; 0.125; with answers 0.0858; with an HTTP API 1.00 and 0.1001.
    let url = "--per-second 100 --front-door function-url --polls";
    let more =
        |of: &str| bill(&format!("{of} 3")).per_million - bill(&format!("{of} 2")).per_million;
    let near = |one: Decimal, other: &str| (one - dollars(other)).abs() <= dollars("0.0002");
    assert!(near(more(url), "0.4241"), "{}", more(url));
    assert!(
        near(more("--per-second 100 --polls"), "1.5242"),
        "{}",
        more("--per-second 100 --polls")
    );
}

#[test]
fn a_large_submission_costs_each_started_kb_of_its_row_and_64_kb_of_its_message() {
    let unit = |size: u32, unit: &str| {
        let bill = bill(&format!("--submissions 0 --polls 0 --size {size}"));
        let charge = bill.submissions.charges.into_iter().find(|charge| {
            charge.line.unit == unit
                && charge.line.service != "Lambda"
                && charge.line.service != "HTTP API"
                && charge.line.service != "SNS"
        });
        charge.unwrap().each.unwrap()
    };
    // 243 bytes of a row are ours, and 361 of a message, with a form's id of 7.
    for (size, writes) in [
        (2, 1),
        (781, 1),
        (782, 2),
        (1024, 2),
        (65_293, 64),
        (65_294, 65),
    ] {
        assert_eq!(unit(size, "write units"), Decimal::from(writes), "{size}");
    }
    for (size, requests) in [(65_175, 3), (65_176, 5), (130_000, 5)] {
        assert_eq!(unit(size, "requests"), Decimal::from(requests), "{size}");
    }
}

#[test]
fn nobody_costs_what_the_stack_costs_by_itself() {
    // 10 receives open for 20 s each in 730 hours: 1 314 000 × 0.40 / 10⁶.
    let nobody = bill("--submissions 0");
    assert_eq!(nobody.submissions.dollars, Decimal::ZERO);
    let standing = [
        "Secrets Manager secrets 0.8000",
        "CloudWatch alarms 3.2000",
        "SQS requests 0.5256",
    ];
    assert_eq!(
        (lines(&nobody.standing).as_slice(), nobody.total()),
        (standing.map(String::from).as_slice(), dollars("4.5256"))
    );
    let url = bill("--submissions 0 --front-door function-url");
    assert_eq!(
        lines(&url.standing)[1],
        "CloudWatch alarms 3.4000",
        "two addresses are watched for one"
    );
    // 8760 periods of five minutes: 2 requests for the topic's key, 8 in all with a key of one's own.
    assert_eq!(lines(&bill("").standing)[3], "KMS requests 0.0526");
    assert_eq!(
        lines(&bill("--own-key").standing)[3..],
        ["KMS keys 1.0000", "KMS requests 0.2102"]
    );
}

#[test]
fn what_is_kept_costs_its_bytes_every_month() {
    // 10⁶ × (755 + 100) bytes are 0.7963 GB; of log 10⁶ × 2 × 215 bytes.
    let kept = bill("--submissions 1000000").kept;
    assert_eq!(
        lines(&kept),
        [
            "DynamoDB GB 0.1991",
            "DynamoDB GB 0.1593",
            "CloudWatch GB of log 0.0120"
        ]
    );
}

#[test]
fn what_is_held_or_fails_costs_more_than_what_is_stored() {
    // A transaction of two rows is 4 units and the index 1, instead of 1: 4 × 0.625. With its cause a dead letter's row
    // is over a KB: 2 × (2 + 1), and the index 2, instead of 1: 7 × 0.625. A place in the index is 1 unit. A try is a receive and a hiding, a run, and
    // 18 ms: 0.80 + 0.20 + 0.03.
    let more = bill("--submissions 0").more;
    let more: Vec<_> = more
        .iter()
        .map(|(what, dollars)| format!("{what} {dollars}"))
        .collect();
    let wanted = [
        "held instead of stored 2.5000",
        "a dead letter instead of stored 4.3750",
        "a key that tells no time 0.6250",
        "a further try 1.0300",
        "a page shown, or a preflight 1.3992",
    ];
    assert_eq!(more, wanted);
}

#[test]
fn sums_are_those_of_the_lines_that_are_shown_however_many_come() {
    for arguments in [
        "--submissions 1",
        "--submissions 12345",
        "--submissions 1000000000000 --polls 1000 --size 130000 --own-key",
    ] {
        let bill = bill(arguments);
        for section in [&bill.submissions, &bill.standing, &bill.kept] {
            assert_eq!(
                section.dollars,
                section
                    .charges
                    .iter()
                    .map(|charge| charge.dollars)
                    .sum::<Decimal>()
            );
            assert!(
                section
                    .charges
                    .iter()
                    .all(|charge| charge.dollars.scale() == 4)
            );
        }
        let shown: Decimal = table::text(&bill)
            .lines()
            .find_map(|line| line.strip_prefix("in all, with the first month kept"))
            .unwrap()
            .trim()
            .parse()
            .unwrap();
        assert_eq!(shown, bill.total());
    }
}

#[test]
fn halves_of_a_hundredth_of_a_cent_go_up() {
    for (exact, shown) in [
        ("0.00005", "0.0001"),
        ("0.00004999", "0.0000"),
        ("2", "2.0000"),
        ("1.23455", "1.2346"),
    ] {
        assert_eq!(section::cents(dollars(exact)).to_string(), shown);
    }
}

const GUARDED: &str = r#"
title = "Guarded"
burst = { count = 5, per = "hour" }
[budget]
per_form = { count = 1000, per = "day" }
per_address = { count = 20, per = "hour" }
[schema]
type = "object"
properties.message = { type = "string" }
"#;
const CAPTCHA: &str = "[captcha]\nprovider = \"turnstile\"\nsite_key = \"0x4A\"\nsecret_env = \"CAPTCHA_SECRET\"\n[schema]";

fn form(id: &str, text: &str) -> Form {
    Form::parse(FormId::parse(id).unwrap(), text).unwrap()
}

#[tokio::test]
async fn a_form_is_billed_for_the_counters_that_the_worker_updates() {
    let removed = |key: &str| {
        GUARDED
            .lines()
            .filter(|line| !line.starts_with(key))
            .map(|line| format!("{line}\n"))
            .collect::<String>()
    };
    let texts = [
        GUARDED.to_owned(),
        removed("burst"),
        removed("per_form"),
        removed("per_address"),
        removed("per_"),
    ];
    for text in texts {
        let form = form("guarded", &text);
        let guards = Guards::new(
            MemoryCounters::default(),
            ScriptedCaptchas::default(),
            Secrets::default(),
        );
        let mut sent = envelope(1, "m");
        sent.checks.address = Some("0011".into());
        let suspect = Suspect {
            envelope: &sent,
            form: &form,
            receives: 1,
            last: false,
            now: THEN,
            calls: &Calls::new(&Endless),
        };
        assert_eq!(
            guards.judge(&suspect).await.unwrap().suspicion,
            None::<Suspicion>
        );
        assert_eq!(
            guards.counters().calls().len(),
            form::counters(&form).len(),
            "{text}"
        );
    }
}

#[test]
fn a_forms_guards_are_billed_beside_what_every_submission_costs() {
    // 3 × 0.625; with a captcha 300 ms × 128 MB more, 37 500 GB-s: 0.50, and a secret: 0.40. Two reads a poll: 0.25.
    let captcha = GUARDED.replace("[schema]", CAPTCHA);
    let plain = GUARDED.split_once("burst").unwrap().0.to_owned() + "[schema]\ntype = \"object\"\n";
    let short = format!("retention_days = 14\nshow_seen = true\n{plain}");
    let forms = [
        form("plain", &plain),
        form("guarded", GUARDED),
        form("short", &short),
        form("with-captcha", &captcha),
    ]
    .into_iter()
    .collect();
    let bill = bill_of("--submissions 0 --polls 1", &forms);
    let shown = bill
        .forms
        .iter()
        .map(|form| format!("{} {} {}", form.form, form.has.join(" "), form.more));
    let wanted = [
        "guarded budget.per_address burst budget.per_form 1.8750",
        "plain  0.0000",
        "short retention_days show_seen 2.1250",
        "with-captcha budget.per_address burst budget.per_form captcha 2.3750",
    ];
    assert_eq!(shown.collect::<Vec<_>>(), wanted);
    assert!(
        bill.forms
            .iter()
            .all(|form| form.per_million == bill.per_million + form.more)
    );
    assert_eq!(lines(&bill.standing)[0], "Secrets Manager secrets 1.2000");
    let text = table::text(&bill);
    assert!(
        text.contains(&format!(
            "{:<60}{:>16}",
            "plain: nothing that costs", "0.0000"
        )),
        "{text}"
    );
    // The token makes the message longer: here into a second 64 KB, sent and received.
    let bill = bill_of("--submissions 0 --polls 0 --size 65000", &forms);
    assert_eq!(bill.forms[3].more, dollars("2.3750") + dollars("0.8"));
}

#[test]
fn the_json_says_what_the_table_says() {
    let forms: Forms = [form("guarded", GUARDED)].into_iter().collect();
    let bill = bill_of(FULL, &forms);
    let value = json::value(&bill);
    assert_eq!(
        (&value["dollars"].to_string(), &value["usage"]["dollars"]),
        (&bill.total().normalize().to_string(), &Value::from(2.5794))
    );
    let line = &value["usage"]["lines"][3];
    assert_eq!(
        (
            &line["price"]["name"],
            &line["a_submission"],
            &line["units"]
        ),
        (&"sqs.request".into(), &1.2.into(), &1_200_000.into())
    );
    assert_eq!(
        (
            &line["dollars"],
            &line["price"]["dollars"],
            &line["price"]["per"]
        ),
        (&0.48.into(), &0.4.into(), &1_000_000.into())
    );
    assert_eq!(value["forms"][0]["per_million_more"], 1.875);
    assert_eq!(
        value["unseen_prices"],
        serde_json::json!(["dynamodb.gb_month", "dynamodb.recovery_gb_month"])
    );
}
