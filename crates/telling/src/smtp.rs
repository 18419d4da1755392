//! Hands a mail to the mail server, step by step, and says of each failure whether it may pass.

use lettre::Message;
use lettre::transport::smtp::Error;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{
    AsyncSmtpConnection, AsyncTokioStream, Certificate, TlsParameters,
};
use lettre::transport::smtp::extension::ClientId;
use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use crate::net::{Failed, Resolver, Trust, connected, resolved};
use crate::receivers::mail::{Smtp, SmtpSecurity};
use crate::send::{Outcome, Reply};
use crate::steps::Step;
use crate::trouble::Trouble;
use crate::way::Way;

/// Ways to sign in, the usual first.
const MECHANISMS: [Mechanism; 2] = [Mechanism::Plain, Mechanism::Login];

/// Tries once; whatever comes of it is in the outcome.
pub(crate) async fn send(mail: &Message, server: &Smtp, way: &Way<'_, impl Resolver>) -> Outcome {
    let mut connection = match signed_in(mail, server, way).await {
        Ok(connection) => connection,
        Err(NoWay::Failed((trouble, detail))) => return later(trouble.cause(detail), None),
        Err(NoWay::Said(trouble, error)) => {
            let cause = trouble.cause(said(&server.host, &error));
            return later(cause, code(&error));
        }
    };
    match connection.send(mail.envelope(), &mail.formatted()).await {
        Ok(answer) => {
            let reply = Reply {
                code: Some(answer.code().into()),
                said: answer.first_line().map(str::to_owned),
            };
            way.steps.push(Step::Answered(reply.code));
            // It has the mail; whether it says goodbye is of no matter.
            let _ = connection.quit().await;
            Outcome::Delivered(reply)
        }
        Err(error) => refused(&server.host, &error),
    }
}

enum NoWay {
    Failed(Failed),
    Said(Trouble, Error),
}

impl From<Failed> for NoWay {
    fn from(failed: Failed) -> Self {
        Self::Failed(failed)
    }
}

async fn signed_in(
    mail: &Message,
    server: &Smtp,
    way: &Way<'_, impl Resolver>,
) -> Result<AsyncSmtpConnection, NoWay> {
    let host = server.host.as_str();
    let found = resolved(way.resolver, host, server.port).await?;
    way.steps.push(Step::Resolved(found.len()));
    let stream = connected(&found, host).await?;
    way.steps.push(Step::Connected);
    let sender = mail.envelope().from().map(|from| from.domain().to_owned());
    let hello = sender.map_or_else(ClientId::default, ClientId::Domain);
    let greeted: Box<dyn AsyncTokioStream> = match server.security {
        SmtpSecurity::Tls => {
            let secured = way.trust.secure(stream, host).await?;
            way.steps.push(Step::Secured);
            Box::new(Secured(secured))
        }
        SmtpSecurity::StartTls | SmtpSecurity::Nothing => Box::new(stream),
    };
    let broke = |error: Error| NoWay::Said(trouble(&error), error);
    let greeting = AsyncSmtpConnection::connect_with_transport(greeted, &hello).await;
    let mut connection = greeting.map_err(broke)?;
    if server.security == SmtpSecurity::StartTls {
        go_over_to_tls(&mut connection, server, way.trust, &hello).await?;
        way.steps.push(Step::Secured);
    }
    if let Some((user, password)) = &server.sign_in {
        let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
        let signed_in = connection.auth(&MECHANISMS, &credentials).await;
        signed_in.map_err(|error| match error.is_transient() || is_broken(&error) {
            true => NoWay::Said(trouble(&error), error),
            false => NoWay::Said(Trouble::SignInRefused, error),
        })?;
        way.steps.push(Step::SignedIn);
    }
    Ok(connection)
}

async fn go_over_to_tls(
    connection: &mut AsyncSmtpConnection,
    server: &Smtp,
    trust: &Trust,
    hello: &ClientId,
) -> Result<(), NoWay> {
    let (host, port) = (&server.host, server.port);
    if !connection.can_starttls() {
        let detail = format!(
            "{host}, port {port}, offers no STARTTLS; smtps:// with its port is TLS from the first byte"
        );
        return Err((Trouble::TlsFailed, detail).into());
    }
    let broke = |error| NoWay::Said(Trouble::TlsFailed, error);
    let mut tls = TlsParameters::builder(host.clone());
    for root in trust.more() {
        tls = tls.add_root_certificate(Certificate::from_der(root.to_vec()).map_err(broke)?);
    }
    let tls = tls.build_rustls().map_err(broke)?;
    connection.starttls(tls, hello).await.map_err(broke)
}

fn is_broken(error: &Error) -> bool {
    !error.is_permanent() && !error.is_client() && !error.is_transient()
}

fn trouble(error: &Error) -> Trouble {
    if error.is_timeout() {
        Trouble::TimedOut
    } else if error.is_tls() {
        Trouble::TlsFailed
    } else if error.is_transient() || error.is_permanent() {
        Trouble::MailDeferred
    } else {
        Trouble::BrokeOff
    }
}

/// The server's answer to the mail itself: 5xx is final, and so is an address it cannot take.
fn refused(host: &str, error: &Error) -> Outcome {
    let detail = said(host, error);
    let reply = Reply {
        code: code(error),
        said: None,
    };
    if error.is_permanent() || error.is_client() {
        let cause = Trouble::MailRefused.cause(detail);
        return Outcome::Never { cause, reply };
    }
    later(trouble(error).cause(detail), reply.code)
}

fn later(cause: counterfoil_core::Cause, code: Option<u16>) -> Outcome {
    Outcome::Later {
        cause,
        reply: Reply { code, said: None },
        after: None,
    }
}

fn code(error: &Error) -> Option<u16> {
    error.status().map(Into::into)
}

/// The code alone of what the server said: its words may repeat what it was sent.
fn said(host: &str, error: &Error) -> String {
    match error.status() {
        Some(code) => format!("{host} answered {code}"),
        None if error.is_client() => format!("{host} cannot take it: {error}"),
        None => format!("the talk with {host} broke off"),
    }
}

/// A stream that is TLS from the first byte, as lettre wants it.
#[derive(Debug)]
struct Secured(TlsStream<TcpStream>);

impl AsyncTokioStream for Secured {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        self.0.get_ref().0.peer_addr()
    }
}

impl AsyncRead for Secured {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buf)
    }
}

impl AsyncWrite for Secured {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}
