//! The ledger on DynamoDB: one conditional write settles a submission, and a refused one brings the row.

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Put, ReturnValuesOnConditionCheckFailure,
    TransactWriteItem, Update,
};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use counterfoil_core::ports::{Entries, Ledger, Polls, Write};
use counterfoil_core::{Body, Code, Entry, Fault, FormId, Head, SubmissionRef};
use counterfoil_operations::history::{Action, Line, Verb};

use crate::client::{Account, Patience, configured};
use crate::contention::Contention;
use crate::fault::{fault, refused};
use crate::item::{
    HEAD, Item, Key, attributes, body_attributes, head, item, key, number, unreadable_entry, waits,
    whole,
};
use crate::known::Known;
use crate::warm::{self, Knock};
use crate::{gone, line};

/// One table.
#[derive(Clone, Debug)]
pub struct DynamoLedger {
    pub(crate) client: Client,
    pub(crate) table: String,
    pub(crate) known: Known<FormId>,
    #[cfg(feature = "deliveries")]
    pub(crate) known_receivers: Known<counterfoil_telling::receiver::ReceiverName>,
    /// The forms of this deployment, as far as whoever reads here has said.
    pub(crate) forms: Arc<[FormId]>,
    /// Most that one call of the port takes, however many of DynamoDB's it makes.
    patience: Duration,
}

impl DynamoLedger {
    /// The table called `table`.
    #[must_use]
    pub fn new(
        account: &Account,
        http: SharedHttpClient,
        patience: Patience,
        table: String,
    ) -> Self {
        let client: Client = configured!(aws_sdk_dynamodb, account, http, patience);
        let config = client
            .config()
            .to_builder()
            .retry_classifier(Contention)
            .build();
        Self {
            client: Client::from_conf(config),
            table,
            known: Known::default(),
            #[cfg(feature = "deliveries")]
            known_receivers: Known::default(),
            forms: Arc::new([]),
            patience: patience.call,
        }
    }

    /// It is told which forms there are: the table itself cannot say of which forms something is stored.
    #[must_use]
    pub fn with_forms(self, forms: impl IntoIterator<Item = FormId>) -> Self {
        Self {
            forms: forms.into_iter().collect(),
            ..self
        }
    }

    /// Opens the connection before the first submission or poll needs it; at most a second.
    pub async fn warm(&self) {
        // DynamoDB refuses an empty item, should this call ever go out as it is.
        let call = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(Item::new()));
        warm::open(call.customize().interceptor(Knock).send()).await;
    }
}

/// What a first write requires: that there is no row.
const ABSENT: &str = "attribute_not_exists(pk)";

impl Ledger for DynamoLedger {
    async fn insert(&self, entry: &Entry) -> Result<Write, Fault> {
        let (head, line) = (&entry.head, Line::of_first(&entry.head));
        let left = match gone::item(head) {
            Some(left) => Some(self.first(left)?),
            None => gone::may_be_late(head)
                .then(|| self.nothing_left(&head.of))
                .transpose()?,
        };
        if line.is_none() && left.is_none() {
            return self.put(entry).await;
        }
        // The entry's own row before what is left of it: when both stand in the way, the first one counts.
        let mut writes = vec![self.first(item(entry))?];
        writes.extend(left);
        let written = Box::pin(async {
            if let Some(line) = line {
                self.register(&head.of.form).await?;
                writes.push(self.line(head, &line)?);
            }
            self.transact(writes).await
        });
        within(self.patience, written).await
    }

    async fn update(&self, next: &Head) -> Result<Write, Fault> {
        within(
            self.patience,
            Box::pin(self.write(next, &Line::from_change(next, None, None), None)),
        )
        .await
    }

    async fn mend(&self, next: &Entry) -> Result<Write, Fault> {
        let line = Line::from_change(&next.head, None, None);
        within(
            self.patience,
            Box::pin(self.write(&next.head, &line, Some(&next.body))),
        )
        .await
    }
}

/// What comes of it in this time, as of one call; dropped after that, it may have been written all the same. It is moved, and
/// so comes in a box.
async fn within<T>(
    patience: Duration,
    work: impl Future<Output = Result<T, Fault>>,
) -> Result<T, Fault> {
    let done = tokio::time::timeout(patience, work).await;
    done.unwrap_or_else(|_| Err(Fault::transient(Code::AwsTimeout, "no answer in time")))
}

