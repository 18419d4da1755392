//! The texts in English.

use counterfoil_core::rejection::FieldProblem;
use counterfoil_core::status::TicketState;

use super::{StateText, Texts, state};

pub(super) static ENGLISH: Texts = Texts {
    filled_in: "Nothing has been sent yet. Check what is filled in, then send it.",
    error_prefix: "Error: ",
    problems_title: "This has not been sent yet",
    nothing_lost: "Everything you entered is still below.",
    colon: ": ",
    optional: " (optional)",
    choose: "Choose…",
    no_answer: "No answer",
    leave_empty: "Leave this field empty",
    leftovers: "Also received, but this form has no place for it. It will not be sent: copy it if you need it.",
    send: "Send",
    promise: "You will get a ticket: proof that we have it.",
    submitted: "Submitted",
    seen_on: "Seen on ",
    answered_on: "Answered on ",
    ticket: "Your ticket",
    keep_ticket: "Keep this: it proves that we accepted your submission. The address of this page holds it too. \
                  Whoever has it can see what became of the submission, and nothing else.",
    copy: "Copy its address",
    copied: "Copied",
    print: "Print",
    look_now: "Look now",
    back: "Back to the form",
    all_forms: "See all forms",
    forms: "Forms",
    no_forms: "There are no forms here yet. Add one as a file, forms/<name>.toml.",
    looks_again: |seconds| match seconds {
        1 => "This page looks again in a second.".into(),
        _ => format!("This page looks again in {seconds} seconds."),
    },
    hint: |format| format.record().hint.map(|hint| hint.english),
    problem: FieldProblem::detail,
    // `ingest`'s own words are English, and say more: the limit, the method, what could not be read.
    refusal: |_| None,
    sending: "Sending…",
    sent: "Thank you. We have it.",
    not_sent: "Not sent yet: please fix what is marked.",
    no_answer_yet: "It could not be sent. Everything is still here: please try again.",
    your_ticket: "See what becomes of it",
    reason: |reason| format!("{} (Code: {})", reason.detail(), reason.code),
    state: english_state,
};

fn english_state(of: TicketState) -> StateText {
    match of {
        TicketState::Queued => state(
            "Accepted",
            "Your submission is safe",
            "We have accepted it, and it is being processed.",
        ),
        TicketState::Delayed => state(
            "Accepted",
            "Your submission is safe",
            "Processing takes longer than usual. Nothing is lost, and you need not send it again.",
        ),
        TicketState::Stored => state(
            "Stored",
            "Your submission has arrived",
            "It has been processed and stored.",
        ),
        TicketState::Failed => state(
            "Failed",
            "Your submission could not be processed",
            "You need not send it again unless you are asked to: contact the people behind this form, and give \
             them the ticket.",
        ),
        TicketState::Held => state(
            "Under review",
            "Your submission is waiting for a person",
            "We have it. Someone will look at it before it goes on; there is nothing for you to do.",
        ),
        TicketState::Conflict => state(
            "Conflict",
            "Another version was stored first",
            "The same form was sent twice with different content, and the other version counts. This one has been \
             kept apart, and the people behind this form can see it. To replace it, send the form again.",
        ),
        TicketState::Erased => state(
            "Erased",
            "Your submission was erased",
            "What was submitted has been removed for good.",
        ),
        TicketState::Expired => state(
            "Expired",
            "Your submission is no longer kept",
            "The time for which this form keeps submissions has passed.",
        ),
        TicketState::Unresolved => state(
            "Unresolved",
            "We do not know what became of your submission",
            "We accepted it, but have no record of what followed; our operators have been alerted. Please send the \
             form again, or contact the people behind it with this ticket.",
        ),
    }
}
