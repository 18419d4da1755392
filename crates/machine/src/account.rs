//! Where and as whom AWS is called: Lambda gives it to a function, and whoever signs in gives it to the command.

use std::fmt;

/// Where and as whom to call. `Debug` shows no secret.
#[derive(Clone)]
pub struct Account {
    /// The region, such as `eu-central-1`.
    pub region: String,
    /// The access key's id.
    pub key_id: String,
    /// The access key's secret: signs the calls.
    pub secret: String,
    /// What a role's temporary key comes with.
    pub session_token: Option<String>,
    /// Instead of the service's own address, for an emulator.
    pub endpoint: Option<String>,
}

impl fmt::Debug for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Account({}, {:?}, [redacted])",
            self.region, self.endpoint
        )
    }
}
