//! Both crews side by side: who is on watch, and what each has before it.

use dogwatch_model::Side;
use dogwatch_triage::alert::{Priority, Work};
use jiff::Timestamp;
use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line as Text, Span},
    widgets::{Block, Paragraph},
};

use super::{bold, clock, paint};
use crate::command::watch::{
    line::Line,
    model::{Model, SIDES},
};

/// Draws both sides, or the one that is looked at.
pub(super) fn draw(frame: &mut Frame<'_>, area: Rect, model: &Model, now: Timestamp, both: bool) {
    if !both {
        return side(frame, area, model, model.side, now);
    }
    let [left, right] = Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas(area);
    side(frame, left, model, 0, now);
    side(frame, right, model, 1, now);
}

fn side(frame: &mut Frame<'_>, area: Rect, model: &Model, index: usize, now: Timestamp) {
    let lines = model.lines(SIDES[index]);
    let chosen = model.chosen_place(index, &lines);
    let looked_at = model.side == index;
    let name = match SIDES[index] {
        Side::Internal => "Internal IT",
        _ => "MSP",
    };
    let title = Span::styled(
        format!(" {name}: {} ", counts(&lines)),
        if looked_at { bold().add_modifier(Modifier::REVERSED) } else { bold() },
    );
    let block = Block::bordered().title(title);
    let inner = block.inner(area);
    let mut text = vec![watch(model, SIDES[index])];
    let rows = usize::from(inner.height).saturating_sub(text.len());
    // The chosen line is always seen.
    let from = (chosen + 1).saturating_sub(rows.max(1));
    let width = usize::from(inner.width);
    for (place, line) in lines.iter().enumerate().skip(from).take(rows) {
        let mut row = row(model, line, width, now);
        if looked_at && place == chosen {
            row = row.style(Style::new().add_modifier(Modifier::REVERSED));
        }
        text.push(row);
    }
    if lines.is_empty() {
        text.push(Text::from(if model.filter.is_empty() { "nothing waits" } else { "nothing matches" }));
    }
    frame.render_widget(Paragraph::new(text).block(block), area);
}

/// How many items of each kind of work, in words.
fn counts(lines: &[&Line]) -> String {
    let of = |work: Work| lines.iter().filter(|line| line.work == work).count();
    let kinds = [Work::Unclaimed, Work::Claimed, Work::Offered, Work::Waiting];
    let some = kinds.into_iter().map(|work| (of(work), work)).filter(|(count, _)| *count > 0);
    let words: Vec<String> = some.map(|(count, work)| format!("{count} {work}")).collect();
    if words.is_empty() { "0".to_owned() } else { words.join(" ") }
}

/// Who is on watch now.
fn watch(model: &Model, side: Side) -> Text<'static> {
    let who = model.watch.get(&side).map_or_else(|| "–".to_owned(), |who| who.join(", "));
    let filter = if model.filter.is_empty() { String::new() } else { format!("  /{}", model.filter) };
    Text::from(vec![
        Span::styled("on watch ", paint(model, Color::DarkGray)),
        Span::raw(who),
        Span::styled(filter, bold()),
    ])
}

/// `P1 -12m 40s #1042 srv-01 backup failed · kim`
fn row(model: &Model, line: &Line, width: usize, now: Timestamp) -> Text<'static> {
    let left = line.breach_at.map(|at| at.duration_since(now + model.ahead));
    let urgency = match line.priority {
        Priority::P1 => paint(model, Color::Red),
        Priority::P2 => paint(model, Color::Yellow),
        _ => Style::new(),
    };
    let time = match left {
        Some(left) if left.is_negative() => paint(model, Color::Red),
        Some(_) => Style::new(),
        None => paint(model, Color::DarkGray),
    };
    let doing = line.doing();
    let head = line.head(model.several_orgs);
    let time_text = format!("{:>8}", left.map_or_else(|| "–".to_owned(), clock));
    let room = width.saturating_sub(3 + time_text.chars().count() + 1 + doing.chars().count() + 1);
    let middle: String = format!("{head} {}", line.title).chars().take(room).collect();
    let gap = room.saturating_sub(middle.chars().count());
    let work = if line.work == Work::Unclaimed { paint(model, Color::Yellow) } else { Style::new() };
    Text::from(vec![
        Span::styled(format!("{:<3}", line.priority.as_str()), urgency),
        Span::styled(time_text, time),
        Span::raw(format!(" {middle}{}", " ".repeat(gap + 1))),
        Span::styled(doing, work),
    ])
}
