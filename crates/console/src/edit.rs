//! Editing a dead letter: the text, what it changes, and then the deed.

use crate::pages::{EditPage, PreviewPage, Sending, edit_page, preview_page, query};
use bytes::Bytes;
use counterfoil_core::{Body, Head, Payload, State, SubmissionRef};
use counterfoil_operations::act::{Acted, Revision, edit_one, fits, since};
use counterfoil_operations::history::{Action, Verb};
use counterfoil_operations::job::Selection;
use http::Response;
use serde_json::Value;

use crate::answer::{Trouble, page, redirect};
use crate::{Console, PageRequest};
use counterfoil_operations::harmless::{harmless, pretty_json};
use counterfoil_operations::patch;
use counterfoil_operations::words::{changes, problem, refusal};

impl Console {
    /// A dead letter, and what it holds.
    async fn editable(&self, of: &SubmissionRef) -> Result<(Head, Payload), Trouble> {
        let entry = self.found(of).await?;
        match (entry.head.state, entry.body) {
            (State::Failed, Body::Payload(payload)) => Ok((entry.head, payload)),
            (State::Failed, Body::Raw(_) | Body::Erased) => {
                Err(Trouble::Not(sentence(&refusal(&Acted::Unreadable))))
            }
            (state, _) => Err(Trouble::Not(format!(
                "It is {state}. Only a dead letter can be edited."
            ))),
        }
    }

    pub(crate) async fn edit(
        &self,
        of: &SubmissionRef,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let (head, payload) = self.editable(of).await?;
        let text = pretty_json(&Value::Object(payload.fields()));
        Ok(self.draft(&head, &text, &[], asked))
    }

    fn draft(
        &self,
        head: &Head,
        text: &str,
        problems: &[String],
        asked: &PageRequest,
    ) -> Response<Bytes> {
        page(edit_page(
            &self.frame(&asked.csrf),
            &EditPage {
                head,
                text,
                problems,
            },
        ))
    }

    /// One of the steps: what it would change, back to the text, or the deed.
    pub(crate) async fn edited(
        &self,
        of: &SubmissionRef,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let (head, before) = self.editable(of).await?;
        let raw = asked
            .pairs
            .iter()
            .find(|(name, _)| name == "text")
            .map(|(_, text)| text.as_str());
        let text = raw.unwrap_or_default();
        let step = query::value(&asked.pairs, "step").unwrap_or("preview");
        if step == "again" {
            return Ok(self.draft(&head, text, &[], asked));
        }
        let after = match self.judged(&head, &before, text) {
            Ok(after) => after,
            Err(problems) => return Ok(self.draft(&head, text, &problems, asked)),
        };
        // What cannot be read as a number was never shown: everything is since then.
        let based_on = query::value(&asked.pairs, "seq")
            .and_then(|seq| seq.parse().ok())
            .unwrap_or(0);
        if based_on != head.seq {
            let told = harmless(&changes(&since(of, based_on, &self.ops.home).await?), false);
            let problem = format!(
                "Somebody or something changed the entry while you typed: {told}. Look at it again, then go on."
            );
            return Ok(self.draft(&head, text, &[problem], asked));
        }
        match step {
            "save" | "replay" => {
                self.save(
                    of,
                    Revision {
                        after: &after,
                        based_on,
                    },
                    asked,
                )
                .await
            }
            _ => {
                let job = self.fresh_job().to_string();
                let preview = PreviewPage {
                    head: &head,
                    before: &before,
                    after: &after,
                    text,
                    job: &job,
                };
                Ok(page(preview_page(&self.frame(&asked.csrf), &preview)))
            }
        }
    }

    /// What it would hold; `Err`: everything that is wrong with that.
    fn judged(&self, head: &Head, before: &Payload, text: &str) -> Result<Payload, Vec<String>> {
        let after = patch::payload(text)?;
        match fits(head, &after, &self.ops.forms) {
            Err(Acted::Invalid(errors)) => Err(errors.iter().map(problem).collect()),
            Err(acted) => Err(vec![refusal(&acted)]),
            Ok(()) if after == *before => {
                Err(vec!["nothing is different from what is there".to_owned()])
            }
            Ok(()) => Ok(after),
        }
    }

    async fn save(
        &self,
        of: &SubmissionRef,
        revision: Revision<'_>,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let replays = query::value(&asked.pairs, "step") == Some("replay");
        let deed = Action {
            why: why(asked),
            ..Action::new(Verb::Edit, self.ops.who.clone())
        };
        match edit_one(of, revision, &deed, &self.ops.acting()).await? {
            Acted::Done(_) if replays => {
                self.order(Sending::Replay, Selection::Some(vec![of.clone()]), asked)
                    .await
            }
            Acted::Done(_) => Ok(redirect(&format!("/entries/{of}?done=edited"))),
            acted => Err(Trouble::Not(sentence(&refusal(&acted)))),
        }
    }
}

/// Why, as far as a history tells it.
pub(crate) fn why(asked: &PageRequest) -> Option<String> {
    let why = query::value(&asked.pairs, "why")?;
    Some(
        why.chars()
            .filter(|character| !character.is_control())
            .take(200)
            .collect(),
    )
}

/// A fragment as a sentence.
pub(crate) fn sentence(fragment: &str) -> String {
    let mut rest = fragment.chars();
    rest.next().map_or_else(String::new, |first| {
        format!("{}{}.", first.to_uppercase(), rest.as_str())
    })
}
