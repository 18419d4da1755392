//! What the functions share: their settings, forms and telemetry, and Lambda's events to `core` and back. Lambda's
//! types do not leave this crate, and it knows no AWS service: a function is given what to call.

#[cfg(feature = "batch")]
pub mod batch;
mod deadline;
#[cfg(feature = "http")]
pub mod edge;
pub mod forms;
#[cfg(feature = "http")]
pub mod http;
pub mod settings;
#[cfg(feature = "stream")]
pub mod stream;
pub mod telemetry;

pub use deadline::Deadline;
pub use lambda_runtime::Error;
pub use settings::{Access, Service, Settings};
