//! What the outside reaches: two routes, a throttle, and a log that holds no ticket.

use serde_json::{Value, json};

use crate::stack::{Stack, Verdict, ensure, hold};

/// `ANY /tickets/{ticket}` is `status`, everything else `ingest`, each by its alias.
fn routes_lead_where_they_should(stack: &Stack) -> Verdict {
    let routes = stack.all("AWS::ApiGatewayV2::Route");
    ensure(routes.len() == 2, || format!("{routes:?}"))?;
    [("Ingest", "$default"), ("Status", "ANY /tickets/{ticket}")]
        .into_iter()
        .try_for_each(|(function, key)| {
            let route = format!("{function}Route");
            ensure(stack.property(&route, "RouteKey") == key, || {
                format!("{route} is another")
            })?;
            let target = json!({"Fn::Sub": format!("integrations/${{{function}Integration}}")});
            ensure(*stack.property(&route, "Target") == target, || {
                format!("{route} leads elsewhere")
            })?;
            let integration = format!("{function}Integration");
            let alias = json!({"Ref": format!("{function}.Alias")});
            ensure(
                *stack.property(&integration, "IntegrationUri") == alias,
                || format!("{integration} calls another"),
            )?;
            ensure(
                stack.property(&integration, "PayloadFormatVersion") == "2.0",
                || format!("{integration}: another format"),
            )
        })
}

fn is_throttled(stack: &Stack) -> Verdict {
    let settings = stack.property("ApiStage", "DefaultRouteSettings");
    let both = ["ThrottlingRateLimit", "ThrottlingBurstLimit"]
        .iter()
        .all(|name| settings[*name]["Ref"].is_string());
    ensure(both, || "the API is not throttled".into())
}

/// A ticket is in the path, and whoever has it may look; an address is somebody's.
fn the_access_log_holds_no_ticket(stack: &Stack) -> Verdict {
    let format = stack
        .property("ApiStage", "AccessLogSettings/Format")
        .as_str()
        .ok_or("there is no access log")?;
    let told = [
        "$context.path",
        "resourcePath",
        "rawPath",
        "sourceIp",
        "userAgent",
        "domainName",
    ];
    told.into_iter().try_for_each(|name| {
        ensure(!format.contains(name), || {
            format!("the access log has {name}")
        })
    })?;
    let line: Value = serde_json::from_str(format)
        .map_err(|error| format!("the access log is no JSON: {error}"))?;
    ensure(line["route"] == "$context.routeKey", || {
        "the access log has no route".into()
    })
}

/// Only our API may call, and only what it routes; an address only through itself; and what is due, its own schedule.
fn callers_are_known(stack: &Stack) -> Verdict {
    stack
        .all("AWS::Lambda::Permission")
        .into_iter()
        .try_for_each(|name| {
            if *stack.property(name, "SourceArn") == json!({"Fn::GetAtt": "CourierTick.Arn"}) {
                let is_its_own = stack.property(name, "Principal") == "events.amazonaws.com"
                    && *stack.property(name, "FunctionName") == json!({"Ref": "Courier.Alias"})
                    && stack.at(&format!("/Resources/{name}/Condition")) == "Tells";
                return ensure(is_its_own, || format!("{name} lets others call"));
            }
            let by_api = stack.property(name, "Principal") == "apigateway.amazonaws.com";
            let source = stack
                .property(name, "SourceArn/Fn::Sub")
                .as_str()
                .unwrap_or_default();
            let by_url = *stack.property(name, "FunctionUrlAuthType") == "NONE"
                || *stack.property(name, "InvokedViaFunctionUrl") == true;
            let condition = if by_api { "HttpApi" } else { "FunctionUrl" };
            ensure(
                stack.at(&format!("/Resources/{name}/Condition")) == condition,
                || format!("{name} is always there"),
            )?;
            ensure(by_url || (by_api && source.contains(":${Api}/")), || {
                format!("{name} lets others call")
            })
        })
}

/// An account's policy for deliveries has room for few groups, but for those of this name.
fn the_access_log_needs_no_room(stack: &Stack) -> Verdict {
    let name = stack.property("AccessLogs", "LogGroupName")["Fn::Sub"]
        .as_str()
        .unwrap_or_default();
    ensure(name.starts_with("/aws/vendedlogs/"), || {
        format!("the access log is {name}")
    })
}

