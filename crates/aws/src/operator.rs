//! An operator's own account: region, credentials and endpoint as the AWS CLI finds them, what a stack's outputs are,
//! and who is calling. Only the command has this; a function is handed all of it.

use std::collections::HashMap;

use aws_config::BehaviorVersion;
use aws_credential_types::provider::ProvideCredentials;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::{Code, Fault};

use crate::client::{Account, Patience, configured, http};
use crate::fault::fault;

/// Who calls, and how.
#[derive(Clone, Debug)]
pub struct Operator {
    /// Where and as whom. A role's temporary credentials are good as long as they were when this was made.
    pub account: Account,
    /// The one HTTP client.
    pub http: SharedHttpClient,
    /// How long calls may take.
    pub patience: Patience,
}

impl Operator {
    /// From the environment, the profile, or the machine's role, in the order of every AWS tool.
    pub async fn find(patience: Patience) -> Result<Self, Fault> {
        let http = http();
        let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
            .http_client(http.clone())
            .load()
            .await;
        let missing = |what: &str| Fault::transient(Code::AwsSettings, what);
        let region = config
            .region()
            .ok_or_else(|| missing("no AWS region is set; set AWS_REGION or a profile's"))?;
        let provider = config
            .credentials_provider()
            .ok_or_else(|| missing("no AWS credentials are set"))?;
        let found = provider.provide_credentials().await;
        let found =
            found.map_err(|error| missing(&format!("no AWS credentials: {}", full(&error))))?;
        let account = Account {
            region: region.to_string(),
            key_id: found.access_key_id().to_owned(),
            secret: found.secret_access_key().to_owned(),
            session_token: found.session_token().map(str::to_owned),
            endpoint: config.endpoint_url().map(str::to_owned),
        };
        Ok(Self {
            account,
            http,
            patience,
        })
    }

    /// The outputs of a stack (DescribeStacks).
    pub async fn outputs(&self, stack: &str) -> Result<HashMap<String, String>, Fault> {
        let client = configured!(
            aws_sdk_cloudformation,
            &self.account,
            self.http.clone(),
            self.patience
        );
        let answer = client
            .describe_stacks()
            .stack_name(stack)
            .send()
            .await
            .map_err(|error| fault(&error))?;
        let stack = answer
            .stacks()
            .first()
            .ok_or_else(|| Fault::transient(Code::AwsAnswer, "there is no such stack"))?;
        let outputs = stack.outputs().iter();
        Ok(outputs
            .filter_map(|o| Some((o.output_key()?.to_owned(), o.output_value()?.to_owned())))
            .collect())
    }

    /// Who the credentials belong to (GetCallerIdentity): an ARN.
    pub async fn identity(&self) -> Result<String, Fault> {
        let client = configured!(aws_sdk_sts, &self.account, self.http.clone(), self.patience);
        let answer = client
            .get_caller_identity()
            .send()
            .await
            .map_err(|error| fault(&error))?;
        answer
            .arn()
            .map(str::to_owned)
            .ok_or_else(|| Fault::transient(Code::AwsAnswer, "STS did not say who this is"))
    }
}

/// An error with its causes.
fn full(error: &dyn std::error::Error) -> String {
    std::iter::successors(Some(error), |error| error.source())
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join(": ")
}
