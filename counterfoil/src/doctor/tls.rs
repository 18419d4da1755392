//! What a handshake that failed means: which mistake, and who can mend it. Pure: an error in, a finding out.

use counterfoil_core::Timestamp;
use rustls::CertificateError as Why;
use rustls::{Error, InvalidMessage};

use super::finding::{Finding, wrong};

/// The finding about a handshake with this host.
pub(super) fn handshake(error: &Error, host: &str) -> Finding {
    match error {
        Error::InvalidCertificate(why) => certificate(why, host),
        Error::InvalidMessage(InvalidMessage::InvalidContentType) => wrong(
            format!("{host} speaks no TLS at this address"),
            "put TLS in front of the server, or give its http:// address if it has none",
        ),
        other => wrong(
            format!("no TLS connection to {host}: {other}"),
            "browsers want TLS 1.2 or 1.3: look at the settings and the log of what answers there",
        ),
    }
}

/// Is what answers no TLS server at all?
pub(super) const fn is_none(error: &Error) -> bool {
    matches!(
        error,
        Error::InvalidMessage(InvalidMessage::InvalidContentType)
    )
}

fn certificate(why: &Why, host: &str) -> Finding {
    match why {
        Why::Expired => wrong(format!("the certificate of {host} has expired"), RENEW),
        Why::ExpiredContext { not_after, .. } => wrong(
            format!(
                "the certificate of {host} has expired on {}",
                day(not_after.as_secs())
            ),
            RENEW,
        ),
        Why::NotValidYet => wrong(format!("the certificate of {host} is not valid yet"), CLOCK),
        Why::NotValidYetContext { not_before, .. } => wrong(
            format!(
                "the certificate of {host} is not valid before {}",
                day(not_before.as_secs())
            ),
            CLOCK,
        ),
        Why::NotValidForName => wrong(format!("the certificate is not for {host}"), NAME),
        Why::NotValidForNameContext { presented, .. } => wrong(
            format!(
                "the certificate is for {} and not for {host}",
                names(presented)
            ),
            NAME,
        ),
        Why::UnknownIssuer => wrong(
            format!("nobody whom this machine trusts has issued the certificate of {host}"),
            ISSUER,
        ),
        Why::Other(other) if format!("{other:?}").contains("CaUsedAsEndEntity") => wrong(
            format!(
                "the certificate of {host} is an authority's own, as a self-signed one mostly is"
            ),
            ISSUER,
        ),
        other => wrong(
            format!("the certificate of {host} is refused: {other}"),
            "get another one, and have the server send it with the authority's intermediate certificates",
        ),
    }
}

const RENEW: &str =
    "renew it and load it into what answers there; then see why that did not happen by itself";
const CLOCK: &str = "compare this machine's clock, and the certificate's dates";
const NAME: &str =
    "get a certificate that names this host, or give the page an address that it names";
const ISSUER: &str = "browsers trust public authorities: get one from them (Let's Encrypt and others give it away), and send \
    its intermediate certificates too (the full chain). For an authority of your own, SSL_CERT_FILE names it to the doctor";

/// As many as a person reads.
const NAMES: usize = 5;

/// They come as the validator writes them: `DnsName("example.org")`.
fn names(presented: &[String]) -> String {
    let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    let shown: Vec<String> = presented.iter().take(NAMES).map(bare).collect();
    match presented.len() {
        0 => "no name at all".into(),
        many if many > NAMES => format!("{} and {} more", shown.join(", "), many - NAMES),
        _ => shown.join(", "),
    }
}

fn day(seconds: u64) -> String {
    let at = Timestamp::from_millis(
        i64::try_from(seconds)
            .unwrap_or(i64::MAX / 1000)
            .saturating_mul(1000),
    );
    at.to_string().get(..10).unwrap_or_default().to_owned()
}