/// Whatever the stack is called: a function's name is its sixth member, and never looked for.
fn addresses_are_of_their_functions(stack: &Stack) -> Verdict {
    ["Ingest", "Status"].into_iter().try_for_each(|function| {
        let target = stack.property(&format!("{function}Url"), "TargetFunctionArn");
        let alias = json!({"Ref": format!("{function}.Alias")});
        let name = json!({"Fn::Select": [6, {"Fn::Split": [":", alias]}]});
        ensure(*target == name, || {
            format!("the address of {function} leads to {target}")
        })
    })
}

/// A role is granted the use of a key by its ARN; an alias's grants nothing.
fn keys_are_no_aliases(stack: &Stack) -> Verdict {
    let pattern = stack
        .at("/Parameters/EncryptionKeyArn/AllowedPattern")
        .as_str()
        .unwrap_or_default();
    ensure(pattern.contains(":key/") && !pattern.contains(".*"), || {
        format!("a key is {pattern}")
    })
}

#[test]
fn polls_go_to_status_and_the_rest_to_ingest() {
    let ours = Stack::ours;
    let mutants = [
        ours().with(
            "/Resources/StatusRoute/Properties/RouteKey",
            "GET /tickets/{ticket}",
        ),
        ours().with(
            "/Resources/StatusIntegration/Properties/IntegrationUri",
            json!({"Ref": "Ingest.Alias"}),
        ),
        ours().with(
            "/Resources/IngestIntegration/Properties/PayloadFormatVersion",
            "1.0",
        ),
    ];
    hold(routes_lead_where_they_should, &mutants);
}

#[test]
fn the_api_is_throttled() {
    hold(
        is_throttled,
        &[Stack::ours().without("/Resources/ApiStage/Properties/DefaultRouteSettings")],
    );
}

#[test]
fn no_ticket_is_logged() {
    let place = "/Resources/ApiStage/Properties/AccessLogSettings/Format";
    let leak = r#"{"route":"$context.routeKey","path":"$context.path"}"#;
    hold(
        the_access_log_holds_no_ticket,
        &[
            Stack::ours().with(place, leak),
            Stack::ours().with(place, "$context.status"),
        ],
    );
}

#[test]
fn the_access_log_takes_no_room_of_others() {
    let place = "/Resources/AccessLogs/Properties/LogGroupName/Fn::Sub";
    hold(
        the_access_log_needs_no_room,
        &[Stack::ours().with(place, "/aws/http-api/${AWS::StackName}")],
    );
}

#[test]
fn an_address_is_of_its_function_whatever_the_stack_is_called() {
    let split = json!({"Fn::Select": [0, {"Fn::Split": [":live", {"Ref": "Ingest.Alias"}]}]});
    let mutants = [
        Stack::ours().with("/Resources/IngestUrl/Properties/TargetFunctionArn", split),
        Stack::ours().with(
            "/Resources/StatusUrl/Properties/TargetFunctionArn/Fn::Select/0",
            5,
        ),
    ];
    hold(addresses_are_of_their_functions, &mutants);
}

#[test]
fn a_key_of_ones_own_is_no_alias() {
    let place = "/Parameters/EncryptionKeyArn/AllowedPattern";
    let mutants = [
        Stack::ours().with(place, "^(arn:[a-z-]+:kms:.*)?$"),
        Stack::ours().with(place, "^arn:aws:kms:[a-z]+:alias/x$"),
    ];
    hold(keys_are_no_aliases, &mutants);
}

#[test]
fn nobody_else_calls_a_function() {
    let ours = Stack::ours;
    let api = "/Resources/IngestMayBeCalledByApi";
    let mutants = [
        ours().without(&format!("{api}/Properties/SourceArn")),
        ours().with(&format!("{api}/Properties/Principal"), "*"),
        ours().without("/Resources/StatusMayBeInvokedByUrl/Properties/InvokedViaFunctionUrl"),
        ours().without("/Resources/StatusMayBeCalledByUrl/Condition"),
        ours().without("/Resources/CourierMayBeCalledByTick/Properties/SourceArn"),
        ours().with(
            "/Resources/CourierMayBeCalledByTick/Properties/Principal",
            "*",
        ),
        ours().without("/Resources/CourierMayBeCalledByTick/Condition"),
    ];
    hold(callers_are_known, &mutants);
}
