//! What stands in front with `Edge`: it says whom it was called by, keeps nothing, and nobody gets around it unseen.

use serde_json::{Value, json};

use crate::settings::of_version;
use crate::stack::{Stack, Verdict, ensure, hold};

const CONFIG: &str = "DistributionConfig";
/// What a caller cannot say of itself, because the edge says it in its place.
const TOLD: [(&str, &str); 2] = [
    ("counterfoil-edge-viewer", "event.viewer.ip"),
    ("counterfoil-edge-host", "headers.host.value"),
];

fn config<'a>(stack: &'a Stack, path: &str) -> &'a Value {
    stack.property("Distribution", &format!("{CONFIG}/{path}"))
}

fn place(path: &str) -> String {
    format!("/Resources/Distribution/Properties/{CONFIG}/{path}")
}

fn sent() -> Value {
    let reference = "{{resolve:secretsmanager:${EdgeSecret}:SecretString:sent${At}}}";
    json!({"Fn::Sub": [reference, {"At": of_version("EdgeSecretIsNamed", "EdgeSecretVersion")}]})
}

/// Off unless it is asked for, and then all of it.
fn is_there_when_asked_for(stack: &Stack) -> Verdict {
    ensure(stack.at("/Parameters/Edge/Default") == "off", || {
        "an edge by default".into()
    })?;
    let wanted = [
        ("EdgeSecret", "HasEdge"),
        ("Distribution", "Distributes"),
        ("EdgeTells", "Distributes"),
    ];
    wanted.into_iter().try_for_each(|(name, condition)| {
        let found = stack.at(&format!("/Resources/{name}/Condition"));
        ensure(found == condition, || {
            format!("{name} is there with {found}")
        })
    })?;
    let off = json!({"Fn::Not": [{"Fn::Equals": [{"Ref": "Edge"}, "off"]}]});
    ensure(*stack.at("/Conditions/HasEdge") == off, || {
        "HasEdge is another".into()
    })?;
    let rule = stack.at("/Rules/EdgeNeedsApi/Assertions/0/Assert");
    ensure(
        *rule == json!({"Fn::Equals": [{"Ref": "FrontDoor"}, "http-api"]}),
        || "an edge without an API".into(),
    )
}

/// Everything goes to the API as it came, but for its host, and nothing is kept or given to another.
fn passes_everything_and_keeps_nothing(stack: &Stack) -> Verdict {
    let behaviour = |name: &str| config(stack, &format!("DefaultCacheBehavior/{name}"));
    ensure(config(stack, "CacheBehaviors").is_null(), || {
        "some paths go elsewhere".into()
    })?;
    ensure(
        behaviour("CachePolicyId") == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad",
        || "answers are cached".into(),
    )?;
    let all_but_host = "b689b0a8-53d0-40ab-baf2-68738e2966ac";
    ensure(behaviour("OriginRequestPolicyId") == all_but_host, || {
        "the API refuses its host, or lacks headers".into()
    })?;
    let methods = json!(["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"]);
    ensure(*behaviour("AllowedMethods") == methods, || {
        "a method is refused".into()
    })?;
    ensure(
        behaviour("ViewerProtocolPolicy") == "redirect-to-https",
        || "plain HTTP".into(),
    )?;
    [400, 403, 404, 405, 414, 500, 501, 502, 503, 504]
        .into_iter()
        .try_for_each(|code| {
            let uncached = json!({"ErrorCode": code, "ErrorCachingMinTTL": 0});
            let listed = config(stack, "CustomErrorResponses")
                .as_array()
                .is_some_and(|all| all.contains(&uncached));
            ensure(listed, || format!("a {code} is cached"))
        })
}

/// A log of CloudFront's has paths, with tickets in them, and addresses.
fn logs_nothing(stack: &Stack) -> Verdict {
    ensure(config(stack, "Logging").is_null(), || {
        "the edge logs".into()
    })
}

fn reaches_the_api_over_tls(stack: &Stack) -> Verdict {
    let host = json!({"Fn::Sub": "${Api}.execute-api.${AWS::Region}.${AWS::URLSuffix}"});
    ensure(*config(stack, "Origins/0/DomainName") == host, || {
        "another origin".into()
    })?;
    let tls = json!({"OriginProtocolPolicy": "https-only", "OriginSSLProtocols": ["TLSv1.2"]});
    ensure(
        *config(stack, "Origins/0/CustomOriginConfig") == tls,
        || "not over TLS 1.2".into(),
    )?;
    ensure(config(stack, "Origins/1").is_null(), || {
        "two origins".into()
    })
}

