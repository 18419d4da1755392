//! Every error of the SDK as a `Fault`, in this one file. Only what is provably the message's own fault is
//! permanent; missing permissions, missing tables and throttles are ours, and pass when they are mended.

use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use counterfoil_core::{Cause, Code, Fault};

/// What a failed call means to a caller.
pub(crate) fn fault<E, R>(error: &SdkError<E, R>) -> Fault
where
    E: ProvideErrorMetadata,
{
    match error {
        SdkError::ConstructionFailure(_) => {
            Fault::transient(Code::AwsRequest, "the call could not be made")
        }
        SdkError::TimeoutError(_) => Fault::transient(Code::AwsTimeout, "no answer in time"),
        SdkError::DispatchFailure(failure) => {
            let what = if failure.is_timeout() {
                "no answer in time"
            } else {
                "no connection"
            };
            Fault::transient(Code::AwsUnreachable, what)
        }
        SdkError::ResponseError(_) => {
            Fault::transient(Code::AwsAnswer, "the answer could not be read")
        }
        SdkError::ServiceError(service) => refused(service.err().code(), service.err().message()),
        _ => Fault::transient(Code::AwsError, "the call failed"),
    }
}

/// What a service's refusal means, by its code and, where a code says too little, its message.
pub(crate) fn refused(code: Option<&str>, message: Option<&str>) -> Fault {
    let code = code.unwrap_or_default();
    let message = message.unwrap_or_default();
    let too_large = match code {
        // The second is a transaction's word for it.
        "ValidationException" | "ValidationError" => message.contains("Item size"),
        "InvalidParameterValue"
        | "InvalidParameter"
        | "BatchRequestTooLong"
        | "AWS.SimpleQueueService.BatchRequestTooLong" => {
            message.contains("must be shorter than") || message.contains("too long")
        }
        _ => false,
    };
    if too_large {
        return Fault::Permanent(Cause::new(
            Code::TooLarge,
            "the service takes no message of this size",
        ));
    }
    if matches!(
        code,
        "InvalidMessageContents" | "AWS.SimpleQueueService.InvalidMessageContents"
    ) {
        return Fault::Permanent(Cause::new(
            Code::BadCharacters,
            "the queue takes no such characters",
        ));
    }
    let name = match code {
        "ThrottlingException"
        | "ProvisionedThroughputExceededException"
        | "ProvisionedThroughputExceeded"
        | "RequestLimitExceeded"
        | "RequestThrottled"
        | "Throttled"
        | "Throttling"
        | "ThrottledException"
        | "ThrottlingError" => Code::AwsThrottled,
        // Other writers of the same row kept being quicker, through all retries.
        "TransactionConflict"
        | "TransactionConflictException"
        | "TransactionInProgressException" => Code::AwsContention,
        "AccessDeniedException"
        | "AccessDenied"
        | "AuthorizationError"
        | "UnrecognizedClientException"
        | "InvalidClientTokenId"
        | "ExpiredTokenException"
        | "SignatureDoesNotMatch" => Code::AwsDenied,
        "ResourceNotFoundException"
        | "QueueDoesNotExist"
        | "AWS.SimpleQueueService.NonExistentQueue"
        | "NotFound" => Code::AwsNotFound,
        _ => Code::AwsError,
    };
    // The message may quote a value of the request: only the code is kept.
    Fault::transient(name, format!("refused with {code}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(code: &str, message: &str) -> (bool, String) {
        let fault = refused(Some(code), Some(message));
        (matches!(fault, Fault::Permanent(_)), fault.cause().code)
    }

    #[test]
    fn only_the_messages_own_fault_is_permanent() {
        assert_eq!(
            check(
                "ValidationException",
                "Item size has exceeded the maximum allowed size"
            ),
            (true, "too-large".into())
        );
        assert_eq!(
            check(
                "ValidationError",
                "Item size to update has exceeded the maximum allowed size"
            ),
            (true, "too-large".into())
        );
        assert_eq!(
            check(
                "InvalidParameterValue",
                "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
            ),
            (true, "too-large".into())
        );
        assert_eq!(
            check("InvalidParameter", "Invalid parameter: Message too long"),
            (true, "too-large".into())
        );
        assert_eq!(
            check("InvalidMessageContents", ""),
            (true, "bad-characters".into())
        );
        for (code, name) in [
            ("ValidationException", "aws-error"),
            ("ThrottlingException", "aws-throttled"),
            ("ProvisionedThroughputExceededException", "aws-throttled"),
            ("ProvisionedThroughputExceeded", "aws-throttled"),
            ("TransactionConflict", "aws-contention"),
            ("AccessDeniedException", "aws-denied"),
            ("ResourceNotFoundException", "aws-not-found"),
            ("AWS.SimpleQueueService.NonExistentQueue", "aws-not-found"),
            ("KmsThrottled", "aws-error"),
            ("InternalServerError", "aws-error"),
            ("", "aws-error"),
        ] {
            assert_eq!(check(code, "some text"), (false, name.into()), "{code}");
        }
    }

    #[test]
    fn a_fault_quotes_nothing_of_the_request() {
        let fault = refused(
            Some("ValidationException"),
            Some("Value 'SECRET' is invalid"),
        );
        assert!(!format!("{fault:?}").contains("SECRET"));
    }
}
