//! Writes every page into a directory, to be looked at: `cargo run -p counterfoil-web --example gallery -- DIR`.

use std::error::Error;
use std::fs;
use std::path::PathBuf;

use counterfoil_core::ports::Seen;
use counterfoil_core::rejection::{FieldError, FieldProblem, JsonType};
use counterfoil_core::status::{Outlook, Reason, TicketState, View};
use counterfoil_core::{Form, FormId, Forms, Timestamp};
use counterfoil_web::{
    FormPage, Onward, all_forms, form_page, index_page, problem_page, ticket_page,
};

type Done = Result<(), Box<dyn Error>>;

const CONTACT: &str = include_str!("../../../forms/contact.toml");
const EVENT: &str = include_str!("event.toml");
const TICKET: &str = "contact.AQGasmrqr3yYobc-9XTi4UV6EpJnnWojrh3GlwZ4hZ0FyHc3pVtqR1bXk2tQ";
const CHINESE: [(&str, &str); 8] = [
    ("language = \"en\"", "language = \"zh-CN\""),
    ("\"Contact us\"", "\"联系我们\""),
    (
        "\"Write to us and we will answer by e-mail.\"",
        "\"请给我们留言，我们会通过电子邮件答复。\"",
    ),
    ("button = \"Send\"\n", ""),
    ("\"Your name\"", "\"姓名\""),
    ("\"E-mail\"", "\"电子邮件\""),
    ("\"Only to answer you.\"", "\"仅用于答复您。\""),
    ("\"Message\"", "\"留言\""),
];

fn main() -> Done {
    let dir = PathBuf::from(std::env::args().nth(1).ok_or("give a directory")?);
    fs::create_dir_all(&dir)?;
    let write = |name: &str, page: String| fs::write(dir.join(format!("{name}.html")), page);
    let contact = form("contact", CONTACT)?;
    let event = form("event", EVENT)?;
    let chinese = form(
        "contact",
        &CHINESE
            .iter()
            .fold(CONTACT.to_owned(), |text, (en, zh)| text.replace(en, zh)),
    )?;
    for (name, form) in [("form", &contact), ("event", &event), ("form-zh", &chinese)] {
        write(
            name,
            form_page(&FormPage {
                form,
                key: "k",
                typed: &[],
                errors: &[],
                notice: None,
            }),
        )?;
        write(&format!("{name}-errors"), refused(form))?;
    }
    for state in TicketState::ALL {
        write(
            &format!("ticket-{}", state.as_str()),
            ticket_page(&view(state, &contact), Some(&contact)),
        )?;
        write(
            &format!("ticket-{}-zh", state.as_str()),
            ticket_page(&view(state, &chinese), Some(&chinese)),
        )?;
    }
    write("index", index_page(&Forms::from_iter([contact, event])))?;
    write(
        "problem",
        problem_page(
            "en",
            "No such form",
            "There is no form at this address. Check the link.",
            Some(Onward {
                href: "/",
                text: all_forms("en"),
            }),
        ),
    )?;
    Ok(())
}

fn form(id: &str, text: &str) -> Result<Form, Box<dyn Error>> {
    Ok(Form::parse(FormId::parse(id).ok_or("not an id")?, text)?)
}

fn refused(form: &Form) -> String {
    let typed = [
        ("name", "Ada \"Countess\" Lovelace"),
        ("email", "ada@"),
        ("meal", "Pie"),
        ("seats", "two"),
        ("country", "Elsewhere"),
        ("allergies", "Milk"),
        ("allergies", "Fish & shellfish"),
        ("guests", "Charles"),
        ("message", "\nA line\n\nand another."),
        ("nickname", "Enchantress\nof Numbers"),
    ];
    let typed = typed.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let errors = [
        (
            "/email",
            FieldProblem::Format(counterfoil_core::Format::Email),
        ),
        ("/seats", FieldProblem::Type(vec![JsonType::Integer])),
        ("/allergies", FieldProblem::MaxItems(1)),
        ("/message", FieldProblem::MaxLength(20)),
        ("/agree", FieldProblem::NotTicked),
        ("/nickname", FieldProblem::Unexpected),
    ];
    let known =
        |pointer: &str| form.schema.property(&pointer[1..]).is_some() || pointer == "/nickname";
    let errors = errors.into_iter().filter(|(pointer, _)| known(pointer));
    let errors: Vec<_> = errors
        .map(|(pointer, problem)| FieldError {
            pointer: pointer.into(),
            problem,
        })
        .collect();
    form_page(&FormPage {
        form,
        key: "k",
        typed: &typed,
        errors: &errors,
        notice: None,
    })
}

fn view(state: TicketState, form: &Form) -> View {
    View {
        ticket: TICKET.into(),
        form: form.id.clone(),
        state,
        seq: 1,
        submitted_at: Timestamp::from_millis(1_795_385_651_000),
        updated_at: Timestamp::from_millis(1_795_385_652_000),
        is_final: state.is_final(),
        retry_after: (!state.is_final()).then_some(60),
        reason: (state == TicketState::Failed).then(|| Reason {
            code: "gave-up".into(),
            outlook: Outlook::MayBeRetried,
        }),
        seen: Seen::default(),
    }
}
