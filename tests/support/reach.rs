//! The one machine's server as what the client talks to: one door for everything.

use crate::client::{Door, Doors};
use crate::server::Server;

impl Doors for Server {
    fn door(&self, _: &str) -> Door {
        Door {
            authority: self.authority().into(),
            host: self.authority().into(),
        }
    }
}
