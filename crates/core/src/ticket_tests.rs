//! A ticket has one spelling, and any other text is refused.

use super::*;

const SECRET: &str = "0123456789abcdefghijklmnopqrstuv";

fn ring(text: &str) -> Keyring {
    Keyring::parse(text).unwrap()
}

fn reference() -> SubmissionRef {
    SubmissionRef::parse("contact/01930000-0000-7abc-8def-0123456789ab").unwrap()
}

fn minted(keys: &Keyring) -> Ticket {
    Ticket::mint(
        keys,
        &reference(),
        Timestamp::from_secs(1_795_385_651),
        &ContentHash::digest(b"{}"),
    )
}

#[test]
fn a_ticket_reads_back_to_what_it_was_made_for() {
    let keys = ring(&format!("1:local:{SECRET}"));
    let text = minted(&keys).to_string();
    assert_eq!(text.len(), "contact.".len() + 60);
    let read = Ticket::verify(&keys, &text).unwrap();
    assert_eq!(read.submission(), reference());
    assert_eq!(read.issued_at(), Timestamp::from_secs(1_795_385_651));
    assert!(read.is_for(&keys, &ContentHash::digest(b"{}")));
    assert!(!read.is_for(&keys, &ContentHash::digest(b"{ }")));
}

#[test]
fn the_bytes_of_a_ticket_never_change() {
    // Tickets live for months: a change here would make every one of them a 404.
    let keys = ring(&format!("1:local:{SECRET}"));
    // Computed from the layout with another implementation of HMAC.
    assert_eq!(
        minted(&keys).to_string(),
        "contact.AQGTAAAAAHq8je8BI0VniatrA2kzwDpZEAXRrhMZWGqlnzyP8KmTyDfZ372g"
    );
}

#[test]
fn every_flipped_bit_is_refused() {
    let keys = ring(&format!("1:local:{SECRET}"));
    let good = minted(&keys);
    for bit in 0..RAW * 8 {
        let mut bad = good.clone();
        bad.raw[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(Ticket::verify(&keys, &bad.to_string()), None, "bit {bit}");
    }
}

#[test]
fn every_other_spelling_is_refused() {
    let keys = ring(&format!("1:local:{SECRET}"));
    let good = minted(&keys).to_string();
    let (form, proof) = good.split_once('.').unwrap();
    let bad = [
        String::new(),
        ".".into(),
        proof.into(),
        format!("{form}."),
        format!("{good}="),
        format!("{good}A"),
        format!(" {good}"),
        good[..good.len() - 1].into(),
        format!("other.{proof}"),
        format!("Contact.{proof}"),
        format!("{form}.{form}.{proof}"),
        good.replace(['-', '_'], "+"),
        format!("{form}.{}", "\0".repeat(60)),
        format!("{form}.{}", "A".repeat(1 << 20)),
    ];
    for text in bad.iter().filter(|text| **text != good) {
        assert_eq!(Ticket::verify(&keys, text), None, "{text:.80}");
    }
}

#[test]
fn a_ticket_of_another_stage_or_key_is_refused() {
    let text = minted(&ring(&format!("1:local:{SECRET}"))).to_string();
    for other in [
        format!("1:prod:{SECRET}"),
        format!("2:local:{SECRET}"),
        format!("1:local:{SECRET}x"),
    ] {
        assert_eq!(Ticket::verify(&ring(&other), &text), None);
    }
}

#[test]
fn a_rotated_key_still_verifies() {
    let old = ring(&format!("1:local:{SECRET}"));
    let both = ring(&format!("2:local:{SECRET}{SECRET} 1:local:{SECRET}"));
    let ticket = Ticket::verify(&both, &minted(&old).to_string()).unwrap();
    assert!(ticket.is_for(&both, &ContentHash::digest(b"{}")));
    assert_eq!(Ticket::verify(&old, &minted(&both).to_string()), None);
}

#[test]
fn a_log_line_cannot_poll() {
    let keys = ring(&format!("1:local:{SECRET}"));
    let ticket = minted(&keys);
    assert_eq!(format!("{ticket:?}"), format!("Ticket({})", reference()));
}

#[test]
fn what_looks_like_a_ticket_names_its_submission_by_itself_and_as_an_address() {
    let text = minted(&ring(&format!("1:local:{SECRET}"))).to_string();
    for named in [
        text.clone(),
        format!("/tickets/{text}"),
        format!("https://forms.example.org/tickets/{text}"),
        format!("http://127.0.0.1:8080/base/tickets/{text}/"),
        format!("https://forms.example.org/tickets/{text}?lang=de#top"),
    ] {
        assert_eq!(Ticket::named(&named), Some(reference()), "{named}");
    }
    let forged = format!("{}A", &text[..text.len() - 1]);
    assert_eq!(
        Ticket::named(&forged),
        Some(reference()),
        "who signed it is not looked at"
    );
    for wrong in [
        "",
        "contact.",
        "/tickets/",
        &format!("{text}A"),
        &format!("https://example.org/{text}"),
        &reference().to_string(),
    ] {
        assert_eq!(Ticket::named(wrong), None, "{wrong}");
    }
}

#[test]
fn no_ticket_ends_in_a_sign_that_mail_programs_leave_out() {
    let keys = Keyring::parse("1:local:0123456789abcdefghijklmnopqrstuv").unwrap();
    let content = ContentHash::digest(b"x");
    let at = Timestamp::from_secs(1_795_385_651);
    let mut earlier = 0;
    for second in 0..2000 {
        let now = Timestamp::from_secs(at.as_secs() + second);
        let of = SubmissionRef::parse("contact/01930000-0000-7abc-8def-0123456789ab").unwrap();
        let ticket = Ticket::mint(&keys, &of, now, &content);
        let text = ticket.to_string();
        assert!(
            text.ends_with(|sign: char| sign.is_ascii_alphanumeric()),
            "{text}"
        );
        assert_eq!(Ticket::verify(&keys, &text), Some(ticket.clone()));
        assert!(ticket.issued_at() <= now && now.since(ticket.issued_at()).as_secs() < 8);
        earlier += u32::from(ticket.issued_at() < now);
    }
    assert!(
        (20..200).contains(&earlier),
        "one in 32 is signed again: {earlier}"
    );
}
