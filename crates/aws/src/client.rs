//! What every client is made of. The functions do without `aws-config`: Lambda hands region and credentials
//! in its environment, and resolving them anew would cost each cold start.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_smithy_http_client::Builder;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::region::Region;
pub use counterfoil_machine::Account;

/// How long calls may take: all of it must end before the function's own time does.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// One call, its retries included.
    pub call: Duration,
    /// One attempt.
    pub attempt: Duration,
    /// Attempts of one call. This is the only retry within a process; the queue is the outer one.
    pub attempts: u32,
}

impl Patience {
    /// For hiding what comes back: it is the last thing that an invocation does, and what is left of it is little. Where it
    /// fails, the queue's own time-out hides.
    pub const HIDING: Self = Self {
        call: Duration::from_secs(4),
        attempt: Duration::from_millis(1500),
        attempts: 4,
    };
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(8),
            attempt: Duration::from_secs(3),
            attempts: 4,
        }
    }
}

/// First wait before a retry, with full jitter. The SDK's own starts at up to a second, which under 5 %
/// throttling is the p99 of everything.
const FIRST_BACK_OFF: Duration = Duration::from_millis(25);
/// Longest wait before a retry.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);
const CONNECT: Duration = Duration::from_secs(1);

/// One HTTP client for all services of a function: rustls with ring, because aws-lc seeds itself from CPU jitter
/// at its first use, tens of milliseconds on each cold start.
#[must_use]
pub fn http() -> SharedHttpClient {
    Builder::new()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .build_https()
}

pub(crate) fn region(account: &Account) -> Region {
    Region::new(account.region.clone())
}

pub(crate) fn credentials(account: &Account) -> Credentials {
    let (key_id, secret) = (account.key_id.clone(), account.secret.clone());
    Credentials::new(
        key_id,
        secret,
        account.session_token.clone(),
        None,
        "environment",
    )
}

pub(crate) fn retry(patience: Patience) -> RetryConfig {
    RetryConfig::standard()
        .with_max_attempts(patience.attempts)
        .with_initial_backoff(FIRST_BACK_OFF)
        .with_max_backoff(LONGEST_BACK_OFF)
}

pub(crate) fn timeouts(patience: Patience) -> TimeoutConfig {
    TimeoutConfig::builder()
        .connect_timeout(CONNECT)
        .operation_attempt_timeout(patience.attempt)
        .operation_timeout(patience.call)
        .build()
}

/// Makes a service's configuration from the three above. Each service has types of its own, hence a macro.
macro_rules! configured {
    ($service:ident, $account:expr, $http:expr, $patience:expr) => {{
        let account: &$crate::client::Account = $account;
        let mut builder = $service::config::Builder::new()
            .behavior_version($service::config::BehaviorVersion::v2026_01_12())
            .region($crate::client::region(account))
            .credentials_provider($crate::client::credentials(account))
            .http_client($http)
            .retry_config($crate::client::retry($patience))
            .timeout_config($crate::client::timeouts($patience));
        builder.set_endpoint_url(account.endpoint.clone());
        $service::Client::from_conf(builder.build())
    }};
}
pub(crate) use configured;
