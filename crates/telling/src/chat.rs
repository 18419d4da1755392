//! What chats are sent: a text each, escaped for where it goes, so that nobody who fills in a form can mention people,
//! make links look like others, or write in the owner's name.

use serde_json::{Value, json};

use crate::letter::Telling;
use crate::receivers::web::{ChatReceiver, TemplateReceiver};
use crate::template::Name;

/// A request's body, with its content type and what goes into `Authorization`.
pub(crate) struct Message {
    pub(crate) body: String,
    pub(crate) content_type: String,
    pub(crate) authorization: Option<String>,
}

/// The most characters of a text: the least that any of the four takes is Discord's 2000, and each may become two.
const MOST: usize = 900;

pub(crate) fn message(telling: &Telling<'_>, chat: &ChatReceiver) -> Message {
    let text = short(&telling.text());
    let json = |body: Value| Message {
        body: body.to_string(),
        content_type: "application/json".into(),
        authorization: None,
    };
    match chat {
        ChatReceiver::Slack => json(json!({
            "text": slack(&text), "unfurl_links": false, "unfurl_media": false,
        })),
        // 4: no previews of links.
        ChatReceiver::Discord => json(json!({
            "content": discord(&text), "allowed_mentions": { "parse": [] }, "flags": 4,
        })),
        // Without `parse_mode` Telegram takes it as it is.
        ChatReceiver::Telegram { chat } => json(json!({
            "chat_id": chat, "text": text, "link_preview_options": { "is_disabled": true },
        })),
        ChatReceiver::Ntfy { token } => Message {
            body: text,
            content_type: "text/plain; charset=utf-8".into(),
            authorization: token
                .as_ref()
                .map(|token| format!("Bearer {}", token.reveal())),
        },
    }
}

/// What the owner's template makes of it.
pub(crate) fn templated(telling: &Telling<'_>, receiver: &TemplateReceiver) -> Message {
    let name = |name| match name {
        Name::Text => short(&telling.text()),
        Name::Title => telling.title(),
        Name::Form => telling.news.of().form.to_string(),
        Name::Id => telling.news.of().id.to_string(),
        Name::State => telling.news.state().to_owned(),
        Name::Seq => telling.news.seq().to_string(),
        Name::Time => telling.news.at().to_string(),
    };
    let field = |name: &str| {
        let value = telling.fields.as_ref().and_then(|fields| fields.get(name));
        value.map(crate::letter::shown).unwrap_or_default()
    };
    Message {
        body: receiver.body.fill(&name, &field),
        content_type: receiver.body.content_type().to_owned(),
        authorization: receiver
            .authorization
            .as_ref()
            .map(|it| it.reveal().to_owned()),
    }
}

fn short(text: &str) -> String {
    match text.char_indices().nth(MOST) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

fn slack(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn discord(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for character in text.chars() {
        if "\\*_~`|>#-[]()<@:".contains(character) {
            out.push('\\');
        }
        out.push(character);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn submitted_text_is_text_in_every_chat() {
        let hostile = "<!channel> <http://e.example|bank> & @everyone **b** [x](http://e)";
        assert_eq!(
            slack(hostile),
            "&lt;!channel&gt; &lt;http://e.example|bank&gt; &amp; @everyone **b** [x](http://e)"
        );
        // Without what stands behind a backslash, no mark is left.
        let escaped = discord(hostile);
        let unmarked: Vec<_> = escaped
            .split('\\')
            .enumerate()
            .map(|(nth, part)| &part[usize::from(nth > 0)..])
            .collect();
        assert!(
            !unmarked.concat().contains(['*', '[', '<', '@', '|', ':']),
            "{escaped}"
        );
    }
}
