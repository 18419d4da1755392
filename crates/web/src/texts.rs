//! Every text of ours that a person may read, one constant per language. A form's own words are its own.

use counterfoil_core::rejection::FieldProblem;
use counterfoil_core::status::{Reason, TicketState};

/// The texts of one language.
pub(crate) struct Texts {
    /// Before the window's title of a refused form.
    pub error_prefix: &'static str,
    /// Above the list of what is wrong.
    pub problems_title: &'static str,
    /// Below it.
    pub nothing_lost: &'static str,
    /// Between a name and what is said of it.
    pub colon: &'static str,
    /// After the label of a field that may stay empty.
    pub optional: &'static str,
    /// The choice that is none, in a list.
    pub choose: &'static str,
    /// The choice that is none, among radio buttons.
    pub no_answer: &'static str,
    /// The label of the field that people do not see.
    pub leave_empty: &'static str,
    /// Above what was posted and no control can show.
    pub leftovers: &'static str,
    /// The button.
    pub send: &'static str,
    /// Beside the button.
    pub promise: &'static str,
    /// When it was submitted.
    pub submitted: &'static str,
    /// Above the ticket.
    pub ticket: &'static str,
    /// What it is good for.
    pub keep_ticket: &'static str,
    /// The link to look again at once.
    pub look_now: &'static str,
    /// The link to the form.
    pub back: &'static str,
    /// Above the list of forms.
    pub forms: &'static str,
    /// Instead of it.
    pub no_forms: &'static str,
    /// How often the page looks again.
    pub looks_again: fn(u32) -> String,
    /// How to write a value of a format that has no control of its own.
    pub example: fn(&str) -> Option<&'static str>,
    /// What is wrong with a field.
    pub problem: fn(&FieldProblem) -> String,
    /// Why it failed.
    pub reason: fn(&Reason) -> String,
    /// What became of it.
    pub state: fn(TicketState) -> StateText,
}

/// What is said of a state.
pub(crate) struct StateText {
    /// One or two words.
    pub stamp: &'static str,
    /// The heading.
    pub title: &'static str,
    /// What it means for the reader.
    pub detail: &'static str,
}

impl Texts {
    /// The texts for a BCP 47 tag: Chinese for `zh` and all its kin, English for every other.
    pub fn of(language: &str) -> &'static Self {
        let primary = language.split('-').next().unwrap_or_default();
        if primary.eq_ignore_ascii_case("zh") { &CHINESE } else { &ENGLISH }
    }
}

const fn state(stamp: &'static str, title: &'static str, detail: &'static str) -> StateText {
    StateText { stamp, title, detail }
}

static ENGLISH: Texts = Texts {
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
    ticket: "Your ticket",
    keep_ticket: "Keep this: it proves that we accepted your submission. The address of this page holds it too. \
                  Whoever has it can see what became of the submission, and nothing else.",
    look_now: "Look now",
    back: "Back to the form",
    forms: "Forms",
    no_forms: "There are no forms here yet. Add one as a file, forms/<name>.toml.",
    looks_again: |seconds| match seconds {
        1 => "This page looks again in a second.".into(),
        _ => format!("This page looks again in {seconds} seconds."),
    },
    example: |format| match format {
        "time" => Some("With seconds and offset from UTC, such as 14:30:00Z or 14:30:00+02:00."),
        "date-time" => Some("With offset from UTC, such as 2026-11-22T14:30:00Z."),
        _ => None,
    },
    problem: FieldProblem::detail,
    reason: |reason| format!("{} (Code: {})", reason.detail, reason.code),
    state: english_state,
};

