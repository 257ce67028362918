//! Words for people, from templates: ours, or those of who runs this collector.
//!
//! A template is text of the configuration, never stored text; what an endpoint or a person wrote only ever comes in as a
//! value. HTML escapes by itself, nothing includes anything, and a template that loops for ever runs out of fuel.

use dogwatch_model::text::is_unfit;
use jiff::Timestamp;
use minijinja::{Environment, UndefinedBehavior, context};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Message, Subject};

/// Steps of one template: our longest, with twenty items, takes a twentieth of it.
const FUEL: u64 = 50_000;

/// The longest text that comes out: what people read on a phone ends long before.
const MAX_BYTES: usize = 64 * 1024;

const SUBJECT: &str = "{{ headline }}";

const TEXT: &str = "\
{{ headline }}
{% for item in items %}
{{ item.number }}  {{ item.priority }}  {{ item.title }}
    {{ item.reason }}
    {% if item.endpoint %}{{ item.endpoint }} · {% endif %}site {{ item.site }} · team {{ item.owner }} ({{ item.side }}){% if item.holder %} · with {{ item.holder }}{% endif %}
    {{ item.at }}{% if item.resolution %} · {{ item.resolution }}{% endif %}
{% endfor %}
{%- if more %}
and {{ more }} more: dogwatch queue
{% endif %}
{%- if first %}
dogwatch alert show {{ first }}
{% endif %}";

const HTML: &str = "\
<!doctype html><html><body style=\"font-family:sans-serif\"><p><b>{{ headline }}</b></p>
{% if items %}<table cellpadding=\"4\">{% for item in items %}<tr><td>{{ item.number }}</td><td>{{ item.priority }}</td>\
<td><b>{{ item.title }}</b><br>{{ item.reason }}<br>{% if item.endpoint %}{{ item.endpoint }} · {% endif %}site {{ item.site }} · team {{ item.owner }} ({{ item.side }})\
{% if item.holder %} · with {{ item.holder }}{% endif %}<br>{{ item.at }}{% if item.resolution %} · {{ item.resolution }}{% endif %}</td></tr>
{% endfor %}</table>{% endif %}
{% if more %}<p>and {{ more }} more: <code>dogwatch queue</code></p>{% endif %}
{% if first %}<p><code>dogwatch alert show {{ first }}</code></p>{% endif %}
</body></html>";

const CHAT: &str = "\
{% for item in items %}{{ item.number }} {{ item.priority }} {{ item.title }}
{{ item.reason }} · {% if item.endpoint %}{{ item.endpoint }} · {% endif %}team {{ item.owner }} ({{ item.side }})
{% endfor %}{% if more %}and {{ more }} more: dogwatch queue{% endif %}";

/// The templates that stand in place of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Templates {
    /// A mail's subject.
    pub mail_subject: Option<String>,
    /// A mail as plain text.
    pub mail_text: Option<String>,
    /// A mail as HTML.
    pub mail_html: Option<String>,
    /// A chat's text.
    pub chat_text: Option<String>,
}

/// What can be written.
#[derive(Debug, Clone, Copy)]
pub(super) enum Text {
    MailSubject,
    MailPlain,
    MailHtml,
    Chat,
}

impl Text {
    /// Its name tells whether it escapes.
    const fn name(self) -> &'static str {
        match self {
            Self::MailSubject => "mail_subject",
            Self::MailPlain => "mail_text",
            Self::MailHtml => "mail_html.html",
            Self::Chat => "chat_text",
        }
    }
}

impl Templates {
    fn source(&self, text: Text) -> (&str, bool) {
        let (own, ours) = match text {
            Text::MailSubject => (&self.mail_subject, SUBJECT),
            Text::MailPlain => (&self.mail_text, TEXT),
            Text::MailHtml => (&self.mail_html, HTML),
            Text::Chat => (&self.chat_text, CHAT),
        };
        (own.as_deref().unwrap_or(ours), own.is_some())
    }

    /// Writes a text. A template of the configuration that fails gives way to ours: people are told in any case.
    pub(super) fn write(&self, text: Text, message: &Message) -> String {
        let (source, own) = self.source(text);
        match render(text, source, message) {
            Ok(written) => written,
            Err(error) if own => {
                tracing::warn!(template = text.name(), error, "template failed; the shipped one is used");
                Self::default().write(text, message)
            }
            Err(error) => {
                tracing::error!(template = text.name(), error, "shipped template failed");
                message.headline()
            }
        }
    }

    /// Tries each template on a message with everything in it.
    pub(super) fn check(&self) -> Result<(), String> {
        let specimen = specimen();
        for text in [Text::MailSubject, Text::MailPlain, Text::MailHtml, Text::Chat] {
            let (source, _) = self.source(text);
            render(text, source, &specimen)
                .map_err(|why| format!("`{}`: {why}", text.name().trim_end_matches(".html")))?;
        }
        Ok(())
    }
}

