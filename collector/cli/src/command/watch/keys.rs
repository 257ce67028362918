//! What keys mean. Pure: a key changes the model and may leave a wish, which somebody else fulfils.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use serde_json::{Value, json};

use super::{
    model::{Model, Page},
    prompt::{For, Prompt},
};

/// Lines that a page is.
const PAGE: isize = 10;

/// What is to be asked of the collector.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Wish {
    /// Nothing more.
    Quit,
    /// Everything anew.
    Reload,
    /// The fleet's counts.
    Pulse,
    /// All about an item.
    Details(u64),
    /// An act on an item.
    Act {
        /// Which.
        number: u64,
        /// `claim`, `comment` …
        act: &'static str,
        /// Its parts.
        body: Value,
    },
}

/// A key was pressed.
pub(super) fn press(model: &mut Model, key: KeyEvent) -> Option<Wish> {
    if key.modifiers.contains(KeyModifiers::CONTROL) {
        return matches!(key.code, KeyCode::Char('c' | 'd')).then_some(Wish::Quit);
    }
    model.note = None;
    match &model.page {
        Page::Asking(_) => in_prompt(model, key.code),
        Page::Help => {
            model.page = Page::Crews;
            (key.code == KeyCode::Char('q')).then_some(Wish::Quit)
        }
        Page::Item { .. } => in_item(model, key.code),
        Page::Crews => in_crews(model, key.code),
    }
}

fn in_crews(model: &mut Model, key: KeyCode) -> Option<Wish> {
    match key {
        KeyCode::Char('q') => return Some(Wish::Quit),
        KeyCode::Up | KeyCode::Char('k') => model.go(-1),
        KeyCode::Down | KeyCode::Char('j') => model.go(1),
        KeyCode::PageUp => model.go(-PAGE),
        KeyCode::PageDown => model.go(PAGE),
        KeyCode::Home => model.go(isize::MIN),
        KeyCode::End => model.go(isize::MAX),
        KeyCode::Tab | KeyCode::BackTab | KeyCode::Left | KeyCode::Right => model.other_side(),
        KeyCode::Enter => {
            let number = model.chosen()?.number;
            model.page = Page::Item { number, text: Vec::new(), scroll: 0 };
            return Some(Wish::Details(number));
        }
        KeyCode::Char('/') => {
            let filter = model.filter.clone();
            model.page = Page::Asking(Prompt::new(For::Filter, 0, &filter));
        }
        KeyCode::Esc => model.filter.clear(),
        KeyCode::Char('r') => return Some(Wish::Reload),
        KeyCode::Char('?') => model.page = Page::Help,
        KeyCode::Char(letter) => {
            let number = model.chosen()?.number;
            return act(model, number, letter);
        }
        _ => {}
    }
    None
}

fn in_item(model: &mut Model, key: KeyCode) -> Option<Wish> {
    let Page::Item { number, text, scroll } = &mut model.page else { return None };
    let (number, last) = (*number, text.len().saturating_sub(1));
    let by = |scroll: usize, lines: isize| scroll.saturating_add_signed(lines).min(last);
    match key {
        KeyCode::Up | KeyCode::Char('k') => *scroll = by(*scroll, -1),
        KeyCode::Down | KeyCode::Char('j') => *scroll = by(*scroll, 1),
        KeyCode::PageUp => *scroll = by(*scroll, -PAGE),
        KeyCode::PageDown | KeyCode::Char(' ') => *scroll = by(*scroll, PAGE),
        KeyCode::Home => *scroll = 0,
        KeyCode::End => *scroll = last,
        KeyCode::Esc | KeyCode::Enter | KeyCode::Char('q') | KeyCode::Backspace => model.page = Page::Crews,
        KeyCode::Char('?') => model.page = Page::Help,
        KeyCode::Char(letter) => return act(model, number, letter),
        _ => {}
    }
    None
}

/// The letters that do something with an item.
fn act(model: &mut Model, number: u64, letter: char) -> Option<Wish> {
    if !matches!(letter, 'c' | 'm' | 'h') {
        return None;
    }
    let ask = |purpose| Page::Asking(Prompt::new(purpose, number, ""));
    match letter {
        'c' => return Some(Wish::Act { number, act: "claim", body: json!({}) }),
        'm' => model.page = ask(For::Comment),
        _ => model.page = ask(For::Handoff),
    }
    None
}

fn in_prompt(model: &mut Model, key: KeyCode) -> Option<Wish> {
    let Page::Asking(prompt) = &mut model.page else { return None };
    match key {
        KeyCode::Esc => model.page = Page::Crews,
        KeyCode::Backspace => prompt.take_back(),
        KeyCode::Char(letter) => prompt.type_in(letter),
        KeyCode::Enter => {
            if !prompt.answer() {
                return None;
            }
            let (purpose, number, body) = (prompt.purpose, prompt.number, prompt.body());
            let filter = prompt.first();
            model.page = Page::Crews;
            return match purpose {
                For::Filter => {
                    model.filter = filter;
                    None
                }
                For::Comment => Some(Wish::Act { number, act: "comment", body }),
                For::Handoff => Some(Wish::Act { number, act: "handoff", body }),
            };
        }
        _ => {}
    }
    None
}