fn english_state(of: TicketState) -> StateText {
    match of {
        TicketState::Queued => {
            state("Accepted", "Your submission is safe", "We have accepted it, and it is being processed.")
        }
        TicketState::Delayed => state(
            "Accepted",
            "Your submission is safe",
            "Processing takes longer than usual. Nothing is lost, and you need not send it again.",
        ),
        TicketState::Stored => state("Stored", "Your submission has arrived", "It has been processed and stored."),
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
        TicketState::Erased => {
            state("Erased", "Your submission was erased", "What was submitted has been removed for good.")
        }
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

static CHINESE: Texts = Texts {
    error_prefix: "错误：",
    problems_title: "表单尚未提交",
    nothing_lost: "您填写的内容都还在下面。",
    colon: "：",
    optional: "（选填）",
    choose: "请选择…",
    no_answer: "不回答",
    leave_empty: "请将此栏留空",
    leftovers: "还收到了以下内容，但此表单没有对应的栏目，不会随表单提交。如有需要，请自行复制。",
    send: "提交",
    promise: "提交后您会得到一张回执，证明我们已经收到。",
    submitted: "提交时间",
    ticket: "您的回执",
    keep_ticket: "请保存：它证明我们已经接受了您的提交。本页的网址中也包含它。持有它的人只能查看处理状态，看不到提交的内容。",
    look_now: "立即查看",
    back: "返回表单",
    forms: "表单",
    no_forms: "这里还没有表单。请添加文件 forms/<名称>.toml。",
    looks_again: |seconds| format!("本页将在 {seconds} 秒后自动刷新。"),
    example: |format| match format {
        "time" => Some("请包含秒和时区，例如 14:30:00+08:00。"),
        "date-time" => Some("请包含时区，例如 2026-11-22T14:30:00+08:00。"),
        _ => None,
    },
    problem: chinese_problem,
    reason: |reason| format!("原因代码：{}", reason.code),
    state: chinese_state,
};

fn chinese_problem(problem: &FieldProblem) -> String {
    match problem {
        FieldProblem::Required => "此栏为必填项。".into(),
        FieldProblem::Unexpected => "此表单没有这一栏。".into(),
        FieldProblem::Type(wanted) => format!("此栏应为{}。", chinese_types(wanted)),
        FieldProblem::Format(format) => chinese_format(format),
        FieldProblem::MinLength(1) => "此栏不能为空。".into(),
        FieldProblem::MinLength(limit) => format!("至少需要 {limit} 个字符。"),
        FieldProblem::MaxLength(limit) => format!("最多 {limit} 个字符。"),
        FieldProblem::Minimum(limit) => format!("不能小于 {limit}。"),
        FieldProblem::Maximum(limit) => format!("不能大于 {limit}。"),
        FieldProblem::Choice => "这不是可选的选项。".into(),
        FieldProblem::Pattern => "内容不符合要求的格式。".into(),
        FieldProblem::InexactNumber => "数字的位数过多，无法精确保存。".into(),
        FieldProblem::NulCharacter => "包含无法保存的字符 U+0000。".into(),
        FieldProblem::Rule(keyword) => format!("不符合表单的规则“{keyword}”。"),
    }
}

fn chinese_format(format: &str) -> String {
    match format {
        "email" => "这不是有效的电子邮件地址，例如 name@example.org。".into(),
        "uri" => "这不是有效的网址，例如 https://example.org/page。".into(),
        "date" => "这不是有效的日期，例如 2026-11-22。".into(),
        "time" => "这不是有效的时间，例如 14:30:00+08:00。".into(),
        "date-time" => "这不是有效的日期和时间，例如 2026-11-22T14:30:00+08:00。".into(),
        other => format!("格式不正确（{other}）。"),
    }
}

/// The words are core's; one it adds later is shown as it is.
fn chinese_types(wanted: &str) -> String {
    let one = |word| match word {
        "text" => "文本",
        "a whole number" => "整数",
        "a number" => "数字",
        "true or false" => "“是”或“否”",
        "a list" => "列表",
        "an object" => "对象",
        "null" => "空值",
        other => other,
    };
    // "true or false" is one word of core's, and has its "or" inside.
    let parts = wanted.replace("true or false", "true/false");
    let words: Vec<&str> =
        parts.split(" or ").map(|w| one(if w == "true/false" { "true or false" } else { w })).collect();
    words.join("或")
}

fn chinese_state(of: TicketState) -> StateText {
    match of {
        TicketState::Queued => state("已接受", "您的提交已安全收到", "我们已经接受，正在处理。"),
        TicketState::Delayed => {
            state("已接受", "您的提交已安全收到", "处理时间比平时长。内容没有丢失，您无需重新提交。")
        }
        TicketState::Stored => state("已保存", "您的提交已送达", "已处理并保存。"),
        TicketState::Failed => state(
            "未能处理",
            "您的提交未能处理",
            "内容已保存，运营者可以看到。除非收到通知，您无需重新提交；如有疑问，请凭回执联系表单的负责人。",
        ),
        TicketState::Held => {
            state("待审核", "您的提交正在等待人工查看", "我们已经收到。有人查看后才会继续，您无需做任何事。")
        }
        TicketState::Conflict => state(
            "有冲突",
            "另一个版本已先保存",
            "同一表单以不同内容提交了两次，以另一个版本为准。本次内容已另行保存，表单的负责人可以看到。如需替换，请重新提交。",
        ),
        TicketState::Erased => state("已删除", "您的提交已被删除", "提交的内容已永久删除。"),
        TicketState::Expired => state("已过期", "您的提交已不再保存", "此表单的保存期限已过。"),
        TicketState::Unresolved => state(
            "未知",
            "我们不清楚您的提交的结果",
            "我们已接受您的提交，但没有后续记录；运营者已收到警报。请重新提交，或凭此回执联系表单的负责人。",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(language: &str, send: &str) {
        assert_eq!(Texts::of(language).send, send, "{language}");
    }

    #[test]
    fn the_language_is_found_by_its_first_part() {
        for chinese in ["zh", "zh-CN", "ZH-Hant-TW"] {
            check(chinese, "提交");
        }
        for other in ["en", "en-GB", "fr", "zha", ""] {
            check(other, "Send");
        }
    }

    #[test]
    fn core_s_words_for_types_have_chinese_ones() {
        assert_eq!(chinese_types("a whole number"), "整数");
        assert_eq!(chinese_types("a number or null"), "数字或空值");
        assert_eq!(chinese_types("text or true or false"), "文本或“是”或“否”");
    }
}
