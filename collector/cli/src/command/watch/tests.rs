//! What is seen, and what keys do, without a terminal and without a collector.

use jiff::{Timestamp, tz::TimeZone};
use ratatui::{
    backend::TestBackend,
    crossterm::event::{KeyCode, KeyEvent, KeyModifiers},
};
use serde_json::{Value, json};

use super::{
    desk::News,
    keys::{self, Wish},
    model::{Model, Page},
    pulse::Pulse,
    render,
};
use crate::{
    args::Format,
    events::Word,
    failure::{Exit, Failure},
    output::Screen,
};

fn noon() -> Timestamp {
    "2026-11-22T12:00:00Z".parse().unwrap()
}

fn item(number: u64, side: &str, work: &str, breach: &str) -> Value {
    json!({
        "number": number, "version": 1, "org": "acme", "priority": if number.is_multiple_of(2) { "P2" } else { "P1" },
        "severity": "critical", "condition": "firing", "work": work, "visibility": "normal",
        "owner": { "team": if side == "msp" { "noc" } else { "it" }, "side": side },
        "assignee": (work != "unclaimed").then(|| json!({ "person": "kim", "side": side })),
        "offer": (work == "offered").then(|| json!({ "to": "it" })),
        "endpoint_name": format!("srv-{number:02}"), "title": "disk / is nearly full",
        "next_breach": (!breach.is_empty()).then(|| json!({ "clock": "resolve", "at": breach })),
    })
}

fn model() -> Model {
    let screen = Screen { format: Format::Table, colour: false, terminal: true, zone: TimeZone::UTC };
    let me = json!({ "person": "kim", "side": "msp", "collector": { "name": "Acme MSP" } });
    let mut model = Model::new(&me, screen);
    let queue = json!({ "as_of": "2026-11-22T12:00:00Z", "left_off": 0, "alerts": [
        item(2, "msp", "claimed", "2026-11-22T13:04:00Z"),
        item(7, "msp", "unclaimed", "2026-11-22T11:47:20Z"),
        item(4, "msp", "offered", "2026-11-22T12:03:05Z"),
        item(9, "internal", "unclaimed", ""),
        item(12, "internal", "waiting", "2026-11-29T12:00:00Z"),
    ]});
    let pulse = Pulse { total: 120, online: 117, security: 3, reboot: 2, failed: 1, overdue: 0 };
    let watch = [(dogwatch_model::Side::Msp, vec!["Kim (noc)".to_owned()])].into_iter().collect();
    for news in [News::Queue(queue), News::Pulse(pulse), News::Watch(watch), News::Told(Word::Connected)] {
        model.hear(news, noon()).unwrap();
    }
    model
}

fn seen(model: &Model, width: u16, height: u16) -> String {
    let mut terminal = ratatui::Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| render::draw(frame, model, noon())).unwrap();
    let buffer = terminal.backend().buffer();
    let line = |y| -> String { (0..width).map(|x| buffer[(x, y)].symbol()).collect() };
    (0..height).map(|y| line(y).trim_end().to_owned() + "\n").collect()
}

fn press(model: &mut Model, code: KeyCode) -> Option<Wish> {
    keys::press(model, KeyEvent::new(code, KeyModifiers::NONE))
}

fn type_in(model: &mut Model, text: &str) -> Option<Wish> {
    text.chars().for_each(|letter| drop(press(model, KeyCode::Char(letter))));
    press(model, KeyCode::Enter)
}

fn changed(model: &mut Model, item: &Value) -> Option<Wish> {
    model.hear(News::Told(Word::Changed("alert".to_owned(), item.clone())), noon()).unwrap()
}

