//! The codes that our programs give for a failure, each with its verdict. What is stored is the word: an entry of another
//! version may have one that is not here, and is read all the same.

use super::Retryable;

/// What kind of failure it was. Two may have one word, where it depends on what failed whether a replay helps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Code {
    /// An answer of AWS that cannot be read, or lacks something.
    AwsAnswer,
    /// Other writers of the same rows kept being quicker, through all retries.
    AwsContention,
    /// AWS refuses who asks.
    AwsDenied,
    /// AWS refuses for any other reason.
    AwsError,
    /// A queue or a table of AWS is not there.
    AwsNotFound,
    /// A call of AWS could not be made.
    AwsRequest,
    /// The operator has no account or region of AWS.
    AwsSettings,
    /// AWS takes no more for the moment.
    AwsThrottled,
    /// There was no answer in time.
    AwsTimeout,
    /// There was no connection.
    AwsUnreachable,
    /// The queue takes no such characters.
    BadCharacters,
    /// A place to go on from that is none.
    BadCursor,
    /// A hold of something set aside that is none.
    BadHold,
    /// A captcha's secret does not fit.
    CaptchaMisconfigured,
    /// A captcha's provider gave no answer.
    CaptchaUnreachable,
    /// A row kept changing between its reading and its writing.
    Contention,
    /// The bytes in the queue are not those that were sent.
    Damaged,
    /// A stored row is not what was written. What is restored can be replayed.
    DamagedRow,
    /// The database is in use by somebody else.
    DatabaseBusy,
    /// The database is damaged.
    DatabaseCorrupt,
    /// The database may be damaged, and is being read through.
    DatabaseDoubted,
    /// The database refuses for any other reason.
    DatabaseError,
    /// The disk does not read or write.
    DiskError,
    /// The disk is full.
    DiskFull,
    /// The process ended, again and again, with nothing but this in hand.
    EndedTheProcess,
    /// Entries are listed form by form here, and no form was named.
    FormUnnamed,
    /// No worker ever finished it.
    GaveUp,
    /// The fields differ from the hash beside them.
    HashMismatch,
    /// The search index does not hold every entry yet.
    IndexBeingBuilt,
    /// Somebody asked for the failure. They go on until nobody asks any more.
    Injected,
    /// What was edited breaks the rules of its form.
    InvalidEdit,
    /// Another content with the same idempotency key was settled first.
    KeyConflict,
    /// Nobody reads the log.
    LogUnread,
    /// The log takes nothing.
    LogUnwritable,
    /// The operating system gives no random bytes.
    NoRandomness,
    /// Nothing can be searched at this moment.
    NoSearch,
    /// There was no time left for one more call.
    NoTime,
    /// Our own code panicked.
    Panic,
    /// Our own code panicked over this one alone, and will again until it is mended.
    PanicOverThis,
    /// A publisher stopped.
    Publisher,
    /// The database may not be written.
    ReadOnly,
    /// A redrive of the queue is under way.
    RedriveRunning,
    /// The topic refuses this notice by itself.
    Refused,
    /// None of several was taken, which may be the fault of one among them.
    RefusedTogether,
    /// A publisher did not answer for every notice.
    ShortAnswer,
    /// Something on this machine took too long.
    Timeout,
    /// No store takes something of this size.
    TooLarge,
    /// It is no envelope of ours.
    Undecodable,
    /// The worker cannot make the checks that the form asks for.
    Unguarded,
    /// The worker does not know the form: it goes on until somebody deploys it.
    UnknownForm,
    /// A newer program wrote the envelope: it goes on until somebody deploys that.
    UnknownVersion,
    /// A message that is in no format known here.
    UnreadableMessage,
    /// A record of the stream that is no entry.
    UnreadableRecord,
    /// A row that cannot be read; a newer program may have written it.
    UnreadableRow,
    /// It was not tried, because there was no time left or another call hung.
    Untried,
    /// Something cannot be written as JSON.
    Unwritable,
    /// The thread that writes has stopped.
    WriterGone,
}

impl Code {
    /// Every code.
    pub const ALL: [Self; 57] = [
        Self::AwsAnswer,
        Self::AwsContention,
        Self::AwsDenied,
        Self::AwsError,
        Self::AwsNotFound,
        Self::AwsRequest,
        Self::AwsSettings,
        Self::AwsThrottled,
        Self::AwsTimeout,
        Self::AwsUnreachable,
        Self::BadCharacters,
        Self::BadCursor,
        Self::BadHold,
        Self::CaptchaMisconfigured,
        Self::CaptchaUnreachable,
        Self::Contention,
        Self::Damaged,
        Self::DamagedRow,
        Self::DatabaseBusy,
        Self::DatabaseCorrupt,
        Self::DatabaseDoubted,
        Self::DatabaseError,
        Self::DiskError,
        Self::DiskFull,
        Self::EndedTheProcess,
        Self::FormUnnamed,
        Self::GaveUp,
        Self::HashMismatch,
        Self::IndexBeingBuilt,
        Self::Injected,
        Self::InvalidEdit,
        Self::KeyConflict,
        Self::LogUnread,
        Self::LogUnwritable,
        Self::NoRandomness,
        Self::NoSearch,
        Self::NoTime,
        Self::Panic,
        Self::PanicOverThis,
        Self::Publisher,
        Self::ReadOnly,
        Self::RedriveRunning,
        Self::Refused,
        Self::RefusedTogether,
        Self::ShortAnswer,
        Self::Timeout,
        Self::TooLarge,
        Self::Undecodable,
        Self::Unguarded,
        Self::UnknownForm,
        Self::UnknownVersion,
        Self::UnreadableMessage,
        Self::UnreadableRecord,
        Self::UnreadableRow,
        Self::Untried,
        Self::Unwritable,
        Self::WriterGone,
    ];

