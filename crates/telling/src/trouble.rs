//! Why an attempt failed: a short stable word, by which failures are grouped, and whether something has to be mended.

use counterfoil_core::{Cause, Retryable};

/// What goes wrong when a letter is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// `receivers.toml` has no such receiver.
    NoReceiver,
    /// The name of its host has no address.
    NameUnknown,
    /// Its address is not a public one, and no network of it is allowed.
    PrivateAddress,
    /// Nobody listens there.
    Unreachable,
    /// No connection that others cannot read.
    TlsFailed,
    /// It took too long.
    TimedOut,
    /// The connection broke off, or what came back is not the protocol.
    BrokeOff,
    /// The mail server does not take name and password.
    SignInRefused,
    /// The mail server asks to come again later.
    MailDeferred,
    /// The mail server does not take this mail.
    MailRefused,
    /// It was taken, and came back.
    Bounced,
    /// The mails of the day cannot be counted.
    NotCounted,
    /// As many mails as a day may have are out.
    OverBudget,
    /// The letter cannot be written.
    Unwritable,
    /// It answered with an error.
    AnsweredError,
    /// It answered with a redirect, which is not followed.
    Redirected,
    /// It asks for fewer letters.
    SlowDown,
    /// It wants no letter any more.
    Gone,
}

impl Trouble {
    /// The word for it, as stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NoReceiver => "no-receiver",
            Self::NameUnknown => "name-unknown",
            Self::PrivateAddress => "private-address",
            Self::Unreachable => "unreachable",
            Self::TlsFailed => "tls-failed",
            Self::TimedOut => "timed-out",
            Self::BrokeOff => "broke-off",
            Self::SignInRefused => "sign-in-refused",
            Self::MailDeferred => "mail-deferred",
            Self::MailRefused => "mail-refused",
            Self::Bounced => "bounced",
            Self::NotCounted => "not-counted",
            Self::OverBudget => "over-budget",
            Self::Unwritable => "unwritable",
            Self::AnsweredError => "answered-error",
            Self::Redirected => "redirected",
            Self::SlowDown => "slow-down",
            Self::Gone => "gone",
        }
    }

    /// The cause, with what happened. No address that may be a secret, and nothing that was submitted, goes into it.
    #[must_use]
    pub fn cause(self, detail: impl Into<String>) -> Cause {
        Cause::written(self.as_str(), self.retryable(), detail)
    }

    const fn retryable(self) -> Retryable {
        match self {
            Self::NoReceiver
            | Self::PrivateAddress
            | Self::SignInRefused
            | Self::Redirected
            | Self::Bounced
            | Self::Gone => Retryable::AfterFix,
            Self::NameUnknown
            | Self::Unreachable
            | Self::TlsFailed
            | Self::TimedOut
            | Self::BrokeOff
            | Self::MailDeferred
            | Self::AnsweredError
            | Self::NotCounted
            | Self::SlowDown => Retryable::Yes,
            Self::MailRefused | Self::OverBudget | Self::Unwritable => Retryable::No,
        }
    }
}