#[test]
fn both_crews_stand_side_by_side_with_what_runs_out_first_on_top() {
    assert_eq!(
        seen(&model(), 100, 16),
        "\
Dogwatch  Acme MSP  kim (msp)                                                         live  12:00:00
┌ MSP: 1 unclaimed 1 claimed 1 offered ──────────┐┌ Internal IT: 1 unclaimed 1 waiting ────────────┐
│on watch Kim (noc)                              ││on watch –                                      │
│P1 -12m 40s #7 srv-07 disk / is nearly unclaimed││P2       7d #12 srv-12 disk / is nearl kim waits│
│P2   3m 05s #4 srv-04 disk / is nearly  kim → it││P1        – #9 srv-09 disk / is nearly unclaimed│
│P2   1h 04m #2 srv-02 disk / is nearly full  kim││                                                │
│                                                ││                                                │
│                                                ││                                                │
│                                                ││                                                │
│                                                ││                                                │
└────────────────────────────────────────────────┘└────────────────────────────────────────────────┘
Fleet 120: online 117  offline 3  patch 3  reboot 2  backup failed 1  overdue 0



↑↓ choose  Tab side  Enter details  c claim  m comment  h hand off  ? all keys
"
    );
}

#[test]
fn eighty_columns_are_enough_and_a_narrow_terminal_shows_one_side() {
    assert_eq!(
        seen(&model(), 80, 12),
        "\
Dogwatch  Acme MSP  kim (msp)                                     live  12:00:00
┌ MSP: 1 unclaimed 1 claimed 1 offered ┐┌ Internal IT: 1 unclaimed 1 waiting ──┐
│on watch Kim (noc)                    ││on watch –                            │
│P1 -12m 40s #7 srv-07 disk / unclaimed││P2       7d #12 srv-12 disk  kim waits│
│P2   3m 05s #4 srv-04 disk /  kim → it││P1        – #9 srv-09 disk / unclaimed│
│P2   1h 04m #2 srv-02 disk / is ne kim││                                      │
│                                      ││                                      │
│                                      ││                                      │
│                                      ││                                      │
└──────────────────────────────────────┘└──────────────────────────────────────┘
Fleet 120: online 117  offline 3  patch 3  reboot 2  backup failed 1  overdue 0
↑↓ choose  Tab side  Enter details  c claim  m comment  h hand off  ? all keys
"
    );
    assert_eq!(
        seen(&model(), 50, 10),
        "\
Dogwatch  Acme MSP  kim (msp)       live  12:00:00
┌ MSP: 1 unclaimed 1 claimed 1 offered ──────────┐
│on watch Kim (noc)                              │
│P1 -12m 40s #7 srv-07 disk / is nearly unclaimed│
│P2   3m 05s #4 srv-04 disk / is nearly  kim → it│
│P2   1h 04m #2 srv-02 disk / is nearly full  kim│
│                                                │
└────────────────────────────────────────────────┘
Fleet 120: online 117  offline 3  patch 3  reboot
↑↓ choose  Tab side  Enter details  c claim  m com
"
    );
}

#[test]
fn whoever_sees_several_orgs_sees_of_which_an_item_is() {
    let mut model = model();
    let mut other = item(7, "msp", "unclaimed", "2026-11-22T11:47:20Z");
    other["org"] = json!("globex");
    let queue = |orgs: usize, other: &Value| {
        News::Queue(json!({
            "as_of": "2026-11-22T12:00:00Z", "orgs": orgs, "left_off": 0,
            "alerts": [item(2, "msp", "claimed", "2026-11-22T13:04:00Z"), other],
        }))
    };
    model.hear(queue(2, &other), noon()).unwrap();
    let both = seen(&model, 120, 16);
    assert!(both.contains("#7 globex/srv-07 disk / is nearly"), "{both}");
    assert!(both.contains("#2 acme/srv-02 disk / is nearly full"), "{both}");
    let mut new = item(15, "internal", "unclaimed", "");
    new["org"] = json!("globex");
    changed(&mut model, &new);
    assert!(seen(&model, 120, 16).contains("#15 globex/srv-15: disk"), "{}", seen(&model, 120, 16));
    let mut of_a_site = item(17, "internal", "unclaimed", "");
    of_a_site["endpoint_name"] = Value::Null;
    changed(&mut model, &of_a_site);
    for words in ["#17 acme disk / is nearly", "#17 acme: disk / is nearly full"] {
        assert!(seen(&model, 120, 16).contains(words), "{}", seen(&model, 120, 16));
    }
    model.hear(queue(1, &item(7, "msp", "unclaimed", "")), noon()).unwrap();
    let one = seen(&model, 120, 16);
    assert!(one.contains("#7 srv-07 disk") && !one.contains("acme/"), "{one}");
}

