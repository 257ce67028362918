//! E-mail: plain text and HTML, one thread an item.
//!
//! Every mail about an item refers to the same root that never was a mail of its own, so programs show them as one
//! thread from the first on. A mail's own id is the message's key: the same on every try.

use std::time::Duration;

use lettre::{
    AsyncSmtpTransport, AsyncTransport as _, Message as Mail, Tokio1Executor,
    message::{Mailbox, MultiPart, header},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, CertificateStore, Tls, TlsParameters},
        response::Severity,
    },
};

use super::super::{
    Message, Subject,
    channels::{Security, Smtp},
    http::Fault,
    template::{Templates, Text, plain},
};

/// From connecting to the last answer: mail servers may let strangers wait for some seconds on purpose.
const TIME_LIMIT: Duration = Duration::from_secs(30);

/// What servers say when they do not know us: people may mend that in a day.
const LOGIN_CODES: [u16; 3] = [530, 534, 535];

pub(super) async fn send(
    smtp: &Smtp,
    templates: &Templates,
    message: &Message,
    to: &[Mailbox],
) -> Result<(), Fault> {
    let mail = mail(smtp, templates, message, to)
        .map_err(|error| Fault::never(format!("cannot be a mail: {error}")))?;
    let transport =
        transport(smtp).map_err(|error| Fault::later(format!("cannot speak to {}: {error}", smtp.host)))?;
    let sent = tokio::time::timeout(TIME_LIMIT, transport.send(mail)).await;
    let sent = sent.map_err(|_| {
        Fault::later(format!("mail server {} did not take it within {} s", smtp.host, TIME_LIMIT.as_secs()))
    })?;
    sent.map(drop).map_err(|error| {
        let what = format!("mail server {}: {}", smtp.host, plain(&error_chain(&error)));
        let login = error.status().is_some_and(|code| LOGIN_CODES.contains(&u16::from(code)));
        let refused =
            error.status().is_some_and(|code| code.severity == Severity::PermanentNegativeCompletion);
        if refused && !login { Fault::never(what) } else { Fault::later(what) }
    })
}

fn error_chain(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words = format!("{words}: {error}");
        source = error.source();
    }
    words
}

fn transport(smtp: &Smtp) -> Result<AsyncSmtpTransport<Tokio1Executor>, lettre::transport::smtp::Error> {
    let tls = match smtp.security {
        Security::None => Tls::None,
        Security::Starttls => Tls::Required(tls(smtp)?),
        Security::Implicit => Tls::Wrapper(tls(smtp)?),
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&smtp.host)
        .port(smtp.port)
        .tls(tls)
        .timeout(Some(TIME_LIMIT));
    if let Some((user, password)) = &smtp.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.reveal().to_owned()));
    }
    Ok(builder.build())
}

fn tls(smtp: &Smtp) -> Result<TlsParameters, lettre::transport::smtp::Error> {
    let mut parameters =
        TlsParameters::builder(smtp.host.clone()).certificate_store(CertificateStore::Default);
    if let Some(roots) = &smtp.roots {
        parameters = parameters.add_root_certificate(Certificate::from_pem(roots)?);
    }
    parameters.build_rustls()
}

fn mail(
    smtp: &Smtp,
    templates: &Templates,
    message: &Message,
    to: &[Mailbox],
) -> Result<Mail, lettre::error::Error> {
    let domain = smtp.from.email.domain();
    let mut mail = Mail::builder()
        .from(smtp.from.clone())
        .subject(plain(templates.write(Text::MailSubject, message).trim()))
        .message_id(Some(format!("<{}@{domain}>", message.id)))
        .date(message.sealed_at.into())
        .header(Generated);
    for root in roots(message) {
        mail = mail.references(format!("<{root}@{domain}>"));
    }
    if let Some(root) = roots(message).first() {
        mail = mail.in_reply_to(format!("<{root}@{domain}>"));
    }
    for mailbox in to {
        mail = mail.to(mailbox.clone());
    }
    mail.multipart(MultiPart::alternative_plain_html(
        templates.write(Text::MailPlain, message),
        templates.write(Text::MailHtml, message),
    ))
}

/// The thread that a mail belongs to: that of its item; those about several have one of their own for the org.
fn roots(message: &Message) -> Vec<String> {
    match &message.subject {
        Subject::Items { org, lines, more: 0, .. } if lines.len() == 1 => {
            lines.iter().map(|line| format!("alert-{org}-{}", line.number.0)).collect()
        }
        Subject::Items { org, .. } => vec![format!("alerts-{org}")],
        Subject::Summary { .. } => Vec::new(),
    }
}

/// A mail as it would go out, but for what is drawn anew for each, and its texts before they were encoded.
#[cfg(test)]
pub(super) fn written(message: &Message, templates: &Templates) -> Vec<u8> {
    let smtp = Smtp {
        host: "mail.example.org".to_owned(),
        port: 25,
        security: Security::None,
        login: None,
        from: "Dogwatch <dogwatch@example.org>".parse().unwrap(),
        roots: None,
    };
    let to = ["crew@example.org".parse().unwrap()];
    let mail = String::from_utf8(mail(&smtp, templates, message, &to).unwrap().formatted()).unwrap();
    let (_, boundary) = mail.split_once("boundary=\"").unwrap();
    let mail = mail.replace(boundary.split_once('"').unwrap().0, "boundary");
    let texts = [Text::MailSubject, Text::MailPlain, Text::MailHtml];
    let texts = texts.map(|text| templates.write(text, message)).join("\n");
    format!("{mail}\n{texts}").into_bytes()
}

/// `Auto-Submitted: auto-generated` (RFC 3834): answering machines keep quiet.
#[derive(Debug, Clone, Copy)]
struct Generated;

impl header::Header for Generated {
    fn name() -> header::HeaderName {
        header::HeaderName::new_from_ascii_str("Auto-Submitted")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> header::HeaderValue {
        header::HeaderValue::new(Self::name(), "auto-generated".to_owned())
    }
}
