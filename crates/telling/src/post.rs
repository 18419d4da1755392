//! The one [`Sender`]: it finds a letter's receiver, writes the letter for its channel, and sends it within 15 seconds (a
//! mail: 60).

use std::sync::{Arc, Mutex};
use std::time::Duration;

use counterfoil_core::{Cause, Forms, Timestamp};
use http::header;
use http_body_util::Full;
use hyper::body::Bytes;
use lettre::Message;
use lettre::message::Mailbox;

use crate::chat;
use crate::copy::{self, Copies};
use crate::letter::{Telling, tellings};
use crate::net::{Resolver, Trust};
use crate::receivers::web::{Endpoint, WebhookReceiver};
use crate::receivers::{Channel, Receiver, Receivers};
use crate::send::{Letter, Outcome, Reply, Sender};
use crate::sign::signature;
use crate::steps::{Step, Steps};
use crate::trouble::Trouble;
use crate::way::Way;
use crate::{mail, notice, smtp, web};

/// How long receivers may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Behind HTTP, from the name to the head of the answer.
    pub web: Duration,
    /// A mail server: it may look a sender up before it answers.
    pub mail: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            web: Duration::from_secs(15),
            mail: Duration::from_secs(60),
        }
    }
}

/// Sends letters to the receivers of a deployment.
pub struct Post<R> {
    /// Who is told.
    pub receivers: Arc<Receivers>,
    /// What the forms show them.
    pub forms: Arc<Forms>,
    /// The home's stage, as in the ids of notices.
    pub stage: String,
    /// Finds addresses.
    pub resolver: R,
    /// Whom it believes.
    pub trust: Trust,
    /// How long they may take.
    pub limits: Limits,
    /// What writing to whoever submitted takes. `None`: nobody is written to.
    pub copies: Option<Copies>,
}

impl<R: Resolver> Sender for Post<R> {
    async fn send(&self, letter: &Letter) -> Outcome {
        Box::pin(self.attempt(letter, &Steps::default())).await
    }
}

impl<R: Resolver> Post<R> {
    /// Sends a letter and tells how far it came.
    pub async fn try_out(&self, letter: &Letter) -> (Vec<Step>, Outcome) {
        let kept = Mutex::new(Vec::new());
        let outcome = Box::pin(self.attempt(letter, &Steps::kept_in(&kept))).await;
        (kept.into_inner().unwrap_or_default(), outcome)
    }

