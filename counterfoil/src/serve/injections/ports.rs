//! The ports of one machine, with the failures that were asked for in front of them: what fails on purpose never
//! reaches the port.

use std::sync::Arc;

use counterfoil_core::notice::Notice;
use counterfoil_core::ports::{Ledger, Publisher, Queue, Write};
use counterfoil_core::{Entry, Fault, Head, SubmissionRef};
use counterfoil_telling::send::{Letter, Outcome, Reply, Sender};

use super::Injections;
use crate::injection::Stage;

/// A port that fails when it is asked to.
pub(crate) struct Failing<T> {
    pub(crate) inner: T,
    pub(crate) injections: Arc<Injections>,
}

impl<T: Queue + Send> Queue for Failing<T> {
    async fn send(&self, of: &SubmissionRef, body: String) -> Result<(), Fault> {
        self.injections.at(Stage::Queue, of).await?;
        self.inner.send(of, body).await
    }
}

impl<T: Ledger + Send> Ledger for Failing<T> {
    /// The first write of a record that has not failed yet is where its verdict is to take effect: here the stage
    /// `settle` fails, inside all that the worker does for a record, and the worker knows nothing of it.
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        if entry.head.cause.is_none() {
            self.injections.at(Stage::Settle, &entry.head.of).await?;
        }
        self.injections.at(Stage::Ledger, &entry.head.of).await?;
        self.inner.insert(entry).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        self.injections.at(Stage::Ledger, &next.of).await?;
        self.inner.update(next).await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        self.injections.at(Stage::Ledger, &next.head.of).await?;
        self.inner.mend(next).await
    }
}

impl<T: Publisher + Send> Publisher for Failing<T> {
    const AT_ONCE: usize = T::AT_ONCE;

    /// A passing failure is one of the call, as when a publisher is away; a lasting one is of the next notice alone.
    async fn publish(&self, notices: &[Notice]) -> Vec<Result<(), Fault>> {
        let mut results = Vec::with_capacity(notices.len());
        while let Some(next) = notices.get(results.len()) {
            match self.injections.at(Stage::Publish, &next.subject).await {
                Ok(()) => {
                    results.extend(self.inner.publish(&notices[results.len()..]).await);
                    break;
                }
                Err(fault @ Fault::Permanent(_)) => results.push(Err(fault)),
                Err(fault @ Fault::Transient { .. }) => results.resize(notices.len(), Err(fault)),
            }
        }
        results
    }
}

impl<T: Sender> Sender for Failing<T> {
    /// At the stage `tell` nothing goes out. At `answer` the receiver has the letter, and nobody knows what it said.
    async fn send(&self, letter: &Letter) -> Outcome {
        if let Err(fault) = self.at_letter(Stage::Tell, letter).await {
            return failed(&fault);
        }
        let outcome = self.inner.send(letter).await;
        match self.at_letter(Stage::Answer, letter).await {
            Ok(()) => outcome,
            Err(fault) => failed(&fault),
        }
    }
}

impl<T> Failing<T> {
    async fn at_letter(&self, stage: Stage, letter: &Letter) -> Result<(), Fault> {
        match letter.items.first() {
            None => Ok(()),
            Some(item) => self.injections.at(stage, item.news.of()).await,
        }
    }
}

fn failed(fault: &Fault) -> Outcome {
    let (cause, reply) = (fault.cause(), Reply::default());
    match fault {
        Fault::Permanent(_) => Outcome::Never { cause, reply },
        Fault::Transient { .. } => Outcome::Later {
            cause,
            reply,
            after: None,
        },
    }
}
