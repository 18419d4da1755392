//! What the functions share: their settings, forms, telemetry and metrics, and Lambda's events to `core` and back. Lambda's
//! types do not leave this crate, and it knows no AWS service: a function is given what to call.

#[cfg(feature = "batch")]
pub mod batch;
mod deadline;
#[cfg(feature = "http")]
pub mod edge;
pub mod forms;
#[cfg(feature = "http")]
pub mod http;
pub mod metrics;
pub mod settings;
#[cfg(feature = "stream")]
pub mod stream;
pub mod telemetry;

pub use deadline::Deadline;
pub use lambda_runtime::Error;
pub use metrics::{Function, Meter};
pub use settings::{Service, Settings};
