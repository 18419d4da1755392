//! What the template makes, what it is called, and what a deploy of it never calls.

const FUNCTION: &str = "arn:aws:lambda:REGION:ACCOUNT:function:STACK-Worker-abc";
const LAYER: &str = "arn:aws:lambda:REGION:ACCOUNT:layer:FormsLayer0123abcd:1";
const QUEUE: &str = "arn:aws:sqs:REGION:ACCOUNT:counterfoil-0123abcd";
const TOPIC: &str = "arn:aws:sns:REGION:ACCOUNT:STACK-Topic-abc";
const API: &str = "arn:aws:apigateway:REGION::/apis/abc";
const TAGGED_API: &str = "arn:aws:apigateway:REGION::/tags/abc";
const DOMAINS: &str = "arn:aws:apigateway:REGION::/domainnames";

/// What resources of a kind are called: each of its actions has to be allowed on one of these. A kind stands here twice where
/// there are two sorts of it.
pub const MADE: [(&str, &[&str]); 33] = [
    (
        "AWS::ApiGatewayV2::Api",
        &["arn:aws:apigateway:REGION::/apis", API, TAGGED_API],
    ),
    (
        "AWS::ApiGatewayV2::ApiMapping",
        &["arn:aws:apigateway:REGION::/domainnames/forms.example.org/apimappings"],
    ),
    ("AWS::ApiGatewayV2::DomainName", &[DOMAINS, TAGGED_API]),
    (
        "AWS::ApiGatewayV2::Integration",
        &["arn:aws:apigateway:REGION::/apis/abc/integrations"],
    ),
    (
        "AWS::ApiGatewayV2::Route",
        &["arn:aws:apigateway:REGION::/apis/abc/routes"],
    ),
    (
        "AWS::ApiGatewayV2::Stage",
        &["arn:aws:apigateway:REGION::/apis/abc/stages", TAGGED_API],
    ),
    (
        "AWS::CloudFront::Distribution",
        &["arn:aws:cloudfront::ACCOUNT:distribution/abc"],
    ),
    (
        "AWS::CloudFront::Function",
        &["arn:aws:cloudfront::ACCOUNT:function/counterfoil-0123abcd"],
    ),
    (
        "AWS::CloudWatch::Alarm",
        &["arn:aws:cloudwatch:REGION:ACCOUNT:alarm:STACK-Stuck-abc"],
    ),
    (
        "AWS::CodeDeploy::Application",
        &["arn:aws:codedeploy:REGION:ACCOUNT:application:STACK-abc"],
    ),
    (
        "AWS::CodeDeploy::DeploymentGroup",
        &["arn:aws:codedeploy:REGION:ACCOUNT:deploymentgroup:STACK-abc/STACK-abc"],
    ),
    (
        "AWS::DynamoDB::Table",
        &["arn:aws:dynamodb:REGION:ACCOUNT:table/STACK-Table-abc"],
    ),
    (
        "AWS::Events::Rule",
        &["arn:aws:events:REGION:ACCOUNT:rule/STACK-CourierTick-abc"],
    ),
    (
        "AWS::IAM::Role",
        &["arn:aws:iam::ACCOUNT:role/STACK-WorkerRole-abc"],
    ),
    ("AWS::Lambda::Alias", &[FUNCTION]),
    (
        "AWS::Lambda::EventSourceMapping",
        &["arn:aws:lambda:REGION:ACCOUNT:event-source-mapping:0123abcd"],
    ),
    ("AWS::Lambda::Function", &[FUNCTION, LAYER]),
    ("AWS::Lambda::LayerVersion", &[LAYER]),
    ("AWS::Lambda::Permission", &[FUNCTION]),
    ("AWS::Lambda::Url", &[FUNCTION]),
    ("AWS::Lambda::Version", &[FUNCTION]),
    (
        "AWS::Logs::LogGroup",
        &["arn:aws:logs:REGION:ACCOUNT:log-group:/aws/lambda/STACK/worker"],
    ),
    (
        "AWS::Logs::LogGroup",
        &["arn:aws:logs:REGION:ACCOUNT:log-group:/aws/vendedlogs/counterfoil/STACK"],
    ),
    (
        "AWS::S3::BucketPolicy",
        &["arn:aws:s3:::aws-sam-cli-managed-default-abc"],
    ),
    ("AWS::SNS::Topic", &[TOPIC]),
    ("AWS::SNS::TopicPolicy", &[TOPIC]),
    ("AWS::SQS::Queue", &[QUEUE]),
    (
        "AWS::SQS::Queue",
        &["arn:aws:sqs:REGION:ACCOUNT:STACK-DeadLetterQueue-abc"],
    ),
    ("AWS::SQS::QueuePolicy", &[QUEUE]),
    (
        "AWS::SecretsManager::Secret",
        &["arn:aws:secretsmanager:REGION:ACCOUNT:secret:TicketKeys-abc"],
    ),
    (
        "AWS::SecretsManager::Secret",
        &["arn:aws:secretsmanager:REGION:ACCOUNT:secret:IdSecret-abc"],
    ),
    (
        "AWS::SecretsManager::Secret",
        &["arn:aws:secretsmanager:REGION:ACCOUNT:secret:EdgeSecret-abc"],
    ),
    (
        "AWS::WAFv2::WebACL",
        &["arn:aws:wafv2:us-east-1:ACCOUNT:global/webacl/per-address/abc"],
    ),
];
/// Where a kind calls a service that it is not of.
pub const ELSEWHERE: [&str; 6] = [
    "arn:aws:codedeploy:REGION:ACCOUNT:application:STACK-abc",
    "arn:aws:iam::ACCOUNT:role/STACK-WorkerRole-abc",
    FIRST_DOMAIN,
    "arn:aws:kms:REGION:ACCOUNT:key/KEY",
    "arn:aws:logs:REGION:ACCOUNT:log-group:/aws/vendedlogs/counterfoil/STACK",
    "arn:aws:s3:::aws-sam-cli-managed-default-abc/package",
];
/// API Gateway makes this role with the first domain of an account, in the name of whoever deploys.
pub const FIRST_DOMAIN: &str = "arn:aws:iam::ACCOUNT:role/aws-service-role/ops.apigateway.amazonaws.com/AWSServiceRoleForAPIGateway";