    /// The word; it never changes.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsAnswer => "aws-answer",
            Self::AwsContention => "aws-contention",
            Self::AwsDenied => "aws-denied",
            Self::AwsError => "aws-error",
            Self::AwsNotFound => "aws-not-found",
            Self::AwsRequest => "aws-request",
            Self::AwsSettings => "aws-settings",
            Self::AwsThrottled => "aws-throttled",
            Self::AwsTimeout => "aws-timeout",
            Self::AwsUnreachable => "aws-unreachable",
            Self::BadCharacters => "bad-characters",
            Self::BadCursor => "bad-cursor",
            Self::BadHold => "bad-hold",
            Self::CaptchaMisconfigured => "captcha-misconfigured",
            Self::CaptchaUnreachable => "captcha-unreachable",
            Self::Contention => "contention",
            Self::Damaged => "damaged",
            Self::DamagedRow => "damaged",
            Self::DatabaseBusy => "database-busy",
            Self::DatabaseCorrupt => "database-corrupt",
            Self::DatabaseDoubted => "database-doubted",
            Self::DatabaseError => "database-error",
            Self::DiskError => "disk-error",
            Self::DiskFull => "disk-full",
            Self::EndedTheProcess => "ended-the-process",
            Self::FormUnnamed => "form-unnamed",
            Self::GaveUp => "gave-up",
            Self::HashMismatch => "hash-mismatch",
            Self::IndexBeingBuilt => "index-being-built",
            Self::Injected => "injected",
            Self::InvalidEdit => "invalid-edit",
            Self::KeyConflict => "key-conflict",
            Self::LogUnread => "log-unread",
            Self::LogUnwritable => "log-unwritable",
            Self::NoRandomness => "no-randomness",
            Self::NoSearch => "no-search",
            Self::NoTime => "no-time",
            Self::Panic => "panic",
            Self::PanicOverThis => "panic",
            Self::Publisher => "publisher",
            Self::ReadOnly => "read-only",
            Self::RedriveRunning => "redrive-running",
            Self::Refused => "refused",
            Self::RefusedTogether => "refused-together",
            Self::ShortAnswer => "short-answer",
            Self::Timeout => "timeout",
            Self::TooLarge => "too-large",
            Self::Undecodable => "undecodable",
            Self::Unguarded => "unguarded",
            Self::UnknownForm => "unknown-form",
            Self::UnknownVersion => "unknown-version",
            Self::UnreadableMessage => "unreadable-message",
            Self::UnreadableRecord => "unreadable-record",
            Self::UnreadableRow => "unreadable-row",
            Self::Untried => "untried",
            Self::Unwritable => "unwritable",
            Self::WriterGone => "writer-gone",
        }
    }

    /// Does replaying help?
    #[must_use]
    pub const fn retryable(self) -> Retryable {
        match self {
            Self::AwsAnswer
            | Self::AwsContention
            | Self::AwsDenied
            | Self::AwsError
            | Self::AwsNotFound
            | Self::AwsRequest
            | Self::AwsSettings
            | Self::AwsThrottled
            | Self::AwsTimeout
            | Self::AwsUnreachable
            | Self::BadCursor
            | Self::BadHold
            | Self::CaptchaMisconfigured
            | Self::CaptchaUnreachable
            | Self::Contention
            | Self::DamagedRow
            | Self::DatabaseBusy
            | Self::DatabaseCorrupt
            | Self::DatabaseDoubted
            | Self::DatabaseError
            | Self::DiskError
            | Self::DiskFull
            | Self::EndedTheProcess
            | Self::FormUnnamed
            | Self::GaveUp
            | Self::IndexBeingBuilt
            | Self::LogUnread
            | Self::LogUnwritable
            | Self::NoRandomness
            | Self::NoSearch
            | Self::NoTime
            | Self::Panic
            | Self::Publisher
            | Self::ReadOnly
            | Self::RedriveRunning
            | Self::RefusedTogether
            | Self::ShortAnswer
            | Self::Timeout
            | Self::Unguarded
            | Self::UnreadableRow
            | Self::Untried
            | Self::WriterGone => Retryable::Yes,
            Self::Injected
            | Self::InvalidEdit
            | Self::KeyConflict
            | Self::PanicOverThis
            | Self::Refused
            | Self::UnknownForm
            | Self::UnknownVersion
            | Self::UnreadableMessage
            | Self::UnreadableRecord
            | Self::Unwritable => Retryable::AfterFix,
            Self::BadCharacters
            | Self::Damaged
            | Self::HashMismatch
            | Self::TooLarge
            | Self::Undecodable => Retryable::No,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_a_short_word_that_a_command_line_takes() {
        for code in Code::ALL {
            let word = code.as_str();
            assert!(
                word.bytes().all(|b| b.is_ascii_lowercase() || b == b'-') && word.len() <= 32,
                "{word}"
            );
        }
    }

    #[test]
    fn what_nobody_can_mend_is_a_short_list() {
        let of_this = |verdict| {
            Code::ALL
                .into_iter()
                .filter(move |code| code.retryable() == verdict)
        };
        let lasting: Vec<_> = of_this(Retryable::No).map(Code::as_str).collect();
        assert_eq!(
            lasting,
            [
                "bad-characters",
                "damaged",
                "hash-mismatch",
                "too-large",
                "undecodable"
            ]
        );
        let to_mend: Vec<_> = of_this(Retryable::AfterFix).map(Code::as_str).collect();
        let expected = [
            "injected",
            "invalid-edit",
            "key-conflict",
            "panic",
            "refused",
            "unknown-form",
            "unknown-version",
            "unreadable-message",
            "unreadable-record",
            "unwritable",
        ];
        assert_eq!(to_mend, expected);
    }
}
