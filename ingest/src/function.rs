//! What the functions on AWS share: their answers where there is no request to answer, or no answer to it.

use counterfoil_core::ports::Clock;
use counterfoil_lambda::http::{Door, Refusals};
use counterfoil_lambda::settings::SettingError;
use counterfoil_lambda::{Function, Meter, Settings};

use crate::problem::Problem;
use crate::{answer, refuse};

/// For `ingest` and `status` alike.
pub const REFUSALS: Refusals = Refusals {
    unreadable: || Problem::Malformed("This is no HTTP request.".into()).response(),
    past_edge: |parts| answer::for_method(&parts.method, refuse(parts, &Problem::WrongAddress)),
    panicked: || Problem::Unavailable.response(),
};

/// What stands before this function, as its settings say.
pub fn door(
    settings: &Settings,
    function: Function,
    clock: impl Clock + Send + 'static,
) -> Result<Door, SettingError> {
    let meter = Meter::new(settings, function, clock);
    Ok(Door {
        edge: settings.edge()?,
        refusals: REFUSALS,
        meter,
    })
}
