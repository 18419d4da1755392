//! What `edge-waf.yaml` must never lose: it turns away whoever asks too often, and no submission for what is in it.

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold_in};

fn web_acl(stack: &Stack, path: &str) -> Value {
    stack.property("WebAcl", path).clone()
}

/// By its address and nothing else, and by nothing it sent.
fn only_counts_addresses(stack: &Stack) -> Verdict {
    ensure(
        web_acl(stack, "DefaultAction") == json!({"Allow": {}}),
        || "the rest is not let through".into(),
    )?;
    ensure(web_acl(stack, "Rules/1").is_null(), || {
        "there is another rule".into()
    })?;
    let statement = web_acl(stack, "Rules/0/Statement");
    let rate = json!({"AggregateKeyType": "IP", "Limit": {"Ref": "Limit"}, "EvaluationWindowSec": {"Ref": "Window"}});
    ensure(statement == json!({"RateBasedStatement": rate}), || {
        format!("it asks for more: {statement}")
    })
}

/// CloudFront's, where CloudFront looks for it.
fn is_for_cloudfront(stack: &Stack) -> Verdict {
    ensure(web_acl(stack, "Scope") == "CLOUDFRONT", || {
        "of another scope".into()
    })?;
    let region = json!({"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]});
    ensure(
        *stack.at("/Rules/InUsEast1/Assertions/0/Assert") == region,
        || "in any region".into(),
    )
}

/// Samples show paths, with tickets in them, and so would a log.
fn shows_no_ticket(stack: &Stack) -> Verdict {
    ensure(
        stack.all("AWS::WAFv2::LoggingConfiguration").is_empty(),
        || "it logs".into(),
    )?;
    ["VisibilityConfig", "Rules/0/VisibilityConfig"]
        .into_iter()
        .try_for_each(|place| {
            let visible = web_acl(stack, place);
            ensure(visible["SampledRequestsEnabled"] == false, || {
                format!("{place} keeps requests")
            })?;
            ensure(visible["CloudWatchMetricsEnabled"] == true, || {
                format!("{place} counts nothing")
            })
        })
}

/// In words that programs know: a page's script waits, and sends it again with the same key.
fn says_when_to_try_again(stack: &Stack) -> Verdict {
    let blocked = web_acl(stack, "Rules/0/Action/Fn::If/1/Block/CustomResponse");
    ensure(blocked["ResponseCode"] == 429, || {
        format!("it answers {}", blocked["ResponseCode"])
    })?;
    let content = web_acl(stack, "CustomResponseBodies/TooManyRequests/Content");
    let body: Value = content
        .as_str()
        .and_then(|text| serde_json::from_str(text).ok())
        .unwrap_or_default();
    let kind = ingest::problem::ALL
        .iter()
        .find(|kind| kind.name == "too-many-requests");
    let ours = kind.is_some_and(|kind| body["type"] == kind.urn() && body["title"] == kind.title);
    ensure(ours && body["status"] == 429, || {
        format!("in other words: {body}")
    })?;
    let sent = |name: &str, value: &str| {
        let header = json!({"Name": name, "Value": value});
        ensure(
            blocked["ResponseHeaders"]
                .as_array()
                .is_some_and(|all| all.contains(&header)),
            || format!("without {name}"),
        )
    };
    sent("retry-after", "60")?;
    sent("access-control-allow-origin", "*")
}

fn waf() -> Stack {
    Stack::load("edge-waf.yaml")
}

fn place(path: &str) -> String {
    format!("/Resources/WebAcl/Properties/{path}")
}

#[test]
fn nobody_is_turned_away_for_what_they_wrote() {
    let group = json!({"ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}});
    let large = json!({"SizeConstraintStatement": {"FieldToMatch": {"Body": {}}, "Size": 8192}});
    let mutants = [
        waf().adding(
            &place("Rules"),
            json!({"Name": "common", "Statement": group}),
        ),
        waf().with(&place("Rules/0/Statement"), large),
        waf().having(
            &place("Rules/0/Statement/RateBasedStatement/ScopeDownStatement"),
            json!({}),
        ),
        waf().with(&place("DefaultAction"), json!({"Block": {}})),
    ];
    hold_in("edge-waf.yaml", only_counts_addresses, &mutants);
}

#[test]
fn the_web_acl_is_where_cloudfront_looks() {
    hold_in(
        "edge-waf.yaml",
        is_for_cloudfront,
        &[
            waf().with(&place("Scope"), "REGIONAL"),
            waf().without("/Rules/InUsEast1"),
        ],
    );
}

#[test]
fn the_web_acl_keeps_no_ticket() {
    let log = json!({"Type": "AWS::WAFv2::LoggingConfiguration"});
    let mutants = [
        waf().with(&place("VisibilityConfig/SampledRequestsEnabled"), true),
        waf().with(
            &place("Rules/0/VisibilityConfig/SampledRequestsEnabled"),
            true,
        ),
        waf().having("/Resources/Log", log),
    ];
    hold_in("edge-waf.yaml", shows_no_ticket, &mutants);
}

#[test]
fn whoever_is_turned_away_learns_when_to_come_again() {
    let block = "Rules/0/Action/Fn::If/1/Block/CustomResponse";
    let mutants = [
        waf().with(&place(&format!("{block}/ResponseCode")), 403),
        waf().with(
            &place(&format!("{block}/ResponseHeaders/0/Name")),
            "x-retry-after",
        ),
        waf().with(
            &place("CustomResponseBodies/TooManyRequests/Content"),
            "slow down",
        ),
    ];
    hold_in("edge-waf.yaml", says_when_to_try_again, &mutants);
}
