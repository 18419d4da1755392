//! A caller's address, as far as it is ever written down: a keyed hash that is another each day, so that callers can be
//! counted and nobody can be found by it.

// A value, and no network: `core` has the same type as `std`.
use core::net::IpAddr;

use hmac::Mac;

use crate::form::FormId;
use crate::keys::{IdSecret, framed};
use crate::time::Timestamp;

/// Bytes of the hash that are kept: enough not to meet another caller's.
const BYTES: usize = 16;
const DAY: i64 = 24 * 60 * 60 * 1000;

/// The address of a post to `form` at `now`, hashed: 32 hex digits. One network of IPv6 (a /64) is one caller, because
/// each of its machines has as many addresses as it likes.
#[must_use]
pub fn hashed(secret: &IdSecret, form: &FormId, address: IpAddr, now: Timestamp) -> String {
    let mut mac = secret.mac();
    let day = (now.as_millis() / DAY).to_be_bytes();
    framed(
        &mut mac,
        &[
            b"counterfoil/address/1",
            &day,
            form.as_str().as_bytes(),
            &network(address),
        ],
    );
    mac.finalize()
        .into_bytes()
        .iter()
        .take(BYTES)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

/// The bytes of what is one caller.
fn network(address: IpAddr) -> Vec<u8> {
    match address.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets()[..8].to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const THEN: Timestamp = Timestamp::from_millis(1_795_385_651_007);

    fn hash(form: &str, address: &str, now: Timestamp) -> String {
        let secret = IdSecret::parse("local:0123456789abcdefghijklmnopqrstuv").unwrap();
        hashed(
            &secret,
            &FormId::parse(form).unwrap(),
            address.parse().unwrap(),
            now,
        )
    }

    #[test]
    fn a_caller_is_one_for_a_day_and_a_form() {
        let one = hash("contact", "192.0.2.7", THEN);
        assert_eq!(one.len(), 32);
        assert_eq!(
            one,
            hash("contact", "::ffff:192.0.2.7", THEN),
            "as a socket of both families says it"
        );
        assert_ne!(one, hash("contact", "192.0.2.8", THEN));
        assert_ne!(one, hash("other", "192.0.2.7", THEN));
        assert_ne!(
            one,
            hash(
                "contact",
                "192.0.2.7",
                Timestamp::from_millis(THEN.as_millis() + DAY)
            )
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_caller() {
        let one = hash("contact", "2001:db8:0:1::7", THEN);
        assert_eq!(one, hash("contact", "2001:db8:0:1:ffff::", THEN));
        assert_ne!(one, hash("contact", "2001:db8:0:2::7", THEN));
    }
}
