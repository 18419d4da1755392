//! The ticket's page says every state in both languages, and looks again exactly while there is more to come.

use counterfoil_core::FormId;
use counterfoil_core::ports::Seen;
use counterfoil_core::status::{Outlook, Reason};

use super::*;
use crate::testing::{form_in, sound};

const TICKET: &str = "event.AZqQ_x-0123456789";

fn view(state: TicketState) -> View {
    View {
        ticket: TICKET.into(),
        form: FormId::parse("event").unwrap(),
        state,
        seq: 1,
        submitted_at: Timestamp::from_millis(1_795_385_651_000),
        updated_at: Timestamp::from_millis(1_795_385_652_000),
        is_final: state.is_final(),
        retry_after: (!state.is_final()).then_some(7),
        reason: (state == TicketState::Failed).then(|| Reason {
            code: "<gave-up>".into(),
            outlook: Outlook::Kept,
        }),
        seen: Seen::default(),
    }
}

fn check(state: TicketState, language: &str) {
    let form = form_in(language);
    let page = ticket_page(&view(state), Some(&form));
    sound(&page);
    let said = (Texts::in_language(language).state)(state);
    assert!(
        page.contains(&format!("<html lang=\"{language}\">")),
        "{page}"
    );
    assert!(
        page.contains(said.title) && page.contains(said.detail),
        "{page}"
    );
    assert!(
        page.contains(&format!(">{TICKET}</code>")) && page.contains("href=\"/forms/event\""),
        "{page}"
    );
    assert!(
        page.contains("<time datetime=\"2026-11-22T22:14:11.000Z\">2026-11-22 22:14 UTC</time>"),
        "{page}"
    );
    let refresh = page.contains("<meta http-equiv=\"refresh\" content=\"7\">");
    assert_eq!(refresh, !state.is_final(), "{state:?}");
    assert_eq!(page.contains("http-equiv"), refresh, "{state:?}");
    assert_eq!(
        page.contains("We will write to you"),
        is_well(state),
        "{state:?}"
    );
    assert_eq!(
        page.contains("gave-up"),
        state == TicketState::Failed,
        "{state:?}"
    );
}

#[test]
fn every_state_is_said_in_every_language() {
    for state in TicketState::ALL {
        for language in ["en", "zh"] {
            check(state, language);
        }
    }
}

#[test]
fn a_ticket_outlives_its_form() {
    let page = ticket_page(&view(TicketState::Stored), None);
    sound(&page);
    assert!(
        page.contains("event") && !page.contains("/forms/"),
        "{page}"
    );
}

#[test]
fn a_reason_is_escaped() {
    let page = ticket_page(&view(TicketState::Failed), None);
    assert!(
        page.contains("operators can see it. (Code: &lt;gave-up&gt;)"),
        "{page}"
    );
}

#[test]
fn when_it_was_seen_and_answered_is_said_near_the_state_in_every_language() {
    let at = |seconds: i64| Some(Timestamp::from_millis(1_795_385_651_000 + seconds * 1000));
    for (language, words) in [
        ("en", ["Seen on ", "Answered on "]),
        ("zh", ["已查看：", "已答复："]),
    ] {
        let form = form_in(language);
        let mut view = view(TicketState::Stored);
        let none = ticket_page(&view, Some(&form));
        assert!(words.iter().all(|word| !none.contains(word)), "{none}");
        view.seen = Seen {
            seen_at: at(60),
            answered_at: at(24 * 3600),
        };
        let page = ticket_page(&view, Some(&form));
        sound(&page);
        let times = [
            "<time datetime=\"2026-11-22T22:15:11.000Z\">2026-11-22 22:15 UTC</time>",
            "<time datetime=\"2026-11-23T22:14:11.000Z\">2026-11-23 22:14 UTC</time>",
        ];
        let [seen, answered] = [0, 1].map(|n| format!("<p>{}{}</p>", words[n], times[n]));
        assert!(page.contains(&format!("{seen}{answered}")), "{page}");
        view.seen.seen_at = None;
        let page = ticket_page(&view, Some(&form));
        assert!(
            page.contains(&answered) && !page.contains(words[0]),
            "{page}"
        );
    }
}