fn render(text: Text, source: &str, message: &Message) -> Result<String, String> {
    let mut environment = Environment::empty();
    environment.set_fuel(Some(FUEL));
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.add_filter("upper", |text: String| text.to_uppercase());
    environment.add_filter("lower", |text: String| text.to_lowercase());
    environment.add_filter("length", |items: Vec<minijinja::Value>| items.len());
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => minijinja::AutoEscape::Html,
        false => minijinja::AutoEscape::None,
    });
    let (items, more) = match &message.subject {
        Subject::Items { lines, more, .. } => (lines.as_slice(), *more),
        Subject::Summary { .. } => (&[][..], 0),
    };
    let org = match &message.subject {
        Subject::Items { org_name, .. } => plain(org_name),
        Subject::Summary { .. } => String::new(),
    };
    let items: Vec<_> = items
        .iter()
        .map(|line| {
            context! {
                number => line.number.to_string(),
                priority => line.priority.as_str(),
                severity => line.severity.as_str(),
                title => plain(&line.title),
                reason => line.reason.in_words(),
                endpoint => plain(&line.endpoint),
                site => line.site.clone(),
                rule => line.rule.clone(),
                category => line.category.clone(),
                owner => line.owner.as_str(),
                side => line.side.as_str(),
                holder => line.holder.as_deref().map(plain),
                resolution => line.resolution.as_deref().map(plain),
                at => at(line.at),
            }
        })
        .collect();
    let first = match &message.subject {
        Subject::Items { lines, .. } => lines.first().map(|line| line.number.0),
        Subject::Summary { .. } => None,
    };
    let values = context! { headline => plain(&message.headline()), org, items, more, first };
    let written = environment.render_named_str(text.name(), source, values).map_err(|error| fault(&error))?;
    if written.len() > MAX_BYTES {
        return Err(format!("it writes {} bytes, over the limit of {MAX_BYTES}", written.len()));
    }
    Ok(written)
}

/// What is wrong with a template, and at which of its lines; nothing of its text.
fn fault(error: &minijinja::Error) -> String {
    let line = error.line().map(|line| format!(" (its line {line})")).unwrap_or_default();
    format!("{}{line}", error.kind())
}

/// One line, whatever somebody wrote: no control character, no change of direction, nothing that cannot be seen.
pub(super) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).filter(|c| !is_unfit(*c)).collect()
}

fn at(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A message with every field filled, for trying templates on.
pub(super) fn specimen() -> Message {
    use dogwatch_model::{OrgId, Side, TeamId};
    use dogwatch_triage::{
        alert::{AlertNumber, Condition, Priority, Work},
        finding::Severity,
        notice::{Reason, Via},
    };
    let ids = (OrgId::new("specimen"), TeamId::new("specimen"));
    let (Ok(org), Ok(owner)) = ids else { unreachable!("the word is a slug") };
    let line = super::Line {
        number: AlertNumber(1),
        reason: Reason::Opened,
        at: Timestamp::UNIX_EPOCH,
        priority: Priority::P1,
        severity: Severity::Critical,
        title: "a title".to_owned(),
        endpoint: "srv-01".to_owned(),
        site: "main".to_owned(),
        rule: "disk-full".to_owned(),
        category: "storage".to_owned(),
        condition: Condition::Firing,
        work: Work::Unclaimed,
        owner,
        side: Side::Msp,
        holder: Some("mira".to_owned()),
        resolution: Some("mended".to_owned()),
    };
    Message {
        id: "msg_specimen".to_owned(),
        via: Via::Mail("specimen@example.org".to_owned()),
        sealed_at: Timestamp::UNIX_EPOCH,
        subject: Subject::Items {
            org,
            org_name: "Specimen".to_owned(),
            lines: vec![line],
            more: 1,
            incidents: Vec::new(),
        },
        told: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with_title(title: &str) -> Message {
        let mut message = specimen();
        let Subject::Items { lines, more, .. } = &mut message.subject else { unreachable!() };
        lines[0].title = title.to_owned();
        *more = 0;
        message
    }

    #[test]
    fn the_shipped_templates_hold_and_say_the_essentials() {
        Templates::default().check().unwrap();
        let text = Templates::default().write(Text::MailPlain, &with_title("disk full"));
        for part in ["#1", "P1", "disk full", "srv-01", "team specimen (msp)", "dogwatch alert show 1"] {
            assert!(text.contains(part), "{part} in {text}");
        }
    }

    #[test]
    fn what_an_endpoint_says_is_never_markup_nor_template_nor_header() {
        let message = with_title("<script>{{ headline }}</script>\r\nBcc: all@example.org");
        let html = Templates::default().write(Text::MailHtml, &message);
        assert!(html.contains("&lt;script&gt;{{ headline }}") && !html.contains("<script>"), "{html}");
        let subject = Templates::default().write(Text::MailSubject, &message);
        assert!(!subject.contains(['\r', '\n']), "{subject}");
    }

    #[test]
    fn no_way_out_shows_a_sign_that_steers_or_hides_and_joiners_stay() {
        let message = with_title("a\u{1b}[2J\u{202e}b\u{200f}c\u{61c}d\u{200b}e\u{feff}f 👩\u{200d}💻");
        for text in [Text::MailSubject, Text::MailPlain, Text::MailHtml, Text::Chat] {
            let written = Templates::default().write(text, &message);
            assert!(!written.contains(|c| is_unfit(c) && c != '\n'), "{written:?}");
            assert!(written.contains("a [2Jbcdef 👩\u{200d}💻"), "{written:?}");
        }
    }

    #[test]
    fn a_template_that_never_ends_or_names_what_is_not_there_is_refused() {
        let refused = |source: &str| {
            Templates { mail_text: Some(source.to_owned()), ..Templates::default() }.check().unwrap_err()
        };
        let endless = "{% for a in items * 1000 %}{% endfor %}{% for a in 'x' * 9999 %}{% for b in 'x' * 9999 %}{{ a }}{% endfor %}{% endfor %}";
        assert!(refused(endless).contains("mail_text"));
        assert!(refused("{{ headlien }}").contains("undefined"));
        assert!(refused("{% include 'x' %}").contains("mail_text"));
    }
}
