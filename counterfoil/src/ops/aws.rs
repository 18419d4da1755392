//! The home on AWS, for a command: a stack's table and queue, with the operator's own credentials. Its workers are
//! always there, so a command only sends and looks.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use counterfoil_aws::client::Patience;
use counterfoil_aws::{
    DynamoLedger, NoticeFailures, Operator, Redrive, SetAside, SnsTopic, SqsQueue,
};
use counterfoil_core::{FormId, Forms};
use counterfoil_machine::SystemClock;
use counterfoil_machine::forms::load;
use counterfoil_operations::drive::Pace;
use counterfoil_operations::history::Actor;
use counterfoil_operations::home::Home;
use counterfoil_operations::place::{OpenError, Ops, Place, Work};

use super::{timer, who};
use crate::cli;
use crate::cli::dead_letters::At;
use crate::exit::configuration;

/// A look costs a read for each submission under way, and a batch of the worker takes longer than it.
const PACE: Pace = Pace {
    window: 200,
    look: Duration::from_millis(250),
    longest: Duration::from_secs(2),
    breath: Duration::ZERO,
    patience: Duration::from_secs(15 * 60),
};

/// A person waits longer than a function may.
const PATIENCE: Patience = Patience {
    call: Duration::from_secs(30),
    attempt: Duration::from_secs(10),
    attempts: 5,
};

/// One stack, or one table and queue.
pub(crate) struct Aws {
    home: Home,
    forms: Arc<Forms>,
    who: Actor,
    arguments: String,
}

impl Aws {
    /// The home that the arguments name.
    pub(crate) async fn find(
        at: &At,
        given: Option<&str>,
        needs_forms: bool,
    ) -> anyhow::Result<Self> {
        let operator = Operator::find(PATIENCE).await.map_err(configuration)?;
        let (table, queue) = match (&at.stack, &at.table, &at.queue) {
            (None, Some(table), Some(queue)) => (table.clone(), queue.clone()),
            (stack, _, _) => {
                let stack = stack.as_deref().unwrap_or_default();
                (
                    output(&operator, stack, "TableName").await?,
                    output(&operator, stack, "QueueUrl").await?,
                )
            }
        };
        let who = match given {
            Some(given) => who::named(given)?,
            None => who::named(&operator.identity().await?)?,
        };
        let forms = if needs_forms {
            forms(at)?
        } else {
            Forms::default()
        };
        let ledger = DynamoLedger::new(&operator.account, operator.http.clone(), PATIENCE, table);
        let ledger = ledger.with_forms(known(at));
        let queue = SqsQueue::new(&operator.account, operator.http.clone(), PATIENCE, queue);
        let arguments = match (&at.stack, &at.table, &at.queue) {
            (None, Some(table), Some(queue)) => format!(" --table {table} --queue {queue}"),
            (stack, _, _) => format!(" --stack {}", stack.as_deref().unwrap_or_default()),
        };
        let home = Home::new(Arc::new(ledger), Arc::new(queue));
        Ok(Self {
            home,
            forms: Arc::new(forms),
            who,
            arguments,
        })
    }
}

/// The ledger of a stack, or in the table of that name, for what only this home has.
pub(crate) async fn ledger(
    stack: Option<&str>,
    table: Option<&str>,
) -> anyhow::Result<DynamoLedger> {
    let operator = Operator::find(PATIENCE).await.map_err(configuration)?;
    let table = match table {
        Some(table) => table.to_owned(),
        None => output(&operator, stack.unwrap_or_default(), "TableName").await?,
    };
    let http = operator.http.clone();
    Ok(DynamoLedger::new(&operator.account, http, PATIENCE, table))
}

/// The redrive of a stack's dead-letter queue, or of the one at `url`.
pub(crate) async fn redrive(stack: Option<&str>, url: Option<&str>) -> anyhow::Result<Redrive> {
    let operator = Operator::find(PATIENCE).await.map_err(configuration)?;
    let url = match url {
        Some(url) => url.to_owned(),
        None => output(&operator, stack.unwrap_or_default(), "DeadLetterQueueUrl").await?,
    };
    Ok(Redrive::find(&operator.account, operator.http.clone(), PATIENCE, &url).await?)
}

/// What is set aside of a stack's notices, or of those that the arguments name.
pub(crate) async fn notices(at: &cli::notices::At) -> anyhow::Result<SetAside> {
    let operator = Operator::find(PATIENCE).await.map_err(configuration)?;
    let stack = at.stack.as_deref().unwrap_or_default();
    let one = async |given: &Option<String>, name: &str| match given {
        Some(given) => Ok(given.clone()),
        None => output(&operator, stack, name).await,
    };
    let table = one(&at.table, "TableName").await?;
    let (topic, queue) = (
        one(&at.topic, "TopicArn").await?,
        one(&at.notice_failures, "NoticeFailuresUrl").await?,
    );
    let stage = one(&at.stage, "Stage").await?;
    let (account, http) = (&operator.account, &operator.http);
    Ok(SetAside {
        ledger: DynamoLedger::new(account, http.clone(), PATIENCE, table),
        topic: SnsTopic::new(account, http.clone(), PATIENCE, topic),
        queue: NoticeFailures::new(account, http.clone(), PATIENCE, queue),
        stage,
    })
}

/// Who acts: whoever is named, or the identity of the credentials.
pub(crate) async fn acting(given: Option<&str>) -> anyhow::Result<Actor> {
    match given {
        Some(given) => who::named(given),
        None => who::named(
            &Operator::find(PATIENCE)
                .await
                .map_err(configuration)?
                .identity()
                .await?,
        ),
    }
}

async fn output(operator: &Operator, stack: &str, name: &str) -> anyhow::Result<String> {
    let mut outputs = operator
        .outputs(stack)
        .await
        .map_err(|fault| configuration(format!("stack {stack}: {fault}")))?;
    let missing = || {
        configuration(format!(
            "the stack {stack} has no output {name}: is it one of Counterfoil's?"
        ))
    };
    outputs.remove(name).ok_or_else(missing)
}

/// The forms that a list of all forms has. Where there are none here, or one is broken, the list says so.
fn known(at: &At) -> Vec<FormId> {
    let directory = at.forms.as_deref().unwrap_or(Path::new("forms"));
    let forms = load(directory).unwrap_or_default();
    forms.iter().map(|form| form.id.clone()).collect()
}

/// The forms that the functions were deployed with are in the directory they were deployed from.
fn forms(at: &At) -> anyhow::Result<Forms> {
    let here = Path::new("forms");
    if at.forms.is_none() && !here.is_dir() {
        let none = "there are no forms here: go where the stack was deployed from, or name their directory by --forms";
        return Err(configuration(none));
    }
    crate::forms::checked(at.forms.as_deref().unwrap_or(here))
}

impl Place for Aws {
    fn look(&self) -> Result<Ops, OpenError> {
        let (home, forms, who) = (self.home.clone(), Arc::clone(&self.forms), self.who.clone());
        Ok(Ops {
            home,
            forms,
            who,
            pace: PACE,
            clock: Arc::new(SystemClock),
            timer: timer(),
        })
    }

    fn work(&self) -> Result<Work, OpenError> {
        Ok(Work {
            ops: self.look()?,
            stand_in: None,
        })
    }

    fn arguments(&self) -> String {
        self.arguments.clone()
    }
}
