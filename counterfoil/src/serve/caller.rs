//! Where a request comes from and which host it was asked of: what its connection and its `Host` say, or, when the other
//! end is a proxy of ours, what the proxy says. What anybody else says of itself is not believed.

use std::net::{IpAddr, SocketAddr};

use ::http::{HeaderMap, HeaderValue};
use ipnet::IpNet;

const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_HOST: &str = "x-forwarded-host";

/// The address that a request counts for. From the right, because each proxy adds at the end whom it was called by; the
/// first that is no proxy of ours is who called us. What cannot be read counts for the proxy that said it.
pub(crate) fn address(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> IpAddr {
    let is_ours = |address: &IpAddr| is_in(trusted, address);
    let mut caller = peer.to_canonical();
    let said: Vec<&str> = headers
        .get_all(FORWARDED_FOR)
        .iter()
        .map(|line| line.to_str().unwrap_or("?"))
        .collect();
    let mut hops = said.iter().rev().flat_map(|line| line.rsplit(','));
    while is_ours(&caller)
        && let Some(before) = hops.next().and_then(hop)
    {
        caller = before;
    }
    caller
}

/// The host that a proxy of ours was asked for, where it says so. Of several the last: a proxy that finds one there either
/// writes its own in its place or adds it at the end.
///
/// A proxy that passes on whatever its caller says opens nothing by that: a page of another site cannot make a browser
/// send this header, and a program may say any origin as it is.
pub(crate) fn host(peer: IpAddr, headers: &HeaderMap, trusted: &[IpNet]) -> Option<HeaderValue> {
    let line = headers
        .get_all(FORWARDED_HOST)
        .iter()
        .next_back()
        .filter(|_| is_in(trusted, &peer.to_canonical()))?;
    let last = line
        .as_bytes()
        .rsplit(|byte| *byte == b',')
        .next()
        .unwrap_or_default()
        .trim_ascii();
    HeaderValue::from_bytes(last)
        .ok()
        .filter(|host| !host.is_empty())
}

fn is_in(networks: &[IpNet], address: &IpAddr) -> bool {
    networks.iter().any(|network| network.contains(address))
}

/// An address as proxies write it, some with a port.
fn hop(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let with_port = || text.parse::<SocketAddr>().map(|address| address.ip());
    let bare = text
        .strip_prefix('[')
        .and_then(|rest| rest.strip_suffix(']'))
        .unwrap_or(text);
    bare.parse::<IpAddr>()
        .or_else(|_| with_port())
        .ok()
        .map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_of_ours_says_which_host_it_was_asked_for_and_nobody_else_does() {
        let trusted = ["10.0.0.0/8".parse().unwrap()];
        let said = |peer: &str, lines: &[&str]| {
            let lines = lines
                .iter()
                .map(|line| HeaderValue::from_str(line).unwrap());
            let headers = lines
                .map(|line| (FORWARDED_HOST.parse().unwrap(), line))
                .collect();
            host(peer.parse().unwrap(), &headers, &trusted)
                .map(|host| host.to_str().unwrap().to_owned())
        };
        for lines in [
            &["forms.example:8443"][..],
            &["a.example, forms.example:8443"],
            &["a.example", "forms.example:8443 "],
        ] {
            assert_eq!(
                said("10.0.0.1", lines).as_deref(),
                Some("forms.example:8443"),
                "{lines:?}"
            );
            assert_eq!(
                said("::ffff:10.0.0.1", lines).as_deref(),
                Some("forms.example:8443"),
                "{lines:?}"
            );
            assert_eq!(said("192.0.2.7", lines), None, "{lines:?}");
        }
        for lines in [&[][..], &[""], &["forms.example,"]] {
            assert_eq!(said("10.0.0.1", lines), None, "{lines:?}");
        }
    }

    fn check(peer: &str, lines: &[&str], expected: &str) {
        let trusted = [
            "10.0.0.0/8".parse().unwrap(),
            "2001:db8::/32".parse().unwrap(),
        ];
        let mut headers = HeaderMap::new();
        for line in lines {
            headers.append(
                FORWARDED_FOR,
                HeaderValue::from_bytes(line.as_bytes()).unwrap(),
            );
        }
        let found = address(peer.parse().unwrap(), &headers, &trusted);
        assert_eq!(
            found,
            expected.parse::<IpAddr>().unwrap(),
            "{peer} {lines:?}"
        );
    }

    #[test]
    fn a_stranger_is_whom_the_connection_says() {
        check("192.0.2.7", &[], "192.0.2.7");
        check("192.0.2.7", &["198.51.100.1"], "192.0.2.7");
        check("::ffff:192.0.2.7", &["198.51.100.1"], "192.0.2.7");
    }

    #[test]
    fn a_proxy_of_ours_says_who_called_it() {
        check("10.0.0.1", &["192.0.2.7"], "192.0.2.7");
        check("::ffff:10.0.0.1", &["192.0.2.7:4711"], "192.0.2.7");
        check("2001:db8::1", &["[2001:db9::7]:4711"], "2001:db9::7");
        check("10.0.0.1", &["192.0.2.7, 10.0.0.2"], "192.0.2.7");
        check("10.0.0.1", &["192.0.2.7", "10.0.0.2"], "192.0.2.7");
    }

    #[test]
    fn what_a_caller_says_of_itself_through_a_proxy_is_not_believed() {
        check("10.0.0.1", &["1.1.1.1, 192.0.2.7"], "192.0.2.7");
        check("10.0.0.1", &["1.1.1.1", "192.0.2.7, 10.0.0.2"], "192.0.2.7");
        check("10.0.0.1", &["1.1.1.1, nonsense"], "10.0.0.1");
        check("10.0.0.1", &["1.1.1.1, \u{e9}"], "10.0.0.1");
        check("10.0.0.1", &[""], "10.0.0.1");
    }

    #[test]
    fn a_call_from_among_the_proxies_is_one_of_theirs() {
        check("10.0.0.1", &["10.0.0.3, 10.0.0.2"], "10.0.0.3");
    }
}
