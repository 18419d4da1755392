//! What came of a deed, in the words that the command and the console share. Fragments of a sentence; what people wrote is
//! in them as they wrote it: make it harmless before it is shown.

use counterfoil_core::rejection::FieldError;

use crate::act::Acted;
use crate::history::{Action, Line, Verb};

/// Why nothing was done.
#[must_use]
pub fn refusal(acted: &Acted) -> String {
    match acted {
        Acted::Done(_) => "done".into(),
        Acted::Already(_) => "it is so already".into(),
        Acted::Nowhere => "there is no such entry".into(),
        Acted::NotNow(state) => format!("it is {state}"),
        Acted::Changed(lines) => {
            format!("it has changed since it was read: {}; look at it again, then edit that", changes(lines))
        }
        Acted::Unreadable => "what was submitted could not be read, so it cannot be edited".into(),
        Acted::UnknownForm => {
            "its form is not among the forms here, so nothing can be checked; give its directory with --forms".into()
        }
        Acted::Invalid(problems) => problems.iter().map(problem).collect::<Vec<_>>().join("; "),
        Acted::TooLarge(bytes, most) => format!("{bytes} bytes are more than a submission may have ({most})"),
    }
}

/// Who did what.
#[must_use]
pub fn changes(lines: &[Line]) -> String {
    let told = lines
        .iter()
        .map(|line| format!("{} ({})", happened(line), line.at))
        .collect::<Vec<_>>()
        .join("; ");
    if told.is_empty() {
        "its history does not tell by whom".into()
    } else {
        told
    }
}

/// One thing that is wrong with one field.
#[must_use]
pub fn problem(error: &FieldError) -> String {
    let place = if error.pointer.is_empty() {
        "/"
    } else {
        &error.pointer
    };
    format!("{place}: {}", error.problem.detail())
}

/// What a line of history tells, without its time.
#[must_use]
pub fn happened(line: &Line) -> String {
    let Some(deed) = &line.deed else {
        let run = if line.run > 0 {
            format!(" (replay {})", line.run)
        } else {
            String::new()
        };
        let why = line
            .cause
            .as_ref()
            .map_or_else(String::new, |cause| format!(": {cause}"));
        let hold = line
            .hold
            .as_ref()
            .map_or_else(String::new, |hold| format!(": {hold}"));
        return format!(
            "{}{run} at attempt {}{why}{hold}",
            line.state, line.attempts
        );
    };
    let run = if deed.verb == Verb::Replay {
        format!(" {}", line.run)
    } else {
        String::new()
    };
    format!(
        "{}{run} by {}{}",
        deed.verb.as_str(),
        deed.who.as_str(),
        asides(deed)
    )
}

fn asides(deed: &Action) -> String {
    let why = deed
        .why
        .as_ref()
        .map_or_else(String::new, |why| format!(": {why}"));
    let job = deed
        .job
        .as_ref()
        .map_or_else(String::new, |job| format!(" (job {job})"));
    why + &job
}
