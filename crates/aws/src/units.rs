//! What AWS bills for what this crate sends: bytes and units for a submission, and the numbers of the template that the
//! bill depends on. No price stands here, and nothing of the SDK is needed to know it.
//!
//! `units_tests.rs` makes the real calls and holds every figure against them; `tests/template/costs.rs` holds [`stack`]
//! against the template.

/// SQS bills a request for each started 64 KB of what it carries (SQS pricing, "How are requests billed").
pub const MESSAGE_UNIT: u64 = 64 * 1024;
/// DynamoDB bills a write unit for each started KB of the whole row (DynamoDB, "Read and write operations").
pub const WRITE_UNIT: u64 = 1024;
/// A read unit for each started 4 KB of the whole row, however little of it is asked for, when the read is consistent.
pub const READ_UNIT: u64 = 4 * 1024;
/// Within a transaction each write unit counts twice (the same page); what the index takes over does not.
pub const TRANSACTION: u64 = 2;
/// A counter is a row of less than a KB, written once: `counters.rs`.
pub const COUNTER_WRITES: u64 = 1;
/// Read units of what people have marked an entry as: its own item and its form's watermark, small and consistent: `seen.rs`.
/// The second is not read where the first says that it was seen.
pub const SEEN_READS: u64 = 2;
/// Rows are stored with so much more than their own size (DynamoDB, "Item sizes and formats").
pub const STORED_WITH: u64 = 100;

/// What of a message is ours: the envelope around the fields, and the two attributes; without the form's id.
const MESSAGE: u64 = 347;
/// How often the form's id stands in a message: in the envelope and as an attribute.
const FORMS_IN_MESSAGE: u64 = 2;
/// What of a row is ours: names of attributes, key, hashes, times; without the form's id and the state's word. A
/// partition of one digit makes it a byte less.
const ROW: u64 = 230;
/// A row that is to be removed one day says when.
const EXPIRY: u64 = 16;
/// What a held row has more than a stored one: the longest reason, and its place in the index beside the form's id.
const HELD: u64 = 33;
/// That of a stored one whose id's time is not that of its acceptance: its place in the index beside the form's id.
const LATE: u64 = 11;
/// That of a failed one, with a cause of 300 bytes.
const FAILED: u64 = 318;
/// A line of history, an entry of the index and what is left of a row are below a KB, with any cause: a write unit each.
const SMALL: u64 = 1;

/// A submission, as far as its size is billed.
#[derive(Clone, Copy, Debug)]
pub struct Submission {
    /// Bytes of its form's id.
    pub form: u64,
    /// Bytes of the submitted fields as JSON.
    pub payload: u64,
    /// Bytes of its captcha's token.
    pub token: u64,
    /// Does its form have a retention?
    pub expires: bool,
    /// Is that under 15 days, so that what will be left of the row is written beside it?
    pub leaves: bool,
    /// Is its id made of a key that does not tell the time of its acceptance, so that it has a place in the index?
    pub late: bool,
    /// Does its form show on the ticket when it was seen?
    pub shows_seen: bool,
}

impl Submission {
    /// Bytes of its message, attributes included.
    #[must_use]
    pub const fn message(&self) -> u64 {
        // `"captcha":"…"`.
        let token = if self.token == 0 { 0 } else { self.token + 12 };
        MESSAGE + FORMS_IN_MESSAGE * self.form + self.payload + token
    }

    /// Requests that sending it counts as.
    #[must_use]
    pub const fn sends(&self) -> u64 {
        self.message().div_ceil(MESSAGE_UNIT)
    }

    /// Bytes of its row, stored.
    #[must_use]
    pub const fn row(&self) -> u64 {
        let expiry = if self.expires { EXPIRY } else { 0 };
        let late = if self.late { LATE + self.form } else { 0 };
        ROW + self.form + "stored".len() as u64 + self.payload + expiry + late
    }

    /// Write units of storing it: one conditional write, or a transaction of the row and what will be left of it; and its
    /// entry in the index, where it has one.
    #[must_use]
    pub const fn stored(&self) -> u64 {
        let row = self.row().div_ceil(WRITE_UNIT);
        let index = if self.late { SMALL } else { 0 };
        index
            + if self.leaves {
                TRANSACTION * (row + SMALL)
            } else {
                row
            }
    }

    /// Write units of holding it: a transaction of the row and its line of history, and the row's entry in the index.
    #[must_use]
    pub const fn held(&self) -> u64 {
        let row = ROW + 2 * self.form + "held".len() as u64 + self.payload + HELD;
        TRANSACTION * (row.div_ceil(WRITE_UNIT) + SMALL) + SMALL
    }

    /// Write units of a dead letter: as a held one, and the line of history stands in the index too.
    #[must_use]
    pub const fn failed(&self) -> u64 {
        let row = ROW + 2 * self.form + "failed".len() as u64 + self.payload + FAILED;
        TRANSACTION * (row.div_ceil(WRITE_UNIT) + SMALL) + 2 * SMALL
    }

    /// Read units of a poll, once it is stored.
    #[must_use]
    pub const fn poll(&self) -> u64 {
        let marks = if self.shows_seen { SEEN_READS } else { 0 };
        self.row().div_ceil(READ_UNIT) + marks
    }
}

/// Numbers of `template.yaml`.
pub mod stack {
    /// Memory of each function, in MB.
    pub const MEMORY: u64 = 128;
    /// Most submissions that the worker gets at once.
    pub const BATCH: u64 = 10;
    /// Most changes that the notifier gets at once.
    pub const CHANGES: u64 = 100;
    /// Notices in one call of SNS: `topic.rs`. Ten of ours are far below 64 KB, so a call is one request.
    pub const NOTICES: u64 = 10;
    /// Seconds that both wait for more.
    pub const WINDOW: u64 = 1;
    /// Metrics that the alarms look at, with an HTTP API and all at once: each is billed as an alarm, and `Lost` looks at seven.
    pub const ALARMS: u64 = 32;
    /// So many more with function URLs, of which each counts for itself.
    pub const ALARMS_OF_URLS: u64 = 2;
    /// Secrets; one more with a captcha.
    pub const SECRETS: u64 = 2;
    /// Queues that call a function: the one to settle from, and its dead letters.
    pub const QUEUES: u64 = 2;
    /// Receives that Lambda keeps open on each. Lambda, "Configuring scaling behavior for SQS event source mappings":
    /// five, and fewer only where no maximum concurrency is set, which ours both have.
    pub const RECEIVES: u64 = 5;
    /// Seconds that a receive which brings nothing stays open.
    pub const RECEIVE_WAIT: u64 = 20;
    /// Bytes of a line of the HTTP API's access log, and the 26 that CloudWatch adds to each.
    pub const ACCESS_LINE: u64 = 215;
}

#[cfg(test)]
#[cfg(all(feature = "dynamodb", feature = "sqs", feature = "sns"))]
#[path = "units_tests.rs"]
mod tests;
