//! Writers in each other's way: of two transactions on the same item DynamoDB cancels one. Trying it again, with the
//! SDK's own waits, writes it or brings the row as the other left it.

use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{ClassifyRetry, RetryAction};

/// Why a transaction is cancelled when the next one may pass. A throttle is told so too, where the SDK does not look.
const PASSING: [&str; 3] = [
    "TransactionConflict",
    "ThrottlingError",
    "ProvisionedThroughputExceeded",
];

/// Has the SDK retry what it takes for final.
#[derive(Debug)]
pub(crate) struct Contention;

impl ClassifyRetry for Contention {
    fn name(&self) -> &'static str {
        "Contention"
    }

    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        let Some(Err(error)) = context.output_or_error() else {
            return RetryAction::NoActionIndicated;
        };
        let Some(error) = error.as_operation_error() else {
            return RetryAction::NoActionIndicated;
        };
        let put = error
            .downcast_ref()
            .is_some_and(PutItemError::is_transaction_conflict_exception);
        if put || error.downcast_ref().is_some_and(passes) {
            return RetryAction::transient_error();
        }
        RetryAction::NoActionIndicated
    }
}

fn passes(error: &TransactWriteItemsError) -> bool {
    let TransactWriteItemsError::TransactionCanceledException(why) = error else {
        return false;
    };
    let mut codes = why
        .cancellation_reasons()
        .iter()
        .filter_map(|reason| reason.code());
    codes
        .find(|code| *code != "None")
        .is_some_and(|code| PASSING.contains(&code))
}
