//! Discarding, and taking it back: one, or many in bounded portions.

use counterfoil_operations::ports::Worklist;
use std::time::Duration;

use crate::pages::{BulkPage, Deal, bulk_done_page};
use bytes::Bytes;
use counterfoil_core::ports::Clock;
use counterfoil_core::{Fault, SubmissionRef};
use counterfoil_operations::act::{Acted, discard_one, undo_one};
use counterfoil_operations::history::{Action, Verb};
use counterfoil_operations::job::Selection;
use counterfoil_operations::worklist::{Paging, SortOrder};
use futures_util::{StreamExt, TryStreamExt, stream};
use http::Response;

use crate::answer::{Trouble, page};
use crate::edit::{sentence, why};
use crate::inbox::back_to;
use crate::views::chosen;
use crate::{Console, PageRequest};
use counterfoil_operations::words::refusal;

/// Entries of one portion, and its time: a person waits for the page.
const PORTION: u64 = 2000;
const TIME: Duration = Duration::from_secs(5);
/// Rows in one read, and deeds under way at once.
const PAGE: usize = 250;
const PARALLEL: usize = 32;

impl Console {
    pub(crate) async fn one(
        &self,
        deal: Deal,
        of: &SubmissionRef,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let said = match (self.deal(deal, of, asked).await?, deal) {
            (Acted::Done(_), Deal::Discard) => "discarded",
            (Acted::Done(_), Deal::Undo) => "undone",
            (Acted::Already(_), _) => "already",
            (acted, _) => return Err(Trouble::Not(sentence(&refusal(&acted)))),
        };
        Ok(back_to(asked, of, said))
    }

    pub(crate) async fn many(
        &self,
        deal: Deal,
        asked: &PageRequest,
    ) -> Result<Response<Bytes>, Trouble> {
        let what = chosen(deal.waiting(), asked, self.ops.clock.now())?;
        let (count, more) = match &what {
            Selection::Some(of) => (self.deal_all(deal, of.clone(), asked).await?, false),
            Selection::All(filter) => {
                let start = self.ops.clock.now();
                let (mut count, mut paging) = (0, Paging::first(SortOrder::OldestFirst, PAGE));
                loop {
                    let page = self.ops.home.page(filter, &paging).await?;
                    count += self
                        .deal_all(
                            deal,
                            page.rows.into_iter().map(|row| row.of).collect(),
                            asked,
                        )
                        .await?;
                    let Some(next) = page.next else {
                        break (count, false);
                    };
                    if count >= PORTION || self.ops.clock.now().since(start) > TIME {
                        break (count, true);
                    }
                    paging = paging.after(next);
                }
            }
        };
        Ok(page(bulk_done_page(
            &self.frame(&asked.csrf),
            &BulkPage {
                deal,
                what: &what,
                count,
                more,
            },
        )))
    }

    /// Gives how many it was done to: what others did meanwhile is theirs.
    async fn deal_all(
        &self,
        deal: Deal,
        of: Vec<SubmissionRef>,
        asked: &PageRequest,
    ) -> Result<u64, Fault> {
        let acted = stream::iter(of).map(|of| async move { self.deal(deal, &of, asked).await });
        let acted: Vec<Acted> = acted.buffer_unordered(PARALLEL).try_collect().await?;
        Ok(acted
            .iter()
            .filter(|acted| matches!(acted, Acted::Done(_)))
            .count() as u64)
    }

    async fn deal(
        &self,
        deal: Deal,
        of: &SubmissionRef,
        asked: &PageRequest,
    ) -> Result<Acted, Fault> {
        let deed = |verb| Action {
            why: why(asked),
            ..Action::new(verb, self.ops.who.clone())
        };
        match deal {
            Deal::Discard => discard_one(of, &deed(Verb::Discard), &self.ops.acting()).await,
            Deal::Undo => undo_one(of, &deed(Verb::Undo), &self.ops.acting()).await,
        }
    }
}
