//! Letters to servers that speak TLS: with the right certificate they arrive, with a wrong one nothing is said to them.

use std::net::SocketAddr;

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, SanType, date_time_ymd,
};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::tests::{letter, post};
use super::*;

/// An authority that exists for one test.
struct Authority {
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        let (key, mut params) = (KeyPair::generate().unwrap(), CertificateParams::default());
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "ours");
        let certificate = params.self_signed(&key).unwrap().der().clone();
        let issuer = Issuer::new(params, key);
        Self {
            certificate,
            issuer,
        }
    }

    /// What a server of this name shows until the end of this year.
    fn issue(&self, name: &str, until: i32) -> Arc<ServerConfig> {
        let mut params = CertificateParams::default();
        params.subject_alt_names = vec![SanType::DnsName(name.try_into().unwrap())];
        (params.not_before, params.not_after) =
            (date_time_ymd(2020, 1, 1), date_time_ymd(until, 12, 31));
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap();
        let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
        let config = builder
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key);
        Arc::new(config.unwrap())
    }
}

/// How a server speaks, and TLS from when.
#[derive(Clone, Copy, Debug)]
enum Speaks {
    Http,
    Smtps,
    StartTls,
}

/// A server of one connection; it gives what it was told behind TLS.
async fn server(speaks: Speaks, config: Arc<ServerConfig>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let told = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        if let Speaks::StartTls = speaks {
            talk(
                &mut stream,
                &["220 here", "250-here\r\n250 STARTTLS", "220 go"],
            )
            .await;
        }
        let Ok(mut secured) = TlsAcceptor::from(config).accept(stream).await else {
            return String::new();
        };
        const MAIL: [&str; 5] = [
            "250-here\r\n250 AUTH PLAIN",
            "235 in",
            "250 fine",
            "250 fine",
            "354 go on",
        ];
        match speaks {
            Speaks::Http => http(&mut secured).await,
            Speaks::Smtps => {
                let _ = secured.write_all(b"220 here\r\n").await;
                mail(&mut secured, &MAIL).await
            }
            Speaks::StartTls => mail(&mut secured, &MAIL).await,
        }
    });
    (at, told)
}

/// Says the first of these, and each other behind a line that comes.
async fn talk(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), says: &[&str]) {
    let mut stream = BufReader::new(stream);
    for (number, says) in says.iter().enumerate() {
        if number > 0 {
            stream.read_line(&mut String::new()).await.unwrap();
        }
        let line = format!("{says}\r\n");
        stream.write_all(line.as_bytes()).await.unwrap();
    }
}

async fn mail(stream: &mut (impl AsyncRead + AsyncWrite + Unpin), says: &[&str]) -> String {
    let mut stream = BufReader::new(stream);
    let (mut told, mut says) = (String::new(), says.iter());
    let mut in_mail = false;
    loop {
        let begins = told.len();
        if stream.read_line(&mut told).await.unwrap_or(0) == 0 {
            return told;
        }
        if in_mail && &told[begins..] != ".\r\n" {
            continue;
        }
        let answer = says.next().copied().unwrap_or("250 fine");
        in_mail = answer.starts_with("354");
        let _ = stream.write_all(format!("{answer}\r\n").as_bytes()).await;
    }
}

async fn http(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    let mut stream = BufReader::new(stream);
    let mut told = String::new();
    while !told.ends_with("\r\n\r\n") {
        if stream.read_line(&mut told).await.unwrap_or(0) == 0 {
            return told;
        }
    }
    let _ = stream.write_all(b"HTTP/1.1 204 So\r\n\r\n").await;
    let _ = stream.flush().await;
    told
}

const HOOK: &str = "[receivers.crm]\nkind = \"webhook\"\nurl = \"https://crm.example.org/hook\"\nsecret_env = [\"K\"]\n\
                    allow_private = [\"127.0.0.0/8\"]\n";

fn receivers(speaks: Speaks) -> (&'static str, String) {
    let mailbox = |scheme: &str| {
        format!(
            "[smtp]\nurl = \"{scheme}://crm.example.org\"\nuser = \"forms\"\npassword_env = \"P\"\n[receivers.owner]\n\
             kind = \"mail\"\nfrom = \"forms@example.org\"\nto = [\"owner@example.org\"]\n"
        )
    };
    match speaks {
        Speaks::Http => ("crm", HOOK.to_owned()),
        Speaks::Smtps => ("owner", mailbox("smtps")),
        Speaks::StartTls => ("owner", mailbox("smtp")),
    }
}

/// Sends a letter to a server with this certificate; what came of it, and what the server was told.
async fn sent(speaks: Speaks, config: Arc<ServerConfig>, ours: &Authority) -> (Outcome, String) {
    let (at, told) = server(speaks, config).await;
    let (name, receivers) = receivers(speaks);
    let mut post = post(&receivers, &[at]);
    post.trust = Trust::with_native_roots(vec![ours.certificate.clone()]);
    let outcome = post.send(&letter(name, json!({ "name": "canary" }))).await;
    drop(post);
    (outcome, told.await.unwrap())
}

#[tokio::test]
async fn a_letter_goes_out_to_whom_we_believe() {
    let ours = Authority::new();
    for speaks in [Speaks::Http, Speaks::Smtps, Speaks::StartTls] {
        let right = ours.issue("crm.example.org", 2090);
        let (outcome, told) = sent(speaks, right, &ours).await;
        assert!(
            matches!(outcome, Outcome::Delivered(_)),
            "{speaks:?}: {outcome:?}\n{told}"
        );
        let begins = match speaks {
            Speaks::Http => "POST /hook HTTP/1.1\r\nhost: crm.example.org\r\n",
            Speaks::Smtps | Speaks::StartTls => "EHLO example.org\r\nAUTH PLAIN ",
        };
        assert!(told.starts_with(begins), "{speaks:?}: {told}");
    }
}

#[tokio::test]
async fn nothing_is_said_to_whom_we_do_not_believe() {
    let (ours, theirs) = (Authority::new(), Authority::new());
    for speaks in [Speaks::Http, Speaks::Smtps, Speaks::StartTls] {
        for (what, wrong) in [
            ("another authority", theirs.issue("crm.example.org", 2090)),
            ("another name", ours.issue("other.example.org", 2090)),
            ("over", ours.issue("crm.example.org", 2021)),
        ] {
            let (outcome, told) = sent(speaks, wrong, &ours).await;
            let Outcome::Later { cause, .. } = outcome else {
                panic!("{speaks:?}, {what}: {outcome:?}");
            };
            assert_eq!(cause.code, "tls-failed", "{speaks:?}, {what}: {cause}");
            assert_eq!(told, "", "{speaks:?}, {what}");
        }
    }
}

#[tokio::test]
async fn a_mail_server_without_starttls_is_told_no_password() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = listener.local_addr().unwrap();
    let told = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let _ = stream.write_all(b"220 here\r\n").await;
        mail(&mut stream, &["250-here\r\n250 AUTH PLAIN"]).await
    });
    let post = post(&receivers(Speaks::StartTls).1, &[at]);
    let outcome = post.send(&letter("owner", json!({}))).await;
    assert!(
        matches!(&outcome, Outcome::Later { cause, .. } if cause.detail.contains("offers no STARTTLS")),
        "{outcome:?}"
    );
    let told = told.await.unwrap();
    assert!(!told.contains("AUTH"), "{told}");
}
