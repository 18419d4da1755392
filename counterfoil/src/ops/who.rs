//! Who acts, as the history tells it.

use counterfoil_operations::history::Who;

use crate::exit::configuration;

/// The name that was given, or this machine's user.
#[allow(clippy::disallowed_methods, reason = "the command reads its own environment")]
pub(crate) fn on_this_machine(given: Option<&str>) -> anyhow::Result<Who> {
    if let Some(given) = given {
        return named(given);
    }
    let user = ["USER", "LOGNAME"].iter().find_map(|name| Who::parse(&std::env::var(name).ok()?));
    user.map_or_else(|| named(&format!("uid {}", rustix::process::getuid().as_raw())), Ok)
}

/// A name that was given.
pub(super) fn named(given: &str) -> anyhow::Result<Who> {
    let why = "--as takes a name of 1 to 200 characters, none of them a control character";
    Who::parse(given).ok_or_else(|| configuration(why))
}
