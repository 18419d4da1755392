//! Only the functions' binaries know both of these: what Lambda hands to a function, and as whom AWS is called.

use counterfoil_aws::client::Account;
use counterfoil_lambda::settings::SettingError;
use counterfoil_lambda::{Access, Service, Settings};

/// As whom, and where, this service is called.
pub(crate) fn account(settings: &Settings, service: Service) -> Result<Account, SettingError> {
    let Access {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    } = settings.access(service)?;
    Ok(Account {
        region,
        key_id,
        secret,
        session_token,
        endpoint,
    })
}
