//! The policies for whoever deploys: they know every kind of resource that the template makes, and IAM takes them.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::stack::{Stack, source};

/// Characters of a managed policy, without white space.
const MOST: usize = 6144;
/// What makes a resource of each kind: one of its actions stands for all of them.
const MADE_BY: [(&str, &str); 22] = [
    ("AWS::ApiGatewayV2::Api", "apigateway:POST"),
    ("AWS::ApiGatewayV2::ApiMapping", "apigateway:POST"),
    ("AWS::ApiGatewayV2::DomainName", "apigateway:POST"),
    ("AWS::ApiGatewayV2::Integration", "apigateway:POST"),
    ("AWS::ApiGatewayV2::Route", "apigateway:POST"),
    // Its access log is a delivery.
    ("AWS::ApiGatewayV2::Stage", "logs:CreateLogDelivery"),
    ("AWS::CloudFront::Distribution", "cloudfront:CreateDistribution"),
    ("AWS::CloudFront::Function", "cloudfront:PublishFunction"),
    ("AWS::CloudWatch::Alarm", "cloudwatch:PutMetricAlarm"),
    ("AWS::DynamoDB::Table", "dynamodb:UpdateTimeToLive"),
    ("AWS::IAM::Role", "iam:PassRole"),
    ("AWS::Lambda::EventSourceMapping", "lambda:CreateEventSourceMapping"),
    ("AWS::Lambda::Permission", "lambda:AddPermission"),
    ("AWS::Lambda::Url", "lambda:CreateFunctionUrlConfig"),
    ("AWS::Logs::LogGroup", "logs:PutRetentionPolicy"),
    ("AWS::SNS::Topic", "sns:CreateTopic"),
    ("AWS::SNS::TopicPolicy", "sns:SetTopicAttributes"),
    ("AWS::SQS::Queue", "sqs:CreateQueue"),
    ("AWS::SQS::QueuePolicy", "sqs:SetQueueAttributes"),
    ("AWS::SecretsManager::Secret", "secretsmanager:GetRandomPassword"),
    ("AWS::Serverless::Function", "lambda:PublishVersion"),
    ("AWS::Serverless::LayerVersion", "lambda:PublishLayerVersion"),
];

fn policies() -> [Value; 2] {
    [1, 2].map(|part| serde_json::from_str(&source(&format!("docs/deployer-policy-{part}.json"))).unwrap())
}

fn statements() -> Vec<Value> {
    policies().iter().flat_map(|policy| policy["Statement"].as_array().unwrap().clone()).collect()
}

fn texts(value: &Value) -> Vec<String> {
    let all = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
    all.iter().map(|text| text.as_str().unwrap().to_owned()).collect()
}

#[test]
fn every_kind_of_resource_can_be_made() {
    let ours = Stack::ours();
    let resources = ours.at("/Resources").as_object().unwrap();
    let kinds: BTreeSet<_> = resources.values().map(|resource| resource["Type"].as_str().unwrap()).collect();
    assert_eq!(kinds, MADE_BY.iter().map(|(kind, _)| *kind).collect(), "name the action that makes it");
    let allowed: BTreeSet<String> = statements().iter().flat_map(|one| texts(&one["Action"])).collect();
    for (kind, action) in MADE_BY {
        assert!(allowed.contains(action), "{kind} needs {action}");
    }
}

#[test]
fn iam_takes_them() {
    for policy in policies() {
        let length = policy.to_string().len();
        assert!(length <= MOST, "{length} characters");
    }
    for statement in statements() {
        assert_eq!(statement["Effect"], "Allow");
        assert!(texts(&statement["Action"]).iter().all(|action| !action.contains('*')), "{statement}");
    }
}

#[test]
fn what_can_be_named_is_named() {
    let unnamed: Vec<_> = statements().into_iter().filter(|one| texts(&one["Resource"]) == ["*"]).collect();
    let services: BTreeSet<String> = unnamed
        .iter()
        .flat_map(|one| texts(&one["Action"]))
        .map(|action| action.split(':').next().unwrap().to_owned())
        .collect();
    let known = ["cloudformation", "cloudfront", "lambda", "logs", "secretsmanager", "wafv2"];
    assert_eq!(services, known.map(str::to_owned).into());
    // A role is handed to the functions and to CodeDeploy, and to nobody else.
    let pass: Vec<_> = statements().into_iter().filter(|one| one["Action"] == "iam:PassRole").collect();
    assert_eq!(pass.len(), 1);
    assert!(pass[0]["Condition"]["StringEquals"]["iam:PassedToService"].is_array());
}