/// It sends the secret that the functions accept, read anew together with theirs.
fn proves_itself(stack: &Stack) -> Verdict {
    let header = json!([{"HeaderName": "counterfoil-edge", "HeaderValue": sent()}]);
    ensure(
        *config(stack, "Origins/0/OriginCustomHeaders") == header,
        || "it proves nothing".into(),
    )
}

/// Both headers are overwritten, whatever a caller sends under their names and however often, by the version that serves.
fn tells_what_a_caller_cannot(stack: &Stack) -> Verdict {
    let code = stack
        .property("EdgeTells", "FunctionCode")
        .as_str()
        .unwrap_or_default();
    let overwrites = "headers[name] = { value: value, multiValue: [{ value: value }] };";
    ensure(code.contains(overwrites), || {
        "a second header of the name may be kept".into()
    })?;
    TOLD.into_iter().try_for_each(|(name, value)| {
        ensure(code.contains(&format!("tell('{name}', {value});")), || {
            format!("{name} is the caller's own")
        })
    })?;
    ensure(stack.property("EdgeTells", "AutoPublish") == true, || {
        "it is not published".into()
    })?;
    let called = config(stack, "DefaultCacheBehavior/FunctionAssociations");
    let wanted = json!([{"EventType": "viewer-request", "FunctionARN": {"Fn::GetAtt": "EdgeTells.FunctionARN"}}]);
    ensure(*called == wanted, || format!("it is not called: {called}"))
}

/// The public address is the distribution's wherever there is one, with the name that it was given.
fn says_its_address(stack: &Stack) -> Verdict {
    ["FrontDoorUrl", "StatusUrl"]
        .into_iter()
        .try_for_each(|output| {
            let of_api = stack.at(&format!("/Outputs/{output}/Value/Fn::If/2/Fn::If"));
            let named = json!({"Fn::Sub": "https://${EdgeDomain}"});
            ensure(of_api[0] == "HasEdgeDomain" && of_api[1] == named, || {
                format!("{output} leaves its name out")
            })?;
            let own = &of_api[2]["Fn::If"];
            let distribution = json!({"Fn::Sub": "https://${Distribution.DomainName}"});
            ensure(own[0] == "Distributes" && own[1] == distribution, || {
                format!("{output} leads past the edge")
            })
        })
}

/// No function and no role needs the distribution, or CloudFormation would find a circle or wait for CloudFront.
fn nothing_waits_for_it(stack: &Stack) -> Verdict {
    let resources = stack.at("/Resources").as_object().into_iter().flatten();
    let mut others = resources.filter(|(name, _)| *name != "Distribution");
    others.try_for_each(|(name, resource)| {
        let text = resource.to_string();
        let waits = [
            "{\"Ref\":\"Distribution\"}",
            "\"Distribution.",
            "${Distribution",
        ]
        .iter()
        .any(|n| text.contains(n));
        ensure(!waits, || format!("{name} waits for the distribution"))
    })
}

/// A web ACL of CloudFront's scope and its certificate are in us-east-1 alone.
fn takes_what_is_in_its_region(stack: &Stack) -> Verdict {
    ["EdgeWebAclArn", "EdgeCertificateArn"]
        .into_iter()
        .try_for_each(|name| {
            let pattern = stack
                .at(&format!("/Parameters/{name}/AllowedPattern"))
                .as_str()
                .unwrap_or_default();
            ensure(pattern.contains(":us-east-1:"), || {
                format!("{name} of any region")
            })
        })?;
    let acl =
        json!({"Fn::If": ["HasEdgeWebAcl", {"Ref": "EdgeWebAclArn"}, {"Ref": "AWS::NoValue"}]});
    ensure(*config(stack, "WebACLId") == acl, || {
        "the web ACL is not asked".into()
    })
}

#[test]
fn an_edge_is_there_when_it_is_asked_for() {
    let mutants = [
        Stack::ours().with("/Parameters/Edge/Default", "only"),
        Stack::ours().without("/Resources/EdgeTells/Condition"),
        Stack::ours().with(
            "/Conditions/HasEdge",
            json!({"Fn::Equals": [{"Ref": "Edge"}, "only"]}),
        ),
        Stack::ours().without("/Rules/EdgeNeedsApi"),
    ];
    hold(is_there_when_asked_for, &mutants);
}

