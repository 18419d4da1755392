//! What people write in `receivers.toml` by mistake, with what to write instead; and that no secret is ever told.

use super::*;

/// A secret that must not come back in any text.
const SECRET: &str = "hunter2-hunter2";

fn env(name: &str) -> Option<String> {
    match name {
        "PASSWORD" => Some(SECRET.into()),
        "KEY" => Some("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw".into()),
        "NOT_A_KEY" => Some(SECRET.into()),
        "HOOK" => Some(format!("https://hooks.example.org/{SECRET}")),
        "PLAIN_HOOK" => Some(format!("http://hooks.example.org/{SECRET}")),
        "NO_HOOK" => Some(format!("hooks {SECRET}")),
        _ => None,
    }
}

const SMTP: &str =
    "[smtp]\nurl = \"smtps://mail.example.org\"\nuser = \"forms\"\npassword_env = \"PASSWORD\"\n";

fn read(text: &str) -> Result<Receivers, ReceiversFault> {
    Receivers::parse(text, &env)
}

#[test]
fn every_kind_is_read_and_no_secret_is_printed() {
    let text = format!(
        "{SMTP}[receivers.owner]\nkind = \"mail\"\nfrom = \"Forms <forms@example.org>\"\nto = \"owner@example.org\"\n\
         when = \"at-once\"\nalarms = [\"disk\", \"*\"]\n\
         [receivers.crm]\nkind = \"webhook\"\nurl_env = \"HOOK\"\nsecret_env = [\"KEY\", \"KEY\"]\nallow_private = [\"10.0.0.0/8\"]\n\
         [receivers.slack]\nkind = \"slack\"\nurl_env = \"HOOK\"\n[receivers.discord]\nkind = \"discord\"\nurl_env = \"HOOK\"\n\
         [receivers.tg]\nkind = \"telegram\"\nurl_env = \"HOOK\"\nchat = \"-1\"\n\
         [receivers.ntfy]\nkind = \"ntfy\"\nurl = \"https://ntfy.example.org/t\"\ntoken_env = \"PASSWORD\"\n\
         [receivers.other]\nkind = \"template\"\nurl_env = \"HOOK\"\nbody = '{{\"m\":\"{{{{text}}}}\"}}'\nauthorization_env = \"PASSWORD\"\n"
    );
    let receivers = read(&text).unwrap();
    let kinds: Vec<_> = receivers.iter().map(|one| one.kind.as_str()).collect();
    let expected = [
        "webhook", "discord", "ntfy", "template", "mail", "slack", "telegram",
    ];
    assert_eq!(kinds, expected);
    let owner = receivers
        .get(&ReceiverName::parse("owner").unwrap())
        .unwrap();
    let Channel::Mail(mail) = &owner.channel else {
        panic!("{owner:?}");
    };
    assert_eq!(mail.to[0].email.to_string(), "owner@example.org");
    assert_eq!(owner.alarms, AlarmKind::ALL.into());
    let printed = format!("{receivers:?}");
    assert!(
        !printed.contains("hunter2") && !printed.contains("MfKQ"),
        "{printed}"
    );
}

#[test]
fn a_mail_server_is_read_from_its_address() {
    for (url, security, port) in [
        ("smtps://m.example.org", mail::SmtpSecurity::Tls, 465),
        ("smtp://m.example.org", mail::SmtpSecurity::StartTls, 587),
        (
            "smtp://m.example.org:2525",
            mail::SmtpSecurity::StartTls,
            2525,
        ),
        (
            "smtp://m.example.org?tls=none",
            mail::SmtpSecurity::Nothing,
            25,
        ),
    ] {
        let smtp = read(&format!("[smtp]\nurl = \"{url}\"\n"))
            .unwrap()
            .smtp
            .unwrap();
        assert_eq!(
            (smtp.security, smtp.port, smtp.host.as_str()),
            (security, port, "m.example.org")
        );
    }
}

