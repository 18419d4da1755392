//! One field as HTML: label, hint, errors, control. What was typed is always shown again.

use maud::{Markup, html};

use crate::field::{Choice, Control, Field, Line, LineKind, is_ticked};
use crate::texts::Texts;
use crate::typed::Typed;

/// A field with what it shows.
pub(crate) struct Shown<'a> {
    /// The field.
    pub field: &'a Field<'a>,
    /// What was typed.
    pub typed: Typed<'a>,
    /// What is wrong, in words.
    pub problems: Vec<String>,
    /// The page's language.
    pub texts: &'a Texts,
}

impl Shown<'_> {
    /// The field as HTML.
    pub fn render(&self) -> Markup {
        let class = if self.problems.is_empty() {
            "field"
        } else {
            "field wrong"
        };
        match &self.field.control {
            Control::Tick => html! { div class=(class) { (self.tick()) (self.help()) } },
            Control::Line(line) => {
                html! { div class=(class) { (self.label()) (self.help()) (self.line(line)) } }
            }
            Control::Area => {
                html! { div class=(class) { (self.label()) (self.help()) (self.area()) } }
            }
            Control::Select(choices) => {
                html! { div class=(class) { (self.label()) (self.help()) (self.select(choices)) } }
            }
            Control::Radios(choices) => {
                self.group(class, Some("radiogroup"), &self.radios(choices))
            }
            Control::Ticks(choices) => self.group(class, None, &self.ticks(choices)),
            Control::Lines(count) => self.group(class, None, &self.lines(*count)),
        }
    }

    fn label(&self) -> Markup {
        html! { label for=(self.field.id()) { (self.name()) } }
    }

    fn name(&self) -> Markup {
        html! {
            (self.field.label)
            @if !self.field.required { span.optional { (self.texts.optional) } }
        }
    }

    fn hint(&self) -> Option<&str> {
        let hint = || {
            self.field
                .line()
                .and_then(|line| (self.texts.hint)(line.format?))
        };
        self.field.hint.or_else(hint)
    }

    fn help(&self) -> Markup {
        html! {
            @if let Some(hint) = self.hint() { p.hint id=(self.field.hint_id()) { (hint) } }
            @if !self.problems.is_empty() {
                div.error id=(self.field.error_id()) { @for problem in &self.problems { p { (problem) } } }
            }
        }
    }

    fn described_by(&self) -> Option<String> {
        let hint = self.hint().map(|_| self.field.hint_id());
        let error = self.invalid().map(|_| self.field.error_id());
        let ids: Vec<String> = hint.into_iter().chain(error).collect();
        (!ids.is_empty()).then(|| ids.join(" "))
    }

    fn invalid(&self) -> Option<&'static str> {
        (!self.problems.is_empty()).then_some("true")
    }

    fn must(&self) -> Option<&'static str> {
        self.field.required.then_some("true")
    }

    fn line(&self, line: &Line) -> Markup {
        let text = self.typed.first(self.field.name);
        // A browser strips line breaks from `<input>`.
        if text.contains(['\n', '\r']) {
            return self.area();
        }
        html! {
            input type=(input_type(line.kind, text)) id=(self.field.id()) name=(self.field.name) value=(text)
                inputmode=[input_mode(line.kind)] maxlength=[line.max] autocomplete=[self.field.autocomplete()]
                required[self.field.required] aria-required=[self.must()]
                aria-invalid=[self.invalid()] aria-describedby=[self.described_by()] dir=[text_direction(line.kind)];
        }
    }

    /// No `maxlength` here: it would cut what is pasted without a word. The server says what is too long, and
    /// all of it is still there to shorten.
    fn area(&self) -> Markup {
        html! {
            textarea id=(self.field.id()) name=(self.field.name) rows="6" dir="auto"
                autocomplete=[self.field.autocomplete()] required[self.field.required]
                aria-required=[self.must()] aria-invalid=[self.invalid()]
                aria-describedby=[self.described_by()] {
                // A browser drops the first line break, so that one is ours.
                "\n" (self.typed.first(self.field.name))
            }
        }
    }

    fn tick(&self) -> Markup {
        let ticked = is_ticked(self.typed.first(self.field.name));
        html! {
            div.choice {
                input type="checkbox" id=(self.field.id()) name=(self.field.name) value="true" checked[ticked]
                    required[self.field.required] aria-required=[self.must()]
                    aria-invalid=[self.invalid()] aria-describedby=[self.described_by()];
                (self.label())
            }
        }
    }

    fn select(&self, choices: &[Choice<'_>]) -> Markup {
        let text = self.typed.first(self.field.name);
        html! {
            select id=(self.field.id()) name=(self.field.name) autocomplete=[self.field.autocomplete()]
                required[self.field.required] aria-required=[self.must()]
                aria-invalid=[self.invalid()] aria-describedby=[self.described_by()] {
                option value="" { (self.texts.choose) }
                @for choice in choices {
                    option value=(choice.value) selected[choice.value == text] { (choice.shown()) }
                }
            }
        }
    }

    /// A group is announced by its legend; its id is on the first control, where a link is to lead.
    fn group(&self, class: &str, role: Option<&str>, inner: &Markup) -> Markup {
        let (must, invalid) = role.map_or((None, None), |_| (self.must(), self.invalid()));
        html! {
            fieldset class=(class) role=[role] aria-required=[must] aria-invalid=[invalid]
                aria-describedby=[self.described_by()] {
                legend { (self.name()) }
                (self.help())
                (inner)
            }
        }
    }

    /// Where an answer is not required, "no answer" is a choice: a radio button cannot be taken back.
    fn radios(&self, choices: &[Choice<'_>]) -> Markup {
        let text = self.typed.first(self.field.name);
        let chosen = choices.iter().any(|choice| choice.value == text);
        html! {
            @for (choice, nth) in choices.iter().zip(1..) {
                (self.offer(nth, &Offer::new(choice, "radio", choice.value == text)))
            }
            @if !self.field.required {
                (self.offer(choices.len() + 1, &Offer {
                    kind: "radio", value: "", label: self.texts.no_answer, checked: !chosen,
                }))
            }
        }
    }

    fn ticks(&self, choices: &[Choice<'_>]) -> Markup {
        html! {
            @for (choice, nth) in choices.iter().zip(1..) {
                @let ticked = self.typed.all(self.field.name).any(|text| text == choice.value);
                (self.offer(nth, &Offer::new(choice, "checkbox", ticked)))
            }
        }
    }

    fn offer(&self, nth: usize, offer: &Offer<'_>) -> Markup {
        let radio = offer.kind == "radio";
        html! {
            div.choice {
                input type=(offer.kind) id=(self.nth_id(nth)) name=(self.field.name) value=(offer.value)
                    checked[offer.checked] required[radio && self.field.required]
                    aria-invalid=[self.invalid().filter(|_| !radio)];
                label for=(self.nth_id(nth)) { (offer.label) }
            }
        }
    }

    /// Lines of one name are a list; the server skips the empty ones.
    fn lines(&self, count: usize) -> Markup {
        let typed: Vec<&str> = self.typed.all(self.field.name).collect();
        html! {
            @for at in 0..count.max(typed.len()) {
                @let label = format!("{} {}", self.field.label, at + 1);
                @let text = typed.get(at).copied().unwrap_or_default();
                @if text.contains(['\n', '\r']) {
                    textarea id=(self.nth_id(at + 1)) name=(self.field.name) rows="3" dir="auto" aria-label=(label)
                        aria-invalid=[self.invalid()] { "\n" (text) }
                } @else {
                    input type="text" id=(self.nth_id(at + 1)) name=(self.field.name) value=(text) dir="auto"
                        aria-label=(label) aria-invalid=[self.invalid()];
                }
            }
        }
    }

    /// The first has the field's own id. No field's id ends in `.2`: see `slug`.
    fn nth_id(&self, nth: usize) -> String {
        if nth == 1 {
            self.field.id()
        } else {
            format!("{}.{nth}", self.field.id())
        }
    }
}

/// One button or box of a group.
struct Offer<'a> {
    kind: &'a str,
    value: &'a str,
    label: &'a str,
    checked: bool,
}

impl<'a> Offer<'a> {
    fn new(choice: &'a Choice<'_>, kind: &'a str, checked: bool) -> Self {
        Self {
            kind,
            value: &choice.value,
            label: choice.shown(),
            checked,
        }
    }
}

impl Choice<'_> {
    fn shown(&self) -> &str {
        self.label.unwrap_or(&self.value)
    }
}