impl Polls for DynamoLedger {
    async fn head(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.head_at(key(of), of).await
    }

    async fn left(&self, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        self.head_at(gone::key(of), of).await
    }
}

impl DynamoLedger {
    /// The head that is there: of `of`, or what is left of it.
    async fn head_at(&self, key: Key, of: &SubmissionRef) -> Result<Option<Head>, Fault> {
        // By place-holders: "state" and others are reserved words of DynamoDB.
        let names: Vec<String> = (0..HEAD.len()).map(|n| format!("#{n}")).collect();
        let mut get = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key.into()));
        for (short, full) in names.iter().zip(HEAD) {
            get = get.expression_attribute_names(short, full);
        }
        let answer = get
            .projection_expression(names.join(","))
            .send()
            .await
            .map_err(|error| fault(&error))?;
        answer
            .item()
            .map(|item| head(item).ok_or_else(|| unreadable_entry(of)))
            .transpose()
    }
}

impl Entries for DynamoLedger {
    async fn entry(&self, of: &SubmissionRef) -> Result<Option<Entry>, Fault> {
        let key = key(of).into_iter().collect();
        let get = self
            .client
            .get_item()
            .table_name(&self.table)
            .consistent_read(true)
            .set_key(Some(key));
        let answer = get.send().await.map_err(|error| fault(&error))?;
        answer.item().map(|item| whole(item, of)).transpose()
    }
}

/// Most items that one transaction may write.
const MOST: usize = 100;

impl DynamoLedger {
    /// A first write, refused by what is there.
    fn first(&self, item: Item) -> Result<TransactWriteItem, Fault> {
        let put = Put::builder()
            .table_name(&self.table)
            .set_item(Some(item))
            .condition_expression(ABSENT);
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        Ok(TransactWriteItem::builder()
            .put(put.build().map_err(|error| unbuildable(&error))?)
            .build())
    }