#[test]
fn a_slip_is_told_with_its_line_and_what_to_write() {
    let hook = |rest: &str| format!("[receivers.crm]\nkind = \"webhook\"\n{rest}\n");
    let mail = |rest: &str| {
        format!("{SMTP}[receivers.o]\nkind = \"mail\"\nfrom = \"a@example.org\"\n{rest}\n")
    };
    for (text, expected) in [
        ("[receiver.crm]\n".to_owned(), "line 1, column 2: unknown key \"receiver\"; did you mean \"receivers\"?"),
        ("[receivers.CRM]\nkind = \"mail\"\n".into(), "receivers.CRM: a receiver's name is"),
        ("[receivers.crm]\nkind = \"webhok\"\n".into(), "line 2, column 8: receivers.crm.kind: there is no kind \"webhok\"; did you mean \"webhook\"?"),
        ("[receivers.crm]\nurl = \"x\"\n".into(), "receivers.crm.kind: is missing"),
        ("[receivers.submitter]\nkind = \"ntfy\"\n".into(), "the name is kept for whoever submits"),
        ("[smtp]\nurl = \"smtps://m.example.org\"\nfrom = \"nobody\"\n".into(), "smtp.from: give one address"),
        (hook("urls = \"x\""), "line 3, column 1: unknown key \"receivers.crm.urls\"; did you mean \"url\"?"),
        (hook(&format!("secret = \"{SECRET}\"")), "a secret never stands in this file; give the name of an environment variable in `secret_env`"),
        (hook(&format!("url = \"https://e.example.org\"\nsecret_env = [\"{SECRET}\"]")), "line 4, column 15: receivers.crm.secret_env: give the name of an environment variable"),
        (hook("url = \"https://e.example.org\"\nsecret_env = [\"GONE\"]"), "the environment variable GONE is not set"),
        (hook("url = \"https://e.example.org\"\nsecret_env = [\"NOT_A_KEY\"]"), "NOT_A_KEY holds no secret of this kind: it is whsec_"),
        (hook("url = \"https://e.example.org\""), "receivers.crm.secret_env: is missing"),
        (hook("secret_env = [\"KEY\"]"), "receivers.crm.url: is missing; give `url`, or `url_env`"),
        (hook("url_env = \"PLAIN_HOOK\"\nsecret_env = [\"KEY\"]"), "http is read by everybody on the way"),
        (hook("url_env = \"NO_HOOK\"\nsecret_env = [\"KEY\"]"), "receivers.crm.url_env: give a whole address"),
        (hook(&format!("url = \"https://u:{SECRET}@e.example.org\"\nsecret_env = [\"KEY\"]")), "without user and password"),
        (hook("url = \"https://e.example.org\"\nallow_private = [\"10.0.0.0/99\"]"), "line 4, column 18: receivers.crm.allow_private"),
        (format!("[receivers.s]\nkind = \"slack\"\nurl = \"https://hooks.example.org/{SECRET}\"\n"), "so it is a secret; put it into an environment variable"),
        ("[receivers.s]\nkind = \"telegram\"\nurl_env = \"HOOK\"\n".into(), "receivers.s.chat: is missing"),
        (format!("[smtp]\nurl = \"smtps://u:{SECRET}@m.example.org\"\n"), "holds a user or a password"),
        (format!("[smtp]\nurl = \"smtps://m.example.org\"\npassword = \"{SECRET}\"\n"), "in `password_env`"),
        ("[smtp]\nurl = \"mail.example.org\"\n".into(), "smtp.url: give an address such as"),
        ("[smtp]\nurl = \"smtp://m.example.org?tls=none\"\nuser = \"x\"\npassword_env = \"PASSWORD\"\n".into(), "everybody on the way reads the password"),
        ("[receivers.o]\nkind = \"mail\"\nfrom = \"a@example.org\"\nto = \"b@example.org\"\n".into(), "mail needs [smtp]"),
        (mail(""), "receivers.o.to: is missing"),
        (mail("to = \"b@example.org, c@example.org\""), "receivers.o.to: give one address"),
        (mail("to = \"b@example.org\\r\\nBcc: c@example.org\""), "receivers.o.to: give one address"),
        (mail("to = \"b@example.org\"\nwhen = \"dayly\""), "receivers.o.when: give one of \"at-once\", \"hourly\""),
        (mail("to = \"b@example.org\"\nat = \"08:00\""), "receivers.o.at: says when a digest goes out, and there is none"),
        (mail("to = \"b@example.org\"\nwhen = \"daily\"\nat = \"8 am\""), "receivers.o.at: give a time of day, such as \"08:00\""),
        (mail("to = \"b@example.org\"\nwhen = \"daily\"\nat = \"25:00\""), "receivers.o.at: give a time of day"),
        (mail("to = \"b@example.org\"\nwhen = \"hourly\"\nat = \"08:00\""), "receivers.o.at: an hourly digest goes out at each full hour"),
        (mail("to = \"b@example.org\"\nwhen = \"daily\"\ntime_zone = \"Vienna\""), "receivers.o.time_zone: give a time zone, such as \"Europe/Vienna\""),
        (mail("to = \"b@example.org\"\nwhen = \"daily\"\nper_day = 5"), "receivers.o.per_day: goes with when = \"at-once\""),
        (mail("to = \"b@example.org\"\nper_day = 0"), "receivers.o.per_day: give the most mails of a day"),
        (mail("to = \"b@example.org\"\nper_day = \"many\""), "receivers.o.per_day: give the most mails of a day"),
        (mail("to = \"b@example.org\"\nalarms = [\"dead-leters\"]"), "receivers.o.alarms: there is no alarm \"dead-leters\"; did you mean \"dead-letters\"?"),
        (mail("to = \"b@example.org\"\nurl = \"x\""), "unknown key \"receivers.o.url\""),
    ] {
        let fault = read(&text).map(drop).unwrap_err().to_string();
        assert!(fault.contains(expected), "{expected}\n{fault}\n{text}");
        assert!(!fault.contains("hunter2"), "{fault}");
    }
}

