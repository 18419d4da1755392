//! `receivers test`: one marked test, told step by step, with the mend for what went wrong.

use std::sync::Arc;

use counterfoil_core::entry::State;
use counterfoil_core::notice::Change;
use counterfoil_core::ports::Clock;
use counterfoil_core::{Cause, SubmissionRef};
use counterfoil_machine::SystemClock;
use counterfoil_telling::net::{SystemResolver, Trust};
use counterfoil_telling::post::{Limits, Post};
use counterfoil_telling::send::{Item, Letter, Outcome};
use counterfoil_telling::steps::Step;
use counterfoil_telling::trouble::Trouble;

use super::{Found, enable, read, unusable};
use crate::cli::receivers::TestArgs;
use crate::exit::{Failure, configuration};
use crate::forms;
use crate::ops::desk::runtime;
use crate::say;

pub(super) fn run(test: &TestArgs) -> anyhow::Result<()> {
    let Found { receivers, faults } = read(&test.at)?;
    let Some(receiver) = receivers.get(&test.name) else {
        // It may be there, and be wrong.
        unusable(&faults)?;
        let known: Vec<_> = receivers.iter().map(|one| one.name.as_str()).collect();
        let known = known.join(", ");
        return Err(configuration(format!(
            "there is no receiver {}; there are: {known}",
            test.name
        )));
    };
    say::line(format_args!(
        "{}, with a test that says so:",
        super::line(receiver)
    ));
    let letter = letter(test)?;
    let post = Post {
        receivers: Arc::new(receivers),
        forms: Arc::new(forms::read(&test.at.directory)?),
        stage: "local".into(),
        resolver: SystemResolver,
        trust: Trust::with_native_roots(Vec::new()),
        limits: Limits::default(),
        copies: None,
    };
    let runtime = runtime()?;
    let (steps, outcome) = runtime.block_on(post.try_out(&letter));
    for step in steps {
        say::line(format_args!("  {}", told(step)));
    }
    match outcome {
        Outcome::Delivered(_) => {
            say::line("  delivered: look whether it is there");
            runtime.block_on(enable::after_a_test(test))
        }
        Outcome::Later { cause, .. }
        | Outcome::Never { cause, .. }
        | Outcome::Gone { cause, .. } => Err(failed(&cause)),
    }
}

/// A test of no submission: its id is one that no submission has.
fn letter(test: &TestArgs) -> anyhow::Result<Letter> {
    let now = SystemClock.now();
    let of = "test/00000000-0000-7000-8000-000000000000";
    let of = SubmissionRef::parse(of).ok_or_else(|| anyhow::anyhow!("no test can be named"))?;
    let change = Change {
        of,
        seq: 1,
        state: State::Stored,
        run: 0,
        cause: None,
        at: now,
    };
    Ok(Letter {
        receiver: test.name.clone(),
        items: vec![Item {
            id: format!("{}:{}/{}", change.of, now.as_millis(), test.name),
            news: change.into(),
            body: None,
            head: None,
        }],
        at: now,
        test: true,
    })
}

fn told(step: Step) -> String {
    match step {
        Step::Resolved(1) => "the name has an address".into(),
        Step::Resolved(count) => format!("the name has {count} addresses"),
        Step::Connected => "connected".into(),
        Step::Secured => "TLS: nobody else reads what is said".into(),
        Step::SignedIn => "signed in: name and password were taken".into(),
        Step::Answered(Some(code)) => format!("it answered {code}"),
        Step::Answered(None) => "it answered".into(),
    }
}

fn failed(cause: &Cause) -> anyhow::Error {
    let mend = mend(&cause.code).map_or_else(String::new, |mend| format!("\n  {mend}"));
    Failure::Partly(format!("the test did not arrive: {cause}{mend}")).into()
}

/// What to do about it.
fn mend(code: &str) -> Option<&'static str> {
    const MENDS: [(Trouble, &str); 9] = [
        (
            Trouble::NameUnknown,
            "is the host in `url` spelled as its owner spells it?",
        ),
        (
            Trouble::PrivateAddress,
            "for a receiver in a network of yours, name the network in `allow_private`",
        ),
        (
            Trouble::Unreachable,
            "is the port right, and does a firewall let it out? Mail: 465 for smtps://, 587 for smtp://",
        ),
        (
            Trouble::TlsFailed,
            "is the name in its certificate the one in `url`? Mail: smtps:// is TLS from the first byte (465), smtp:// is STARTTLS (587)",
        ),
        (
            Trouble::BrokeOff,
            "is another protocol spoken there? Mail: smtps:// is TLS from the first byte (465), smtp:// is STARTTLS (587)",
        ),
        (
            Trouble::TimedOut,
            "it connects and says nothing. Mail: smtp:// on a port that expects TLS (465) waits so; write smtps://",
        ),
        (
            Trouble::SignInRefused,
            "check `user` and what the variable in `password_env` holds; with two-step sign-in, most providers want a password for apps",
        ),
        (
            Trouble::MailRefused,
            "530 and 550 to 554 mostly say that this server does not send for `from`: sign in, or take a `from` of your own domain",
        ),
        (
            Trouble::Redirected,
            "redirects are not followed: write the address it leads to",
        ),
    ];
    let mut all = MENDS.iter();
    let (_, mend) = all.find(|(trouble, _)| trouble.as_str() == code)?;
    Some(mend)
}