    const fn way<'w>(&'w self, steps: &'w Steps<'w>) -> Way<'w, R> {
        Way {
            resolver: &self.resolver,
            trust: &self.trust,
            steps,
        }
    }

    async fn attempt(&self, letter: &Letter, steps: &Steps<'_>) -> Outcome {
        if letter.receiver.is_submitter() {
            return self.copy(letter, steps).await;
        }
        let Some(receiver) = self.receivers.get(&letter.receiver) else {
            return later(
                Trouble::NoReceiver,
                "receivers.toml has no such receiver".into(),
            );
        };
        let tellings = tellings(letter, &self.forms);
        match &receiver.channel {
            Channel::Mail(_) => {
                let sent = self.mail(receiver, &tellings, (letter.at, steps));
                let sent = tokio::time::timeout(self.limits.mail, sent).await;
                sent.unwrap_or_else(|_| {
                    let (trouble, detail) = web::late(self.limits.mail);
                    later(trouble, detail)
                })
            }
            Channel::Webhook(_) | Channel::Chat(..) | Channel::Template(_) => {
                self.each(receiver, &tellings, (letter.at, steps)).await
            }
        }
    }

    /// Writes to whoever submitted.
    async fn copy(&self, letter: &Letter, steps: &Steps<'_>) -> Outcome {
        let smtp = self.receivers.smtp.as_ref();
        let from = smtp.and_then(|smtp| Some((smtp, smtp.from.as_ref()?)));
        let (Some(copies), Some((server, from))) = (&self.copies, from) else {
            let detail = "receivers.toml has no [smtp] with `from`";
            return later(Trouble::NoReceiver, detail.into());
        };
        let mail = match self.copied(letter, copies, from).await {
            Ok(mail) => mail,
            Err(outcome) => return outcome,
        };
        let way = self.way(steps);
        let sent = smtp::send(&mail, server, &way);
        let sent = tokio::time::timeout(self.limits.mail, sent).await;
        sent.unwrap_or_else(|_| {
            let (trouble, detail) = web::late(self.limits.mail);
            later(trouble, detail)
        })
    }

    /// The mail to whoever submitted, counted. `Err`: none is sent.
    async fn copied(
        &self,
        letter: &Letter,
        copies: &Copies,
        from: &Mailbox,
    ) -> Result<Message, Outcome> {
        let item = letter.items.first();
        let form = item.and_then(|item| self.forms.get(&item.news.of().form));
        let (Some(item), Some(form)) = (item, form) else {
            return Err(never(
                Trouble::NoReceiver.cause("the form is not there any more"),
            ));
        };
        let copy = form.copy.as_ref();
        let copy = copy
            .ok_or_else(|| never(Trouble::NoReceiver.cause("the form has no [copy] any more")))?;
        let addressed = copy::addressed(item, copy, copies)
            .map_err(|why| never(Trouble::Unwritable.cause(why)))?;
        let counted = (copies.count)(copy::counter(form, letter.at)).await;
        let count = counted.map_err(|fault| later(Trouble::NotCounted, fault.to_string()))?;
        if count > i64::from(copy.per_day.get()) {
            return Err(never(copy::over_budget()));
        }
        copy::mail(addressed, copy, from, letter.at).map_err(|error| {
            never(Trouble::Unwritable.cause(format!("the mail cannot be written: {error}")))
        })
    }

    /// Behind HTTP each telling is a request of its own, the oldest first.
    async fn each(
        &self,
        receiver: &Receiver,
        tellings: &[Telling<'_>],
        (at, steps): (Timestamp, &Steps<'_>),
    ) -> Outcome {
        let mut last = later(Trouble::Unwritable, "there is nothing to tell".into());
        for telling in tellings {
            last = self.one(receiver, telling, (at, steps)).await;
            if !matches!(last, Outcome::Delivered(_)) {
                break;
            }
        }
        last
    }

    async fn one(
        &self,
        receiver: &Receiver,
        telling: &Telling<'_>,
        (at, steps): (Timestamp, &Steps<'_>),
    ) -> Outcome {
        let (endpoint, request) = match &receiver.channel {
            Channel::Webhook(hook) => (&hook.endpoint, self.webhook(hook, telling, at)),
            Channel::Chat(endpoint, chat) => {
                (endpoint, plain(endpoint, chat::message(telling, chat)))
            }
            Channel::Template(template) => {
                let message = chat::templated(telling, template);
                (&template.endpoint, plain(&template.endpoint, message))
            }
            Channel::Mail(_) => return later(Trouble::Unwritable, "it is no address".into()),
        };
        match request {
            Ok(request) => web::send(request, endpoint, &self.way(steps), self.limits.web).await,
            Err(_) => later(Trouble::Unwritable, "the request cannot be written".into()),
        }
    }

    fn webhook(
        &self,
        hook: &WebhookReceiver,
        telling: &Telling<'_>,
        at: Timestamp,
    ) -> http::Result<http::Request<Full<Bytes>>> {
        let body = notice::text(telling, &self.stage);
        let signature = signature(&hook.keys, (telling.id, at.as_secs()), &body);
        web::request(&hook.endpoint)
            .header(header::CONTENT_TYPE, "application/json")
            .header("webhook-id", telling.id)
            .header("webhook-timestamp", at.as_secs())
            .header("webhook-signature", signature)
            .body(Full::from(body))
    }

    async fn mail(
        &self,
        receiver: &Receiver,
        tellings: &[Telling<'_>],
        (at, steps): (Timestamp, &Steps<'_>),
    ) -> Outcome {
        let (Channel::Mail(mailbox), Some(server)) = (&receiver.channel, &self.receivers.smtp)
        else {
            return later(Trouble::NoReceiver, "receivers.toml has no [smtp]".into());
        };
        match mail::mail(tellings, mailbox, at) {
            Ok(Some(mail)) => smtp::send(&mail, server, &self.way(steps)).await,
            Ok(None) => Outcome::Delivered(Reply::default()),
            Err((trouble, detail)) => Outcome::Never {
                cause: trouble.cause(detail),
                reply: Reply::default(),
            },
        }
    }
}

fn plain(endpoint: &Endpoint, message: chat::Message) -> http::Result<http::Request<Full<Bytes>>> {
    let mut request = web::request(endpoint).header(header::CONTENT_TYPE, message.content_type);
    if let Some(authorization) = message.authorization {
        request = request.header(header::AUTHORIZATION, authorization);
    }
    request.body(Full::from(message.body))
}

fn never(cause: Cause) -> Outcome {
    Outcome::Never {
        cause,
        reply: Reply::default(),
    }
}

fn later(trouble: Trouble, detail: String) -> Outcome {
    Outcome::Later {
        cause: trouble.cause(detail),
        reply: Reply::default(),
        after: None,
    }
}

#[cfg(test)]
#[path = "post_tests.rs"]
mod tests;

#[cfg(test)]
#[path = "post_tls_tests.rs"]
mod tls_tests;