/// A number is asked for as text: `type=number` shows nothing for what is no number, and it would be lost.
fn input_type(kind: LineKind, text: &str) -> &'static str {
    match kind {
        LineKind::Text | LineKind::Digits | LineKind::Decimal => "text",
        LineKind::Email => "email",
        LineKind::Url => "url",
        LineKind::Tel => "tel",
        // Nor does a date control show what is no date.
        LineKind::Date => shown_or_text("date", text, is_date),
        LineKind::Time => shown_or_text("time", text, is_time),
        LineKind::DateTime => shown_or_text("datetime-local", text, |text| {
            text.split_once('T')
                .is_some_and(|(date, time)| is_date(date) && is_time(time))
        }),
    }
}

fn shown_or_text(
    control: &'static str,
    text: &str,
    can_show: impl Fn(&str) -> bool,
) -> &'static str {
    if text.is_empty() || can_show(text) {
        control
    } else {
        "text"
    }
}

/// Text goes as its first letters do. Addresses and numbers go from left to right everywhere.
fn text_direction(kind: LineKind) -> Option<&'static str> {
    match kind {
        LineKind::Text => Some("auto"),
        LineKind::Email | LineKind::Url | LineKind::Tel | LineKind::Digits | LineKind::Decimal => {
            Some("ltr")
        }
        LineKind::Date | LineKind::Time | LineKind::DateTime => None,
    }
}

fn input_mode(kind: LineKind) -> Option<&'static str> {
    match kind {
        LineKind::Digits => Some("numeric"),
        LineKind::Decimal => Some("decimal"),
        LineKind::Text
        | LineKind::Email
        | LineKind::Url
        | LineKind::Tel
        | LineKind::Date
        | LineKind::Time
        | LineKind::DateTime => None,
    }
}

/// Would a browser's date control show it? A leap day is not trusted: text never loses it.
fn is_date(text: &str) -> bool {
    let Some((year, (month, day))) = text
        .split_once('-')
        .and_then(|(y, rest)| Some((y, rest.split_once('-')?)))
    else {
        return false;
    };
    let digits = |part: &str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
    let last = match month {
        "02" => "28",
        "04" | "06" | "09" | "11" => "30",
        "01" | "03" | "05" | "07" | "08" | "10" | "12" => "31",
        _ => return false,
    };
    // Two digits each, so text compares as numbers do.
    digits(year, 4) && year != "0000" && digits(day, 2) && ("01"..=last).contains(&day)
}

/// Would a browser's time control show it?
fn is_time(text: &str) -> bool {
    let (hour, rest) = text.split_once(':').unwrap_or_default();
    let part = |part: &str, last| {
        part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) && part <= last
    };
    part(hour, "23") && rest.split(':').count() <= 2 && rest.split(':').all(|rest| part(rest, "59"))
}