#[test]
fn an_edge_passes_everything_and_keeps_nothing() {
    let optimised = "658327ea-f89d-4fab-a63d-7e88639e58f6";
    let with_host = "216adef6-5c7f-47e4-b989-5492eafa07d3";
    let mutants = [
        Stack::ours().with(&place("DefaultCacheBehavior/CachePolicyId"), optimised),
        Stack::ours().with(
            &place("DefaultCacheBehavior/OriginRequestPolicyId"),
            with_host,
        ),
        Stack::ours().with(
            &place("DefaultCacheBehavior/AllowedMethods"),
            json!(["GET", "HEAD"]),
        ),
        Stack::ours().with(
            &place("DefaultCacheBehavior/ViewerProtocolPolicy"),
            "allow-all",
        ),
        Stack::ours().with(&place("CustomErrorResponses/2/ErrorCachingMinTTL"), 10),
        Stack::ours().without(&place("CustomErrorResponses")),
    ];
    hold(passes_everything_and_keeps_nothing, &mutants);
}

#[test]
fn an_edge_logs_no_ticket() {
    let logging = json!({"Bucket": "logs.s3.amazonaws.com"});
    hold(
        logs_nothing,
        &[Stack::ours().having(&place("Logging"), logging)],
    );
}

#[test]
fn an_edge_reaches_the_api_over_tls() {
    let mutants = [
        Stack::ours().with(
            &place("Origins/0/CustomOriginConfig/OriginProtocolPolicy"),
            "match-viewer",
        ),
        Stack::ours().with(&place("Origins/0/DomainName"), "example.org"),
    ];
    hold(reaches_the_api_over_tls, &mutants);
}

#[test]
fn an_edge_proves_itself_by_the_secret_of_the_functions() {
    let mutants = [
        Stack::ours().without(&place("Origins/0/OriginCustomHeaders")),
        Stack::ours().with(
            &place("Origins/0/OriginCustomHeaders/0/HeaderValue"),
            "a-secret-in-a-template",
        ),
        Stack::ours().with(
            &place("Origins/0/OriginCustomHeaders/0/HeaderValue/Fn::Sub/1/At"),
            "",
        ),
    ];
    hold(proves_itself, &mutants);
}

#[test]
fn an_edge_tells_what_a_caller_cannot() {
    let code = "/Resources/EdgeTells/Properties/FunctionCode";
    let ours = Stack::ours()
        .property("EdgeTells", "FunctionCode")
        .as_str()
        .unwrap()
        .to_owned();
    let mutants = [
        Stack::ours().with(
            code,
            ours.replace("event.viewer.ip", "headers['x-forwarded-for'].value"),
        ),
        Stack::ours().with(code, ours.replace(", multiValue: [{ value: value }]", "")),
        Stack::ours().with("/Resources/EdgeTells/Properties/AutoPublish", false),
        Stack::ours().with(
            &place("DefaultCacheBehavior/FunctionAssociations/0/EventType"),
            "viewer-response",
        ),
        Stack::ours().without(&place("DefaultCacheBehavior/FunctionAssociations")),
    ];
    hold(tells_what_a_caller_cannot, &mutants);
}

#[test]
fn the_public_address_is_the_edges() {
    let mutants = [
        Stack::ours().with(
            "/Outputs/StatusUrl/Value/Fn::If/2/Fn::If/2/Fn::If/0",
            "HasDomain",
        ),
        Stack::ours().with(
            "/Outputs/FrontDoorUrl/Value/Fn::If/2/Fn::If/1",
            "https://example.org",
        ),
    ];
    hold(says_its_address, &mutants);
}

#[test]
fn no_function_waits_for_the_edge() {
    let place = "/Resources/Ingest/Properties/Environment/Variables/STATUS_BASE_URL";
    let address = json!({"Fn::Sub": "https://${Distribution.DomainName}"});
    let by_reference = json!({"Fn::GetAtt": "Distribution.DomainName"});
    hold(
        nothing_waits_for_it,
        &[
            Stack::ours().with(place, address),
            Stack::ours().with(place, by_reference),
        ],
    );
}

#[test]
fn what_an_edge_asks_is_where_cloudfront_can_ask_it() {
    let mutants = [
        Stack::ours().with("/Parameters/EdgeWebAclArn/AllowedPattern", "^(arn:.*)?$"),
        Stack::ours().without("/Parameters/EdgeCertificateArn/AllowedPattern"),
        Stack::ours().without(&place("WebACLId")),
    ];
    hold(takes_what_is_in_its_region, &mutants);
}
