//! Whose fault a refusal of SNS is: a notice's own, for which it is set aside, or the topic's, for which everything waits.
//! In doubt it is the topic's, unless the topic has just taken others.

use counterfoil_core::{Cause, Code, Fault};

use crate::fault::refused;

/// As SNS names it.
#[derive(Clone, Copy)]
pub(super) struct Refusal<'a> {
    pub(super) code: &'a str,
    pub(super) message: Option<&'a str>,
}

/// What is said of one message, not of a topic (SNS API reference, PublishBatch, "Errors"; by the code that is sent, which
/// some of the names lack).
const OF_A_MESSAGE: [&str; 8] = [
    "BatchEntryIdsNotDistinct",
    "BatchRequestTooLong",
    "InvalidBatchEntryId",
    "InvalidParameter",
    "InvalidParameterValue",
    "ParameterValueInvalid",
    "Validation",
    "ValidationError",
];

/// What is said of a topic, of its key or of who calls, though it be said of each message.
const OF_A_TOPIC: [&str; 13] = [
    "AccessDenied",
    "AuthorizationError",
    "EndpointDisabled",
    "ExpiredToken",
    "InternalError",
    "InternalFailure",
    "InvalidClientTokenId",
    "InvalidSecurity",
    "NotFound",
    "OptInRequired",
    "PlatformApplicationDisabled",
    "ServiceUnavailable",
    "SignatureDoesNotMatch",
];

/// Parameters that each message has from us alike: what is wrong with them is not wrong with one of them.
const FROM_THE_TOPIC: [&str; 6] = [
    "TopicArn",
    "Topic Arn",
    "TargetArn",
    "MessageGroupId",
    "MessageDeduplicationId",
    "KMS",
];

impl Refusal<'_> {
    /// Is it said of a message?
    pub(super) fn is_of_a_message(self) -> bool {
        let message = self.message.unwrap_or_default();
        OF_A_MESSAGE.contains(&self.name())
            && !FROM_THE_TOPIC
                .iter()
                .any(|parameter| message.contains(parameter))
    }

    /// May it be said of a message, as far as is known? A code that nobody knows here.
    fn may_be_of_a_message(self) -> bool {
        let name = self.name();
        let is_of_the_topic = OF_A_TOPIC.contains(&name)
            || OF_A_MESSAGE.contains(&name)
            || name.to_ascii_uppercase().starts_with("KMS")
            || name.contains("Throttl")
            || name.contains("LimitExceeded");
        !is_of_the_topic
    }

    /// What one message's refusal means. `sender`: SNS says that it is the caller's fault; `others`: it has taken others
    /// in the same call.
    pub(super) fn of_one(self, sender: bool, others: bool) -> Fault {
        match refused(Some(self.code), self.message) {
            too_large @ Fault::Permanent(_) => too_large,
            _ if self.is_of_a_message() => self.lasting(),
            _ if sender && others && self.may_be_of_a_message() => self.lasting(),
            passing @ Fault::Transient { .. } => passing,
        }
    }

    /// The message may quote a value of the notice: only the code is kept.
    fn lasting(self) -> Fault {
        let said = format!(
            "the topic refuses this notice by itself, with {}",
            self.code
        );
        Fault::Permanent(Cause::new(Code::Refused, said))
    }

    /// The code, without what some answers put around it.
    fn name(&self) -> &str {
        let name = self.code.rsplit(['.', '#']).next().unwrap_or(self.code);
        name.strip_suffix("Exception").unwrap_or(name)
    }
}
