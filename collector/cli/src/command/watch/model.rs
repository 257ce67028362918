//! What is seen: one value, changed by keys, answers and events, and by nothing else.

use std::collections::{BTreeMap, VecDeque};

use dogwatch_model::Side;
use dogwatch_triage::alert::Work;
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use super::{desk::News, keys::Wish, line::Line, prompt::Prompt, pulse::Pulse};
use crate::{
    command::alert,
    events::Word,
    failure::Failure,
    output::{Screen, as_of, text_at},
};

/// Changes that are remembered to be shown.
const RECENT: usize = 50;

/// The sides that have a column, in this order.
pub(super) const SIDES: [Side; 2] = [Side::Msp, Side::Internal];

/// What fills the screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Page {
    /// Both crews.
    Crews,
    /// One item, with all that happened to it.
    Item {
        /// Which.
        number: u64,
        /// In words; empty until they are here.
        text: Vec<String>,
        /// The first line that is seen.
        scroll: usize,
    },
    /// A question, over both crews.
    Asking(Prompt),
    /// The keys.
    Help,
}

/// How the line to the collector is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Link {
    /// Not yet.
    Connecting,
    /// What changes is told.
    Live,
    /// It is not, and why.
    Broken(String),
}

/// Everything that is seen.
pub(super) struct Model {
    pub(super) me: String,
    pub(super) collector: String,
    pub(super) screen: Screen,
    pub(super) page: Page,
    pub(super) link: Link,
    pub(super) filter: String,
    /// What has just been done, or why it was not.
    pub(super) note: Option<String>,
    pub(super) pulse: Option<Pulse>,
    pub(super) pulse_is_old: bool,
    /// Who is on watch, of each side.
    pub(super) watch: BTreeMap<Side, Vec<String>>,
    /// What changed lately, newest first.
    pub(super) recent: VecDeque<(Timestamp, String)>,
    pub(super) side: usize,
    /// How far the collector's clock is ahead of ours.
    pub(super) ahead: SignedDuration,
    /// Items that are not shown for want of room in the answer.
    pub(super) left_off: u64,
    /// Items are of several orgs: each says of which.
    pub(super) several_orgs: bool,
    items: BTreeMap<u64, Line>,
    /// The item that is chosen on each side; it stays chosen where others come and go.
    chosen: [Option<u64>; SIDES.len()],
}

impl Model {
    pub(super) fn new(me: &Value, screen: Screen) -> Self {
        let text = |path: &str| text_at(me, path);
        Self {
            me: format!("{} ({})", text("person"), text("side")),
            collector: text("collector.name"),
            screen,
            page: Page::Crews,
            link: Link::Connecting,
            filter: String::new(),
            note: None,
            pulse: None,
            pulse_is_old: false,
            watch: BTreeMap::new(),
            recent: VecDeque::new(),
            side: usize::from(text("side") == "internal"),
            ahead: SignedDuration::ZERO,
            left_off: 0,
            several_orgs: false,
            items: BTreeMap::new(),
            chosen: [None; SIDES.len()],
        }
    }

    /// The items of a side that are seen, most urgent first. A vendor's stand with the MSP, who waits for them.
    pub(super) fn lines(&self, side: Side) -> Vec<&Line> {
        let here = |line: &&Line| {
            (line.side == side || (side == Side::Msp && line.side == Side::Vendor)) && line.has(&self.filter)
        };
        let mut lines: Vec<&Line> = self.items.values().filter(here).collect();
        lines.sort_by_key(|line| line.place());
        lines
    }

    /// The place of the chosen line of a side: the first one where it has gone.
    pub(super) fn chosen_place(&self, side: usize, lines: &[&Line]) -> usize {
        let chosen = self.chosen[side];
        lines.iter().position(|line| Some(line.number) == chosen).unwrap_or(0)
    }

    /// The chosen item.
    pub(super) fn chosen(&self) -> Option<&Line> {
        let lines = self.lines(SIDES[self.side]);
        lines.get(self.chosen_place(self.side, &lines)).copied()
    }

    /// Chooses another line of the same side.
    pub(super) fn go(&mut self, by: isize) {
        let lines = self.lines(SIDES[self.side]);
        let last = lines.len().saturating_sub(1);
        let to = self.chosen_place(self.side, &lines).saturating_add_signed(by).min(last);
        self.chosen[self.side] = lines.get(to).map(|line| line.number);
    }

    pub(super) fn other_side(&mut self) {
        self.side = (self.side + 1) % SIDES.len();
    }