#[test]
fn no_size_of_terminal_is_too_small() {
    let mut model = model();
    for page in [KeyCode::Esc, KeyCode::Char('?'), KeyCode::Enter, KeyCode::Char('m')] {
        press(&mut model, page);
        for (width, height) in [(1, 1), (2, 2), (5, 3), (20, 5), (200, 4), (3, 60)] {
            seen(&model, width, height);
        }
    }
}

#[test]
fn an_item_that_changes_is_seen_at_once_and_one_that_is_done_goes() {
    let mut model = model();
    let mut claimed = item(7, "msp", "claimed", "2026-11-22T11:47:20Z");
    claimed["version"] = json!(2);
    changed(&mut model, &claimed);
    assert!(seen(&model, 100, 20).contains("MSP: 2 claimed 1 offered"), "{}", seen(&model, 100, 20));
    // What is older than what is known changes nothing.
    changed(&mut model, &item(7, "msp", "unclaimed", ""));
    assert!(!seen(&model, 100, 20).contains("unclaimed ┐"), "{}", seen(&model, 100, 20));
    claimed["version"] = json!(3);
    claimed["work"] = json!("done");
    changed(&mut model, &claimed);
    let seen = seen(&model, 100, 20);
    assert!(!seen.contains("srv-07 disk") && seen.contains("#7 done"), "{seen}");
    let mut new = item(15, "internal", "unclaimed", "2026-11-22T12:15:00Z");
    new["owner"]["team"] = json!("it");
    changed(&mut model, &new);
    assert!(self::seen(&model, 100, 20).contains("#15 srv-15: disk / is nearly full"));
}

#[test]
fn the_chosen_item_stays_chosen_while_others_come_and_go() {
    let mut model = model();
    press(&mut model, KeyCode::Down);
    assert_eq!(model.chosen().unwrap().number, 4);
    changed(&mut model, &item(1, "msp", "unclaimed", "2026-11-22T11:00:00Z"));
    assert_eq!(model.chosen().unwrap().number, 4);
    assert_eq!(
        press(&mut model, KeyCode::Char('c')),
        Some(Wish::Act { number: 4, act: "claim", body: json!({}) })
    );
    press(&mut model, KeyCode::Tab);
    assert_eq!(model.chosen().unwrap().number, 12);
    for (key, number) in [(KeyCode::End, 9), (KeyCode::Home, 12), (KeyCode::PageDown, 9), (KeyCode::Up, 12)] {
        press(&mut model, key);
        assert_eq!(model.chosen().unwrap().number, number, "{key:?}");
    }
}

#[test]
fn a_hand_off_asks_for_each_part_of_its_packet_and_takes_no_empty_one() {
    let mut model = model();
    press(&mut model, KeyCode::Char('h'));
    assert!(seen(&model, 80, 24).contains("#7 hand off to team"), "{}", seen(&model, 80, 24));
    assert_eq!(type_in(&mut model, ""), None);
    assert_eq!(type_in(&mut model, "it"), None);
    assert!(seen(&model, 80, 24).contains("what was tried"));
    assert_eq!(type_in(&mut model, "restarted it"), None);
    assert_eq!(type_in(&mut model, "it fails again"), None);
    let wish = type_in(&mut model, "the share is yours").unwrap();
    let packet = json!({
        "tried": "restarted it", "state": "it fails again", "why_you": "the share is yours", "links": [],
    });
    let body = json!({ "to": "it", "packet": packet });
    assert_eq!(wish, Wish::Act { number: 7, act: "handoff", body });
    assert_eq!(model.page, Page::Crews);
}