    /// Refused by what is left of an entry that is gone.
    fn nothing_left(&self, of: &SubmissionRef) -> Result<TransactWriteItem, Fault> {
        let check = ConditionCheck::builder()
            .table_name(&self.table)
            .set_key(Some(gone::key(of).into()));
        let check = check.condition_expression(ABSENT);
        let check = check
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let check = check.build().map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().condition_check(check).build())
    }

    /// What needs nobody: one write, and nothing more.
    async fn put(&self, entry: &Entry) -> Result<Write, Fault> {
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item(entry)));
        let put = put.condition_expression(ABSENT);
        let put = put
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        match put.send().await {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(old)) => there(old.item()),
                _ => Err(fault(&error)),
            },
        }
    }

    /// The row and its line of history in one transaction: a verdict or a deed that nobody can see later is half of one.
    /// `body`: what takes the place of the one before.
    pub(crate) async fn write(
        &self,
        next: &Head,
        line: &Line,
        body: Option<&Body>,
    ) -> Result<Write, Fault> {
        if waits(next.state) {
            self.register(&next.of.form).await?;
        }
        let mut writes = vec![self.change(next, body)?, self.line(next, line)?];
        // What a discard left that was taken back since stays until its own end: while there is a row, nobody asks for it.
        writes.extend(
            gone::item(next)
                .map(|left| self.whatever_is_there(left))
                .transpose()?,
        );
        let lifetimes = self.lifetimes(next, line.deed.as_ref(), MOST - writes.len())?;
        writes.extend(lifetimes);
        self.transact(writes).await
    }

    pub(crate) async fn transact(&self, writes: Vec<TransactWriteItem>) -> Result<Write, Fault> {
        match self
            .client
            .transact_write_items()
            .set_transact_items(Some(writes))
            .send()
            .await
        {
            Ok(_) => Ok(Write::Done),
            Err(error) => match error.as_service_error() {
                Some(TransactWriteItemsError::TransactionCanceledException(why)) => {
                    canceled(why.cancellation_reasons()).unwrap_or_else(|| Err(fault(&error)))
                }
                _ => Err(fault(&error)),
            },
        }
    }

    fn change(&self, next: &Head, body: Option<&Body>) -> Result<TransactWriteItem, Fault> {
        let (mut set, mut remove) = (Vec::new(), Vec::new());
        let mut update = Update::builder()
            .table_name(&self.table)
            .set_key(Some(key(&next.of).into_iter().collect()));
        for (name, value) in attributes(next)
            .into_iter()
            .chain(body.into_iter().flat_map(body_attributes))
        {
            update = update.expression_attribute_names(format!("#{name}"), name);
            match value {
                Some(value) => {
                    set.push(format!("#{name} = :{name}"));
                    update = update.expression_attribute_values(format!(":{name}"), value);
                }
                None => remove.push(format!("#{name}")),
            }
        }
        let removed = if remove.is_empty() {
            String::new()
        } else {
            format!(" REMOVE {}", remove.join(", "))
        };
        let update = update
            .update_expression(format!("SET {}{removed}", set.join(", ")))
            .expression_attribute_values(":before", number(next.seq - 1))
            .condition_expression("#seq = :before")
            .return_values_on_condition_check_failure(ReturnValuesOnConditionCheckFailure::AllOld);
        let update = update.build().map_err(|error| unbuildable(&error))?;
        Ok(TransactWriteItem::builder().update(update).build())
    }

    fn line(&self, next: &Head, line: &Line) -> Result<TransactWriteItem, Fault> {
        self.whatever_is_there(line::item(next, line))
    }

    fn whatever_is_there(&self, item: Item) -> Result<TransactWriteItem, Fault> {
        let put = Put::builder().table_name(&self.table).set_item(Some(item));
        Ok(TransactWriteItem::builder()
            .put(put.build().map_err(|error| unbuildable(&error))?)
            .build())
    }

    /// An entry's earlier lines live as long as it does: one of them may hold what was submitted before an edit.
    /// As many as fit beside the rest: nothing has been replayed fifty times.
    fn lifetimes(
        &self,
        next: &Head,
        deed: Option<&Action>,
        most: usize,
    ) -> Result<Vec<TransactWriteItem>, Fault> {
        let is_undo = deed.is_some_and(|deed| deed.verb == Verb::Undo);
        if next.expires_at.is_none() && !is_undo {
            return Ok(Vec::new());
        }
        let update = |seq| {
            let key = line::key(&next.of, seq).into_iter().collect();
            let update = Update::builder().table_name(&self.table).set_key(Some(key));
            let update = match next.expires_at {
                Some(at) => update
                    .update_expression("SET expires_at = :at")
                    .expression_attribute_values(":at", number(at.as_secs())),
                None => update.update_expression("REMOVE expires_at"),
            };
            let update = update.build().map_err(|error| unbuildable(&error))?;
            Ok(TransactWriteItem::builder().update(update).build())
        };
        (1..next.seq).rev().take(most).map(update).collect()
    }
}

/// Why a transaction was cancelled: `None` when no reason says so.
fn canceled(reasons: &[CancellationReason]) -> Option<Result<Write, Fault>> {
    let reason = reasons
        .iter()
        .find(|reason| reason.code().is_some_and(|code| code != "None"))?;
    match reason.code() {
        Some("ConditionalCheckFailed") => Some(there(reason.item())),
        // Other writers kept being quicker, or a throttle: both pass.
        code => Some(Err(refused(code, reason.message()))),
    }
}

/// The row that stood in the way. An empty one: there is none.
fn there(old: Option<&Item>) -> Result<Write, Fault> {
    match old.filter(|item| !item.is_empty()) {
        None => Ok(Write::Refused(None)),
        Some(item) => head(item)
            .map(|head| Write::Refused(Some(Box::new(head))))
            .ok_or_else(unreadable),
    }
}

pub(crate) fn unreadable() -> Fault {
    Fault::transient(
        Code::UnreadableRow,
        "an item cannot be read; a newer program may have written it",
    )
}

pub(crate) fn unbuildable(error: &dyn std::fmt::Display) -> Fault {
    Fault::transient(Code::AwsRequest, error.to_string())
}

#[cfg(test)]
#[path = "ledger_tests.rs"]
mod tests;