    /// Takes what was told, and says what is to be asked for then.
    pub(super) fn hear(&mut self, news: News, now: Timestamp) -> Result<Option<Wish>, Failure> {
        match news {
            News::Queue(answer) => self.take_queue(&answer, now),
            News::Pulse(pulse) => self.pulse = Some(pulse),
            News::Watch(watch) => self.watch = watch,
            News::Details(item) => self.take_details(&item),
            News::Done(item) => {
                let what = match Line::of(&item) {
                    Some(line) => format!("#{} is {} now", line.number, line.doing()),
                    None => "done".to_owned(),
                };
                self.note = Some(what);
                self.take_item(&item, now);
            }
            News::Failed(failure) => self.note = Some(failure.to_string()),
            News::Told(word) => return self.take_word(word, now),
        }
        Ok(None)
    }

    fn take_queue(&mut self, answer: &Value, now: Timestamp) {
        self.ahead = as_of(answer).duration_since(now);
        self.left_off = answer["left_off"].as_u64().unwrap_or_default();
        self.several_orgs = answer["orgs"].as_u64().is_some_and(|orgs| orgs > 1);
        let items = answer["alerts"].as_array().into_iter().flatten().filter_map(Line::of);
        self.items = items.filter(Line::is_open).map(|line| (line.number, line)).collect();
    }

    fn take_details(&mut self, item: &Value) {
        if let Page::Item { number, text, .. } = &mut self.page
            && item["number"].as_u64() == Some(*number)
        {
            *text = alert::in_words(item, &self.screen).lines().map(str::to_owned).collect();
        }
    }

    fn take_word(&mut self, word: Word, now: Timestamp) -> Result<Option<Wish>, Failure> {
        match word {
            Word::Connected => {
                let first = std::mem::replace(&mut self.link, Link::Live) == Link::Connecting;
                // What was asked for when it began is as new as the line.
                return Ok((!first).then_some(Wish::Reload));
            }
            Word::Missed => return Ok(Some(Wish::Reload)),
            Word::SightLost => {
                self.forget_all();
                return Ok(Some(Wish::Reload));
            }
            Word::Changed(kind, data) => return Ok(self.take_change(&kind, &data, now)),
            Word::Broken(why) => self.link = Link::Broken(why),
            Word::None => self.link = Link::Broken("this collector tells no events yet".to_owned()),
            Word::Refused(failure) => return Err(failure),
        }
        Ok(None)
    }

    /// Nothing stays of what may be somebody else's by now; what is left comes with the next queue.
    fn forget_all(&mut self) {
        self.items.clear();
        self.recent.clear();
        (self.page, self.note) = (Page::Crews, None);
        self.pulse_is_old = true;
    }

    fn take_change(&mut self, kind: &str, data: &Value, now: Timestamp) -> Option<Wish> {
        match kind {
            "alert" => {
                self.take_item(data, now);
                match &self.page {
                    Page::Item { number, .. } if data["number"].as_u64() == Some(*number) => {
                        return Some(Wish::Details(*number));
                    }
                    _ => {}
                }
            }
            "endpoint" => {
                self.pulse_is_old = true;
                if let Some(online) = data["online"].as_bool() {
                    let how = if online { "online" } else { "offline" };
                    self.remember(now, format!("{} {how}", text_at(data, "name")));
                }
            }
            "window" => self.remember(now, format!("window {}", text_at(data, "id"))),
            "ownership" => {
                self.remember(now, format!("matrix of {}", text_at(data, "org")));
                return Some(Wish::Reload);
            }
            _ => {}
        }
        None
    }

    /// An item as it is now. What is older than what is known changes nothing.
    fn take_item(&mut self, item: &Value, now: Timestamp) {
        let Some(line) = Line::of(item) else { return };
        if self.items.get(&line.number).is_some_and(|known| known.version >= line.version) {
            return;
        }
        let what = match (self.items.contains_key(&line.number), line.work) {
            (false, Work::Unclaimed) => format!("{}: {}", line.head(self.several_orgs), line.title),
            _ => format!("#{} {}", line.number, line.doing()),
        };
        if self.items.contains_key(&line.number) || line.is_open() {
            self.remember(now, what);
        }
        if line.is_open() {
            self.items.insert(line.number, line);
        } else {
            self.items.remove(&line.number);
        }
    }

    fn remember(&mut self, at: Timestamp, what: String) {
        // Of a thing that says the same again the latest is enough.
        self.recent.retain(|(_, known)| *known != what);
        self.recent.push_front((at, what));
        self.recent.truncate(RECENT);
    }
}