#[test]
fn a_form_that_tells_nobody_is_named() {
    let form = "title = \"x\"\n[[notify]]\nto = \"cmr\"\n[schema]\ntype = \"object\"\n";
    let id = counterfoil_core::FormId::parse("contact").unwrap();
    let forms: Forms = [counterfoil_core::Form::parse(id, form).unwrap()]
        .into_iter()
        .collect();
    let text = "[receivers.crm]\nkind = \"ntfy\"\nurl = \"https://ntfy.example.org/t\"\n";
    let expected = "form contact: there is no receiver \"cmr\"; did you mean \"crm\"?";
    assert_eq!(read(text).unwrap().missing(&forms), [expected]);
    let expected =
        "form contact: there is no receiver \"cmr\"; write [receivers.cmr] in receivers.toml";
    assert_eq!(Receivers::default().missing(&forms), [expected]);
}

#[test]
fn a_mistake_keeps_no_other_receiver_from_being_told() {
    let good = "[receivers.crm]\nkind = \"ntfy\"\nurl = \"https://ntfy.example.org/t\"\n";
    let read = |text: &str| {
        let (receivers, faults) = Receivers::read(text, &env);
        let names: Vec<_> = receivers.iter().map(|one| one.name.to_string()).collect();
        let faults: Vec<_> = faults.iter().map(ToString::to_string).collect();
        (names, faults)
    };
    let hook = "kind = \"webhook\"\nurl = \"https://e.example.org\"\nsecret_env = \"GONE\"\n";
    let mailbox = "kind = \"mail\"\nfrom = \"a@example.org\"\nto = \"b@example.org\"\n";
    let text = format!(
        "[smpt]\n[smtp]\nurl = 3\n{good}[receivers.a]\n{hook}[receivers.b]\n{mailbox}[receivers.C]\n"
    );
    let (names, faults) = read(&text);
    assert_eq!(names, ["crm"], "a mailbox needs a server");
    let expected = [
        "\"smpt\"",
        "smtp.url",
        "receivers.C",
        "receivers.a.secret_env",
    ];
    assert_eq!(faults.len(), expected.len(), "{faults:?}");
    for part in expected {
        assert!(
            faults.iter().any(|fault| fault.contains(part)),
            "{faults:?}"
        );
    }
    let (names, faults) = read(&format!("{good}{good}"));
    assert!(
        names.is_empty() && faults[0].contains("not TOML"),
        "{faults:?}"
    );
}