/// What kinds of SAM's come out as, and the kinds that are made beside the template: by `edge-waf.yaml`, and by SAM for its
/// packages.
pub const OF_SAM: [(&str, &[&str]); 2] = [
    (
        "AWS::Serverless::Function",
        &[
            "AWS::Lambda::Function",
            "AWS::Lambda::Version",
            "AWS::Lambda::Alias",
            "AWS::CodeDeploy::Application",
            "AWS::CodeDeploy::DeploymentGroup",
        ],
    ),
    (
        "AWS::Serverless::LayerVersion",
        &["AWS::Lambda::LayerVersion"],
    ),
];
pub const BESIDE: [&str; 2] = ["AWS::S3::BucketPolicy", "AWS::WAFv2::WebACL"];

/// What a handler would call for what no resource of ours has, with the reason.
pub const NOT_NEEDED: [(&str, &[&str]); 17] = [
    (
        "no mutual TLS",
        &[
            "apigateway:AddCertificateToDomain",
            "apigateway:RemoveCertificateFromDomain",
        ],
    ),
    (
        "the right is CreateDistribution and TagResource",
        &["cloudfront:CreateDistributionWithTags"],
    ),
    (
        "no tenants, no VPC, no staging",
        &[
            "cloudfront:CreateConnectionGroup",
            "cloudfront:GetConnectionGroup",
            "cloudfront:GetVpcOrigin",
            "cloudfront:UpdateDistributionWithStagingConfig",
        ],
    ),
    (
        "no machines of one's own",
        &["codedeploy:RegisterOnPremisesInstance"],
    ),
    (
        "no replicas",
        &[
            "dynamodb:AssociateTableReplica",
            "dynamodb:BatchWriteItem",
            "dynamodb:CreateTableReplica",
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
            "dynamodb:Scan",
            "dynamodb:UpdateItem",
        ],
    ),
    ("the table outlives its stack", &["dynamodb:DeleteTable"]),
    (
        "no import",
        &[
            "dynamodb:DescribeImport",
            "dynamodb:ImportTable",
            "logs:CreateLogStream",
            "logs:DescribeLogStreams",
            "logs:PutLogEvents",
            "s3:GetObjectMetadata",
        ],
    ),
    (
        "no policy, no insights, no Kinesis of the table",
        &[
            "dynamodb:DeleteResourcePolicy",
            "dynamodb:DisableKinesisStreamingDestination",
            "dynamodb:EnableKinesisStreamingDestination",
            "dynamodb:PutResourcePolicy",
            "dynamodb:UpdateContributorInsights",
            "dynamodb:UpdateKinesisStreamingDestination",
            "kinesis:DescribeStream",
            "kinesis:PutRecords",
        ],
    ),
    ("an alias of a key is refused", &["kms:ListAliases"]),
    (
        "no VPC, no file system",
        &[
            "ec2:DescribeNetworkInterfaces",
            "ec2:DescribeSecurityGroups",
            "ec2:DescribeSubnets",
            "ec2:DescribeVpcs",
            "elasticfilesystem:DescribeMountTargets",
            "s3files:ListMountTargets",
        ],
    ),
    (
        "no boundary, no description of a role",
        &[
            "iam:DeleteRolePermissionsBoundary",
            "iam:PutRolePermissionsBoundary",
            "iam:UpdateRole",
            "iam:UpdateRoleDescription",
        ],
    ),
    (
        "no signed code, no provisioned concurrency, no capacity, no runtime that is pinned",
        &[
            "lambda:AssociateRuntimeAlias",
            "lambda:DeleteFunctionCodeSigningConfig",
            "lambda:DeleteProvisionedConcurrencyConfig",
            "lambda:GetCodeSigningConfig",
            "lambda:PassCapacityProvider",
            "lambda:PutFunctionCodeSigningConfig",
            "lambda:PutFunctionRecursionConfig",
            "lambda:PutFunctionScalingConfig",
            "lambda:PutProvisionedConcurrencyConfig",
            "lambda:PutRuntimeManagementConfig",
        ],
    ),
    (
        "a log group has a name and a retention",
        &[
            "firehose:TagDeliveryStream",
            "logs:AssociateKmsKey",
            "logs:DeleteDataProtectionPolicy",
            "logs:DeleteIndexPolicy",
            "logs:DeleteResourcePolicy",
            "logs:DisassociateKmsKey",
            "logs:PutBearerTokenAuthentication",
            "logs:PutDataProtectionPolicy",
            "logs:PutIndexPolicy",
            "logs:PutLogGroupDeletionProtection",
            "s3:REST.PUT.OBJECT",
        ],
    ),
    ("nothing is bought", &["payments:GetConnectedAccount"]),
    (
        "SAM's bucket outlives the stack",
        &["s3:DeleteBucketPolicy"],
    ),
    (
        "one region",
        &[
            "secretsmanager:RemoveRegionsFromReplication",
            "secretsmanager:ReplicateSecretToRegions",
        ],
    ),
    (
        "whoever subscribes brings the subscription",
        &[
            "sns:PutDataProtectionPolicy",
            "sns:Subscribe",
            "sns:Unsubscribe",
        ],
    ),
];
