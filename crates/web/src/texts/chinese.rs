//! The texts in Chinese.

use counterfoil_core::Format;
use counterfoil_core::rejection::{FieldProblem, JsonType};
use counterfoil_core::status::{Outlook, TicketState};

use super::{Refusal, StateText, Texts, state};

pub(super) static CHINESE: Texts = Texts {
    filled_in: "表单尚未提交。请核对已填写的内容，然后提交。",
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
    seen_on: "已查看：",
    answered_on: "已答复：",
    ticket: "您的回执",
    keep_ticket: "请保存：它证明我们已经接受了您的提交。本页的网址中也包含它。持有它的人只能查看处理状态，看不到提交的内容。",
    copy: "复制网址",
    copied: "已复制",
    print: "打印",
    look_now: "立即查看",
    back: "返回表单",
    all_forms: "查看全部表单",
    forms: "表单",
    no_forms: "这里还没有表单。请添加文件 forms/<名称>.toml。",
    looks_again: |seconds| format!("本页将在 {seconds} 秒后自动刷新。"),
    hint: |format| format.record().hint.map(|hint| hint.chinese),
    problem,
    refusal,
    sending: "正在提交……",
    sent: "谢谢，我们已经收到。",
    not_sent: "尚未提交：请修改标出的内容。",
    no_answer_yet: "未能提交，填写的内容都还在。请再试一次。",
    your_ticket: "查看处理结果",
    reason: |reason| {
        let outlook = match reason.outlook {
            Outlook::MayBeRetried => "暂时未能处理。内容已保存，运营者可以看到并会重试。",
            Outlook::Kept => "未能处理。内容已保存，运营者可以看到。",
        };
        format!("{outlook}（原因代码：{}）", reason.code)
    },
    state: state_text,
};

fn problem(problem: &FieldProblem) -> String {
    match problem {
        FieldProblem::Required => "此栏为必填项。".into(),
        FieldProblem::Unexpected => "此表单没有这一栏。".into(),
        FieldProblem::Type(wanted) => {
            let words: Vec<_> = wanted.iter().map(|one| json_type(*one)).collect();
            format!("此栏应为{}。", words.join("或"))
        }
        FieldProblem::Format(format) => format_text(*format),
        FieldProblem::MinLength(1) => "此栏不能为空。".into(),
        FieldProblem::MinLength(limit) => format!("至少需要 {limit} 个字符。"),
        FieldProblem::MaxLength(limit) => format!("最多 {limit} 个字符。"),
        FieldProblem::Minimum(limit) => format!("不能小于 {limit}。"),
        FieldProblem::Maximum(limit) => format!("不能大于 {limit}。"),
        FieldProblem::ExclusiveMinimum(limit) => format!("必须大于 {limit}。"),
        FieldProblem::ExclusiveMaximum(limit) => format!("必须小于 {limit}。"),
        FieldProblem::MultipleOf(step) => format!("必须是 {step} 的倍数。"),
        FieldProblem::MinItems(limit) => format!("至少选择或填写 {limit} 项。"),
        FieldProblem::MaxItems(limit) => format!("最多选择或填写 {limit} 项。"),
        FieldProblem::UniqueItems => "不能有重复的项。".into(),
        FieldProblem::NotTicked => "此项必须勾选。".into(),
        FieldProblem::Constant(value) => format!("此栏必须为 {value}。"),
        FieldProblem::Choice => "这不是可选的选项。".into(),
        FieldProblem::Pattern => "内容不符合要求的格式。".into(),
        FieldProblem::InexactNumber => "数字的位数过多，无法精确保存。".into(),
        FieldProblem::LoneSurrogate => "包含不完整的字符（孤立的代理项），无法保存。".into(),
        FieldProblem::NoList => "此项只能填写一个值，却收到了多个。".into(),
        FieldProblem::NulCharacter => "包含无法保存的字符 U+0000。".into(),
        FieldProblem::Rule(keyword) => format!("不符合表单的规则“{keyword}”。"),
    }
}

fn format_text(format: Format) -> String {
    let by_its_name = || format!("格式不正确（{}）。", format.as_str());
    format
        .record()
        .wrong
        .map_or_else(by_its_name, |wrong| wrong.chinese.to_owned())
}

const fn json_type(wanted: JsonType) -> &'static str {
    match wanted {
        JsonType::Text => "文本",
        JsonType::Integer => "整数",
        JsonType::Number => "数字",
        JsonType::Boolean => "“是”或“否”",
        JsonType::List => "列表",
        JsonType::Object => "对象",
        JsonType::Null => "空值",
    }
}

/// By the names of `docs/problems/`.
fn refusal(name: &str) -> Option<Refusal> {
    let (title, detail) = match name {
        "malformed" => (
            "无法读取所发送的内容",
            "发送的内容无法读取，尚未提交。请检查后重新提交。",
        ),
        "bad-idempotency-key" => (
            "提交标识有误",
            "此页面的提交标识无效，尚未提交。请重新提交。",
        ),
        "origin-not-allowed" => (
            "不接受来自此网站的提交",
            "此表单只接受来自特定网站的提交，当前网站不在其中。",
        ),
        "unknown-form" => ("没有这个表单", "此网址没有表单，没有提交任何内容。"),
        "form-closed" => (
            "此表单已关闭",
            "此表单目前不接受提交，没有提交任何内容。已有的回执仍然有效。",
        ),
        "too-large" => (
            "提交的内容过大",
            "内容超过了可接受的大小，尚未提交。请缩短后重新提交。",
        ),
        "unsupported-media-type" => (
            "不接受此类内容",
            "不接受文件或此种编码的内容，尚未提交。请去掉文件后重新提交。",
        ),
        "invalid-fields" => ("有些内容需要修改", "有些内容需要修改，尚未提交。"),
        "request-timeout" => ("请求超时", "请求没有及时到达，尚未提交。请重新提交。"),
        "too-many-requests" => ("请求过多", "提交过于频繁，尚未提交。请稍后再试。"),
        "unavailable" => (
            "暂时不可用",
            "暂时无法接受提交。请稍后用同一页面重新提交，不会重复。",
        ),
        _ => return None,
    };
    Some(Refusal { title, detail })
}

fn state_text(of: TicketState) -> StateText {
    match of {
        TicketState::Queued => state("已接受", "您的提交已安全收到", "我们已经接受，正在处理。"),
        TicketState::Delayed => state(
            "已接受",
            "您的提交已安全收到",
            "处理时间比平时长。内容没有丢失，您无需重新提交。",
        ),
        TicketState::Stored => state("已保存", "您的提交已送达", "已处理并保存。"),
        TicketState::Failed => state(
            "未能处理",
            "您的提交未能处理",
            "内容已保存，运营者可以看到。除非收到通知，您无需重新提交；如有疑问，请凭回执联系表单的负责人。",
        ),
        TicketState::Held => state(
            "待审核",
            "您的提交正在等待人工查看",
            "我们已经收到。有人查看后才会继续，您无需做任何事。",
        ),
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
