//! Options of `serve`: whom it believes about where requests come from, and how many are too many.

use std::net::IpAddr;
use std::num::NonZeroU32;

use clap::Args;
use ipnet::IpNet;

#[derive(Args)]
pub(crate) struct Limits {
    /// Networks of proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed, such as 10.0.0.0/8. May be repeated
    #[arg(long, value_name = "CIDR", value_parser = network)]
    pub(crate) trusted_proxy: Vec<IpNet>,
    /// Requests a second from one address beyond which they are refused; polls and posts apart
    #[arg(long, value_name = "N", default_value = "100000")]
    pub(crate) flood_per_address: NonZeroU32,
    /// Posts a second to one form beyond which they are refused
    #[arg(long, value_name = "N", default_value = "100000")]
    pub(crate) flood_per_form: NonZeroU32,
}

/// A network, or one address.
fn network(text: &str) -> Result<IpNet, String> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse()
        .or_else(|_| address())
        .map_err(|_| "give a network such as 10.0.0.0/8, or one address".into())
}
