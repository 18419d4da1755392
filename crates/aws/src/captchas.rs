//! The way from a function to the captcha providers: the TLS and HTTP that the SDK has brought along.

use std::sync::OnceLock;
use std::time::Duration;

use aws_smithy_http_client::Connector;
use aws_smithy_http_client::tls::Provider;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_runtime_api::client::http::HttpConnector;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::byte_stream::ByteStream;
use counterfoil_core::captcha::CaptchaProvider;
use counterfoil_core::ports::{Captchas, Reply};
use counterfoil_core::{Code, Fault};

/// All of one question. Ten in a row, as a batch that is handled with care asks them, still fit the function's time.
const PATIENCE: Duration = Duration::from_secs(2);
/// Bytes of an answer: they have some hundred.
const MOST: usize = 16 * 1024;

/// Asks captcha providers.
#[derive(Debug)]
pub struct Providers {
    /// Made for the first question: most functions have no form with a captcha, and roots of trust take time to read.
    connector: OnceLock<Connector>,
    instead: Option<String>,
}

impl Providers {
    /// `instead`: a server that plays every provider, for tests alone.
    #[must_use]
    pub const fn new(instead: Option<String>) -> Self {
        Self {
            connector: OnceLock::new(),
            instead,
        }
    }

    fn connector(&self) -> &Connector {
        self.connector.get_or_init(|| {
            Connector::builder()
                .tls_provider(Provider::Rustls(CryptoMode::Ring))
                .build()
        })
    }

    async fn post(&self, url: &str, body: String) -> Result<Reply, &'static str> {
        let mut request = HttpRequest::new(SdkBody::from(body));
        request
            .set_method("POST")
            .map_err(|_| "no request could be made")?;
        request
            .set_uri(url)
            .map_err(|_| "its address cannot be read")?;
        request
            .headers_mut()
            .insert("content-type", "application/x-www-form-urlencoded");
        let answer = self
            .connector()
            .call(request)
            .await
            .map_err(|_| "there was no connection, or no answer")?;
        let status = answer.status().as_u16();
        let mut stream = ByteStream::new(answer.into_body());
        let mut body = Vec::new();
        while let Some(part) = stream
            .try_next()
            .await
            .map_err(|_| "its answer broke off")?
        {
            if body.len() + part.len() > MOST {
                return Ok(Reply {
                    status,
                    body: Vec::new(),
                });
            }
            body.extend_from_slice(&part);
        }
        Ok(Reply { status, body })
    }
}

impl Captchas for Providers {
    async fn ask(&self, provider: CaptchaProvider, body: String) -> Result<Reply, Fault> {
        let url = self.instead.as_deref().unwrap_or(provider.record().verify);
        let asked = tokio::time::timeout(PATIENCE, self.post(url, body)).await;
        asked
            .unwrap_or(Err("there was no answer in time"))
            .map_err(|why| {
                Fault::transient(
                    Code::CaptchaUnreachable,
                    format!("the captcha's provider could not be asked: {why}"),
                )
            })
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// A provider that answers one question with this; its address, and what it was asked.
    fn provider(body: String) -> (String, std::thread::JoinHandle<String>) {
        answering("200 OK", body)
    }

    fn answering(status: &'static str, body: String) -> (String, std::thread::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/siteverify", listener.local_addr().unwrap());
        let asked = std::thread::spawn(move || {
            let mut stream = listener.accept().unwrap().0;
            let mut asked = Vec::new();
            while !asked.ends_with(b"response=t") {
                let mut part = [0; 1024];
                let length = stream.read(&mut part).unwrap();
                assert!(length > 0, "it ended before the question did");
                asked.extend_from_slice(&part[..length]);
            }
            let head = format!("HTTP/1.1 {status}\r\nconnection: close\r\ncontent-length:");
            // Who has heard enough may go before the end.
            let _ = write!(stream, "{head} {}\r\n\r\n{body}", body.len());
            String::from_utf8(asked).unwrap()
        });
        (url, asked)
    }

    async fn ask(url: &str) -> Result<Reply, Fault> {
        let providers = Providers::new(Some(url.to_owned()));
        providers
            .ask(CaptchaProvider::Turnstile, "secret=s&response=t".into())
            .await
    }

    #[tokio::test]
    async fn a_question_is_posted_and_its_answer_comes_back() {
        let (url, asked) = provider("{\"success\":true}".into());
        let reply = ask(&url).await.unwrap();
        assert_eq!(
            (reply.status, reply.body.as_slice()),
            (200, &b"{\"success\":true}"[..])
        );
        let asked = asked.join().unwrap();
        assert!(
            asked.starts_with("POST /siteverify HTTP/1.1\r\n"),
            "{asked}"
        );
        assert!(
            asked.contains("content-type: application/x-www-form-urlencoded\r\n"),
            "{asked}"
        );
    }

    #[tokio::test]
    async fn a_refusal_keeps_its_status_and_no_redirect_is_followed() {
        for (line, status) in [
            ("403 Forbidden", 403),
            ("302 Found\r\nlocation: /elsewhere", 302),
        ] {
            let (url, asked) = answering(line, "{\"success\":true}".into());
            assert_eq!(
                ask(&url).await.unwrap().status,
                status,
                "no pass, whatever it says"
            );
            asked.join().unwrap();
        }
    }

    #[tokio::test]
    async fn an_answer_without_end_is_not_read_to_it() {
        let (url, _asked) = provider("x".repeat(1 << 20));
        assert_eq!(ask(&url).await.unwrap().body, b"");
    }

    #[tokio::test]
    async fn a_provider_that_is_not_there_is_a_fault_that_passes() {
        let free = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/", free.local_addr().unwrap());
        drop(free);
        let fault = ask(&url).await.unwrap_err();
        assert!(
            matches!(
                fault,
                Fault::Transient {
                    code: Code::CaptchaUnreachable,
                    ..
                }
            ),
            "{fault:?}"
        );
    }
}
