//! Who acts: as told, else as the system calls the user.

use counterfoil_core::operations::history::Who;

use crate::exit::configuration;

/// The name that history will tell.
#[allow(clippy::disallowed_methods, reason = "a binary reads the environment")]
pub(crate) fn who(given: Option<&Who>) -> anyhow::Result<Who> {
    if let Some(given) = given {
        return Ok(given.clone());
    }
    let named = ["USER", "LOGNAME"].iter().find_map(|name| Who::parse(&std::env::var(name).ok()?));
    // A service has neither; its user's number is still better than no name.
    let number = || Who::parse(&format!("user {}", rustix::process::getuid().as_raw()));
    named.or_else(number).ok_or_else(|| configuration("nobody knows who you are; say it with --as NAME"))
}
