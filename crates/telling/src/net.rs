//! Connections to where strangers may have a say: every address is judged after its name was resolved, and the judged
//! address is the one that is connected to, so that a name cannot mean something else a moment later.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::{io, sync::Arc};

use ipnet::IpNet;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use crate::trouble::Trouble;

/// What failed, and in which words.
pub type Failed = (Trouble, String);

/// Finds the addresses of a name.
pub trait Resolver: Send + Sync {
    /// The addresses of `host`, each with `port`. A host that is an address is its own.
    fn resolve(
        &self,
        host: &str,
        port: u16,
    ) -> impl Future<Output = io::Result<Vec<SocketAddr>>> + Send;
}

/// The resolver of this machine.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemResolver;

impl Resolver for SystemResolver {
    async fn resolve(&self, host: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        Ok(tokio::net::lookup_host((host, port)).await?.collect())
    }
}

/// Whom we believe to be who they are.
#[derive(Clone, Debug)]
pub struct Trust {
    config: Arc<ClientConfig>,
    more: Vec<CertificateDer<'static>>,
}

impl Trust {
    /// Whom this machine trusts, and beside them `more`.
    #[must_use]
    pub fn with_native_roots(more: Vec<CertificateDer<'static>>) -> Self {
        let mut roots = RootCertStore::empty();
        let native = rustls_native_certs::load_native_certs().certs;
        roots.add_parsable_certificates(native.into_iter().chain(more.iter().cloned()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        #[allow(
            clippy::expect_used,
            reason = "the versions are those that ring's provider has suites for"
        )]
        let versions = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("ring has suites for TLS 1.2 and 1.3");
        let config = versions.with_root_certificates(roots).with_no_client_auth();
        Self {
            config: Arc::new(config),
            more,
        }
    }

    /// Those beside whom this machine trusts.
    pub(crate) fn more(&self) -> &[CertificateDer<'static>] {
        &self.more
    }

    /// Makes a connection one that others cannot read.
    pub(crate) async fn secure(
        &self,
        stream: TcpStream,
        host: &str,
    ) -> Result<TlsStream<TcpStream>, Failed> {
        let name = ServerName::try_from(host.to_owned())
            .map_err(|_| (Trouble::TlsFailed, format!("{host} is no name for TLS")))?;
        let connector = TlsConnector::from(Arc::clone(&self.config));
        let secured = connector.connect(name, stream).await;
        secured.map_err(|error| (Trouble::TlsFailed, format!("no TLS with {host}: {error}")))
    }
}

/// The addresses of a name; at least one.
pub(crate) async fn resolved(
    resolver: &impl Resolver,
    host: &str,
    port: u16,
) -> Result<Vec<SocketAddr>, Failed> {
    let failed = |why: String| {
        (
            Trouble::NameUnknown,
            format!("{host} has no address: {why}"),
        )
    };
    match resolver.resolve(host, port).await {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(failed("the answer is empty".into())),
        Err(error) => Err(failed(error.to_string())),
    }
}

/// Refuses a name of which any address is not for us: which of them is taken must not matter.
pub(crate) fn judged(
    found: Vec<SocketAddr>,
    host: &str,
    allowed: &[IpNet],
) -> Result<Vec<SocketAddr>, Failed> {
    let may = |ip: IpAddr| is_public(ip) || allowed.iter().any(|net| net.contains(&plain(ip)));
    match found.iter().find(|address| !may(address.ip())) {
        Some(other) => {
            let detail = format!(
                "{host} is {}, which is not a public address; if that is meant, name its network in `allow_private`",
                other.ip()
            );
            Err((Trouble::PrivateAddress, detail))
        }
        None => Ok(found),
    }
}

/// The first of the addresses that answers.
pub(crate) async fn connected(addresses: &[SocketAddr], host: &str) -> Result<TcpStream, Failed> {
    let mut last = "there is no address".to_owned();
    for address in addresses {
        match TcpStream::connect(address).await {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error.to_string(),
        }
    }
    let port = addresses.first().map_or(0, SocketAddr::port);
    Err((
        Trouble::Unreachable,
        format!("nobody answers at {host}, port {port}: {last}"),
    ))
}

/// An IPv4 address that is written as an IPv6 one, as itself.
fn plain(ip: IpAddr) -> IpAddr {
    ip.to_canonical()
}

/// Is it an address of the public Internet? What is reserved for anything else is not.
#[must_use]
pub fn is_public(ip: IpAddr) -> bool {
    match plain(ip) {
        IpAddr::V4(ip) => is_public_4(ip),
        IpAddr::V6(ip) => is_public_6(ip),
    }
}

const fn is_public_4(ip: Ipv4Addr) -> bool {
    let [a, b, c, _] = ip.octets();
    let reserved = matches!(
        (a, b, c),
        (0 | 10 | 127 | 224..=255, _, _)
            | (100, 64..=127, _)
            | (169, 254, _)
            | (172, 16..=31, _)
            | (192, 168, _)
            | (192, 0, 0 | 2)
            | (192, 88, 99)
            | (198, 18 | 19, _)
            | (198, 51, 100)
            | (203, 0, 113)
    );
    !reserved
}

/// Only 2000::/3 is given out; in it some parts carry an IPv4 address, which is judged instead, or mean nobody.
fn is_public_6(ip: Ipv6Addr) -> bool {
    let [a, b, c, d, _, _, g, h] = ip.segments();
    let carried = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        is_public_4(Ipv4Addr::new(a, b, c, d))
    };
    match (a, b) {
        // NAT64: the last 32 bits. Its local-use prefix, 64:ff9b:1::/48, is nobody's.
        (0x64, 0xff9b) => c == 0 && d == 0 && carried(g, h),
        // 6to4.
        (0x2002, _) => carried(b, c),
        // Teredo, benchmarks, ORCHID and the other special ones of 2001::/23; documentation.
        (0x2001, 0..=0x1ff | 0xdb8) => false,
        (0x3fff, 0..=0xfff) => false,
        (0x2000..=0x3fff, _) => true,
        _ => false,
    }
}

#[cfg(test)]
#[path = "net_tests.rs"]
mod tests;