#[test]
fn a_filter_leaves_what_has_its_words_and_esc_shows_all_again() {
    let mut model = model();
    press(&mut model, KeyCode::Char('/'));
    type_in(&mut model, "SRV-04 offered");
    let narrowed = seen(&model, 100, 20);
    assert!(narrowed.contains("#4 srv-04") && !narrowed.contains("#7"), "{narrowed}");
    assert!(narrowed.contains("/SRV-04 offered") && narrowed.contains("nothing matches"), "{narrowed}");
    press(&mut model, KeyCode::Esc);
    assert!(seen(&model, 100, 20).contains("#7"));
}

#[test]
fn an_item_is_shown_whole_and_kept_up_to_date_while_it_is_looked_at() {
    let mut model = model();
    assert_eq!(press(&mut model, KeyCode::Enter), Some(Wish::Details(7)));
    let mut whole = item(7, "msp", "unclaimed", "");
    whole["timeline"] = json!([{ "at": "2026-11-22T11:00:00Z", "event": "comment", "text": "it is the log",
        "by": { "person": "omar", "side": "internal" } }]);
    model.hear(News::Details(whole.clone()), noon()).unwrap();
    let text = seen(&model, 80, 40);
    assert!(
        text.contains("#7  P1 critical  disk / is nearly full") && text.contains("“it is the log”"),
        "{text}"
    );
    whole["version"] = json!(2);
    assert_eq!(changed(&mut model, &whole), Some(Wish::Details(7)));
    assert_eq!(press(&mut model, KeyCode::Esc), None);
    assert_eq!(model.page, Page::Crews);
}

#[test]
fn a_refusal_and_a_broken_line_are_said_and_a_line_that_is_back_asks_anew() {
    let mut model = model();
    let refused = Failure::new(Exit::NotAllowed, "`claim` on acme is missing; omar can give it");
    model.hear(News::Failed(refused), noon()).unwrap();
    assert!(seen(&model, 80, 24).contains("`claim` on acme is missing; omar can give it"));
    press(&mut model, KeyCode::Down);
    assert!(!seen(&model, 80, 24).contains("is missing"));
    model.hear(News::Told(Word::Broken("the collector stops".to_owned())), noon()).unwrap();
    assert!(seen(&model, 80, 24).contains("not live: the collector stops"));
    assert_eq!(model.hear(News::Told(Word::Connected), noon()).unwrap(), Some(Wish::Reload));
    assert_eq!(model.hear(News::Told(Word::Missed), noon()).unwrap(), Some(Wish::Reload));
    let out = Failure::new(Exit::NotAllowed, "the token was revoked");
    assert!(model.hear(News::Told(Word::Refused(out)), noon()).is_err());
}

#[test]
fn what_is_not_ours_to_see_any_more_leaves_the_screen_before_the_next_queue_is_there() {
    let mut model = model();
    press(&mut model, KeyCode::Enter);
    model.hear(News::Details(item(7, "msp", "claimed", "")), noon()).unwrap();
    assert!(seen(&model, 120, 30).contains("#7"));
    assert_eq!(model.hear(News::Told(Word::SightLost), noon()).unwrap(), Some(Wish::Reload));
    let empty = seen(&model, 120, 30);
    assert!(!empty.contains("#7") && !empty.contains("#9"), "{empty}");
}

#[test]
fn only_q_and_control_c_leave_and_typing_q_into_a_comment_does_not() {
    let mut model = model();
    assert_eq!(press(&mut model, KeyCode::Char('q')), Some(Wish::Quit));
    press(&mut model, KeyCode::Char('m'));
    assert_eq!(press(&mut model, KeyCode::Char('q')), None);
    let wish = type_in(&mut model, "uiet now");
    assert_eq!(wish, Some(Wish::Act { number: 7, act: "comment", body: json!({ "text": "quiet now" }) }));
    let control_c = KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL);
    press(&mut model, KeyCode::Char('m'));
    assert_eq!(keys::press(&mut model, control_c), Some(Wish::Quit));
}

#[test]
fn clocks_count_in_the_unit_that_matters() {
    for (seconds, text) in
        [(185, "3m 05s"), (0, "0m 00s"), (-760, "-12m 40s"), (3_840, "1h 04m"), (700_000, "8d")]
    {
        assert_eq!(render::clock(jiff::SignedDuration::from_secs(seconds)), text);
    }
}
