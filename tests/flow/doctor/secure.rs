//! A server that speaks TLS on this machine, in front of a real one or of none, with the certificate that a test wants.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd,
};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// An authority that exists for one test. Two of one name would be told apart by their signatures alone.
pub(super) struct Authority {
    certificate: Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub(super) fn new(name: &str) -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let certificate = params.self_signed(&key).unwrap();
        Self {
            certificate,
            issuer: Issuer::new(params, key),
        }
    }

    /// Writes it down, for whom is to trust it.
    pub(super) fn write(&self, file: &Path) {
        let text = STANDARD.encode(self.certificate.der());
        std::fs::write(
            file,
            format!("-----BEGIN CERTIFICATE-----\n{text}\n-----END CERTIFICATE-----\n"),
        )
        .unwrap();
    }

    /// Good from this year to that one.
    pub(super) fn issue(&self, name: &str, (from, to): (i32, i32)) -> ServerConfig {
        let (key, mut params) = (
            KeyPair::generate().unwrap(),
            CertificateParams::new([name.to_owned()]).unwrap(),
        );
        (params.not_before, params.not_after) =
            (date_time_ymd(from, 1, 1), date_time_ymd(to, 12, 31));
        config(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

/// A certificate that has signed itself, as `openssl req -x509` makes one.
pub(super) fn self_signed(name: &str) -> ServerConfig {
    let (key, mut params) = (
        KeyPair::generate().unwrap(),
        CertificateParams::new([name.to_owned()]).unwrap(),
    );
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    config(&params.self_signed(&key).unwrap(), &key)
}

fn config(certificate: &Certificate, key: &KeyPair) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    builder
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap()
}

/// Answers until it is dropped.
pub(super) struct Secure {
    address: SocketAddr,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Secure {
    /// Passes each request on to the server at `HOST:PORT`.
    pub(super) fn before(behind: &str, config: ServerConfig) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, config, behind) = (
            Arc::new(AtomicBool::new(false)),
            Arc::new(config),
            behind.to_owned(),
        );
        let stopped = Arc::clone(&stop);
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                // Who does not like the certificate hangs up, which is the test's own question.
                let _ = pass(stream, &config, &behind);
            }
        });
        Self {
            address,
            stop,
            thread: Some(thread),
        }
    }

    pub(super) fn port(&self) -> u16 {
        self.address.port()
    }
}

impl Drop for Secure {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the loop, which then sees that it is to stop.
        drop(TcpStream::connect(self.address));
        drop(self.thread.take().map(JoinHandle::join));
    }
}

/// One request and its answer; then both connections end.
fn pass(stream: TcpStream, config: &Arc<ServerConfig>, behind: &str) -> std::io::Result<()> {
    let connection = ServerConnection::new(Arc::clone(config)).map_err(std::io::Error::other)?;
    let mut front = StreamOwned::new(connection, stream);
    let (mut request, mut piece) = (Vec::new(), [0; 4096]);
    while !is_whole(&request) {
        match front.read(&mut piece)? {
            0 => return Ok(()),
            read => request.extend_from_slice(&piece[..read]),
        }
    }
    let first = request.iter().position(|byte| *byte == b'\n').unwrap() + 1;
    let mut back = TcpStream::connect(behind)?;
    back.write_all(
        &[
            &request[..first],
            b"connection: close\r\n",
            &request[first..],
        ]
        .concat(),
    )?;
    let mut answer = Vec::new();
    back.read_to_end(&mut answer)?;
    front.write_all(&answer)?;
    front.conn.send_close_notify();
    front.flush()
}

pub(super) fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request).to_ascii_lowercase();
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head
        .split("content-length:")
        .nth(1)
        .and_then(|rest| rest.lines().next()?.trim().parse().ok());
    body.len() >= length.unwrap_or(0)
}
