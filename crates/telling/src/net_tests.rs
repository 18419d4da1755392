//! Which addresses are public: a table of those that are not, in every spelling.

use super::*;

#[test]
fn what_is_not_public_is_not_connected_to() {
    for address in [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.255",
        "127.0.0.1",
        "127.255.0.1",
        "169.254.169.254",
        "169.254.170.2",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.19.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::127.0.0.1",
        "64:ff9b::10.0.0.1",
        "64:ff9b::169.254.169.254",
        "64:ff9b:1::1",
        "64:ff9b:0:1::8.8.8.8",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:c0a8:101::1",
        "3fff::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fec0::1",
        "ff02::1",
        "5f00::1",
    ] {
        assert!(!is_public(address.parse().unwrap()), "{address}");
    }
    for address in [
        "8.8.8.8",
        "100.63.255.255",
        "100.128.0.1",
        "172.15.0.1",
        "172.32.0.1",
        "192.0.1.1",
        "198.20.0.1",
        "223.255.255.1",
        "2606:4700::1111",
        "2a00:1450::1",
        "2002:808:808::1",
        "64:ff9b::8.8.8.8",
        "::ffff:8.8.8.8",
    ] {
        assert!(is_public(address.parse().unwrap()), "{address}");
    }
}

#[test]
fn one_private_address_among_public_ones_is_refused_unless_it_is_allowed() {
    let found: Vec<SocketAddr> = ["8.8.8.8:443", "[::ffff:10.0.0.1]:443"]
        .map(|address| address.parse().unwrap())
        .into();
    let (trouble, said) = judged(found.clone(), "crm.example.org", &[]).unwrap_err();
    assert_eq!(trouble, Trouble::PrivateAddress);
    assert!(said.contains("allow_private"), "{said}");
    let other = ["192.168.0.0/16".parse().unwrap()];
    assert!(judged(found.clone(), "crm.example.org", &other).is_err());
    let allowed = ["10.0.0.0/8".parse().unwrap()];
    assert_eq!(
        judged(found.clone(), "crm.example.org", &allowed),
        Ok(found)
    );
}
