//! The model as a picture. Pure but for the frame it draws in; colours repeat what a word says, and are never alone.

use jiff::{SignedDuration, Timestamp};
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line as Text, Span},
    widgets::{Block, Clear, Paragraph},
};

use super::{
    model::{Link, Model, Page},
    prompt::Prompt,
};

mod crews;

/// Narrower than this there is room for one side only.
const TWO_SIDES_FROM: u16 = 70;

/// Lower than this what changed lately gives its room to the queue.
const RECENT_FROM: u16 = 16;

/// The keys, and what they do.
const KEYS: [(&str, &str); 11] = [
    ("↑ ↓  j k", "choose an item; PgUp PgDn Home End go further"),
    ("Tab  ← →", "the other side"),
    ("Enter", "all about the item, with what happened to it; Esc goes back"),
    ("c", "claim it"),
    ("m", "comment on it"),
    ("h", "hand it off to another team"),
    ("/", "show only items with these words; Esc shows all again"),
    ("r", "ask for everything anew"),
    ("?", "these keys"),
    ("q  Ctrl-C", "leave"),
    ("", "the clock beside an item is what is left of what was promised; - is what it is over"),
];

/// Draws everything.
pub(super) fn draw(frame: &mut Frame<'_>, model: &Model, now: Timestamp) {
    let area = frame.area();
    let recent = if area.height >= RECENT_FROM { 3 } else { 0 };
    let [head, body, pulse, lately, foot] = Layout::vertical([
        Constraint::Length(1),
        Constraint::Min(3),
        Constraint::Length(1),
        Constraint::Length(recent),
        Constraint::Length(1),
    ])
    .areas(area);
    frame.render_widget(header(model, now, usize::from(area.width)), head);
    match &model.page {
        Page::Item { number, text, scroll } => item(frame, body, (*number, text, *scroll)),
        Page::Help => help(frame, body),
        Page::Crews | Page::Asking(_) => crews::draw(frame, body, model, now, area.width >= TWO_SIDES_FROM),
    }
    frame.render_widget(fleet(model), pulse);
    frame.render_widget(changes(model, usize::from(recent)), lately);
    frame.render_widget(footer(model), foot);
    if let Page::Asking(prompt) = &model.page {
        ask(frame, body, prompt);
    }
}

/// Styles, or none where colours are not wanted.
fn paint(model: &Model, colour: Color) -> Style {
    if model.screen.colour { Style::new().fg(colour) } else { Style::new() }
}

fn bold() -> Style {
    Style::new().add_modifier(Modifier::BOLD)
}

fn header(model: &Model, now: Timestamp, width: usize) -> Text<'static> {
    let time = (now + model.ahead).to_zoned(model.screen.zone.clone()).strftime("%H:%M:%S").to_string();
    let (link, colour) = match &model.link {
        Link::Connecting => ("connecting".to_owned(), Color::Yellow),
        Link::Live => ("live".to_owned(), Color::Green),
        Link::Broken(why) => (format!("not live: {why}"), Color::Red),
    };
    let left = format!("Dogwatch  {}  {}", model.collector, model.me);
    let room = width.saturating_sub(left.chars().count() + time.len() + 4);
    let link: String = link.chars().take(room).collect();
    let gap = width.saturating_sub(left.chars().count() + link.chars().count() + time.len() + 2);
    Text::from(vec![
        Span::styled(left, bold()),
        Span::raw(" ".repeat(gap)),
        Span::styled(link, paint(model, colour)),
        Span::raw(format!("  {time}")),
    ])
}

fn fleet(model: &Model) -> Text<'static> {
    let Some(pulse) = model.pulse else { return Text::from("Fleet  …") };
    let offline = pulse.total.saturating_sub(pulse.online);
    let count = |what: &str, count: u64, colour| {
        let style = if count == 0 { Style::new() } else { paint(model, colour) };
        Span::styled(format!("  {what} {count}"), style)
    };
    Text::from(vec![
        Span::styled(format!("Fleet {}:", pulse.total), bold()),
        Span::styled(format!(" online {}", pulse.online), paint(model, Color::Green)),
        count("offline", offline, Color::Yellow),
        count("patch", pulse.security, Color::Yellow),
        count("reboot", pulse.reboot, Color::Yellow),
        count("backup failed", pulse.failed, Color::Red),
        count("overdue", pulse.overdue, Color::Red),
    ])
}

fn changes(model: &Model, lines: usize) -> Paragraph<'static> {
    let shown = model.recent.iter().take(lines).map(|(at, what)| {
        let time = (*at + model.ahead).to_zoned(model.screen.zone.clone()).strftime("%H:%M:%S").to_string();
        Text::from(vec![Span::styled(time, paint(model, Color::DarkGray)), Span::raw(format!("  {what}"))])
    });
    Paragraph::new(shown.collect::<Vec<_>>())
}

fn footer(model: &Model) -> Text<'static> {
    match (&model.page, &model.note) {
        (_, Some(note)) => {
            let first = note.lines().next().unwrap_or_default();
            Text::from(Span::styled(first.to_owned(), bold()))
        }
        (Page::Item { .. }, None) => Text::from("↑↓ scroll  c claim  m comment  h hand off  Esc back"),
        (Page::Asking(_), None) => Text::from("Enter goes on  Esc leaves it"),
        (Page::Help, None) => Text::from("any key goes back"),
        (Page::Crews, None) => {
            Text::from("↑↓ choose  Tab side  Enter details  c claim  m comment  h hand off  ? all keys")
        }
    }
}

fn item(frame: &mut Frame<'_>, area: Rect, (number, text, scroll): (u64, &[String], usize)) {
    let block = Block::bordered().title(format!(" #{number} "));
    let rows = usize::from(area.height.saturating_sub(2));
    // The end stays at the bottom: no screen is left empty by going further.
    let from = scroll.min(text.len().saturating_sub(rows));
    let lines = text.iter().skip(from).take(rows).map(|line| Text::from(line.clone()));
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).block(block), area);
}

fn help(frame: &mut Frame<'_>, area: Rect) {
    let lines = KEYS.iter().map(|(key, what)| Text::from(format!("  {key:<10} {what}")));
    let block = Block::bordered().title(" Keys ");
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).block(block), area);
}

/// A question over the lower part of what is seen.
fn ask(frame: &mut Frame<'_>, area: Rect, prompt: &Prompt) {
    let height = 3.min(area.height);
    let area = Rect { y: area.y + area.height - height, height, ..area };
    let about = if prompt.number == 0 { String::new() } else { format!("#{} ", prompt.number) };
    let block = Block::bordered().title(format!(" {about}{} ", prompt.question()));
    let room = usize::from(area.width.saturating_sub(3));
    let typed = prompt.text.chars().count();
    // The end of what was typed is what somebody looks at.
    let seen: String = prompt.text.chars().skip(typed.saturating_sub(room)).collect();
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(format!("{seen}▏")).block(block), area);
}

/// What is left of a clock, or how far it is over: `1h 04m`, `3m 05s`, `-12m 40s`.
pub(super) fn clock(left: SignedDuration) -> String {
    let sign = if left.is_negative() { "-" } else { "" };
    let seconds = left.unsigned_abs().as_secs();
    let (hours, minutes) = (seconds / 3600, seconds / 60 % 60);
    match hours {
        0 => format!("{sign}{minutes}m {:02}s", seconds % 60),
        1..100 => format!("{sign}{hours}h {minutes:02}m"),
        _ => format!("{sign}{}d", hours / 24),
    }
}
