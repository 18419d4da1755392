//! Opens a service's connection before the first submission needs it: name, TCP and TLS cost a cold start more than
//! the call itself. It needs no permission: what goes out is `GET /` without a signature, on the very connection that
//! the calls use.

use std::future::Future;
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;

/// Longest wait: what is slower than this is for the first call to find out.
const PATIENCE: Duration = Duration::from_secs(1);

/// Waits for `call`, an empty one of the service's made with [`Knock`]. Whatever it answers, the connection is open; and
/// where it is not, the first call says why.
pub(crate) async fn open(call: impl Future) {
    let _ = tokio::time::timeout(PATIENCE, call).await;
}

/// Makes `GET /` of a call, just before it goes out.
#[derive(Debug)]
pub(crate) struct Knock;

impl Intercept for Knock {
    fn name(&self) -> &'static str {
        "Knock"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        request.set_method("GET")?;
        for name in [
            "authorization",
            "content-length",
            "content-type",
            "x-amz-security-token",
            "x-amz-target",
        ] {
            request.headers_mut().remove(name);
        }
        *request.body_mut() = SdkBody::empty();
        Ok(())
    }
}
