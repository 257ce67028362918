//! Who asks the collector while somebody looks at the screen: one thread for answers, one for events.

use std::{
    collections::BTreeMap,
    sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel},
    thread,
    time::Duration,
};

use dogwatch_model::Side;
use serde_json::Value;

use super::{keys::Wish, pulse::Pulse};
use crate::{
    client::Client,
    events::{Following, Word},
    failure::Failure,
    output::text_at,
};

/// The kinds of changes that are seen.
const KINDS: &str = "alert,endpoint,window,ownership";

/// What may be wrong, for who is on watch: a side's teams differ by what it is about.
const ABOUT: [&str; 7] = ["availability", "backup", "patch", "security", "capacity", "service", "agent"];

/// Orgs whose crews are named: more do not fit in a line.
const MAX_ORGS: usize = 3;

/// How long one wait for events is; the line's own times are in [`Following`].
const WAIT: Duration = Duration::from_secs(5);

/// News that wait to be drawn, and that are taken in before it is drawn again: whatever floods in, the keys still work.
pub(super) const MAX_NEWS: usize = 128;

/// Who is on watch, of each side.
pub(super) type Watch = BTreeMap<Side, Vec<String>>;

/// What comes back.
pub(super) enum News {
    /// The queue.
    Queue(Value),
    /// The fleet's counts.
    Pulse(Pulse),
    /// Who is on watch.
    Watch(Watch),
    /// All about an item.
    Details(Value),
    /// An item after an act.
    Done(Value),
    /// Something could not be had or done.
    Failed(Failure),
    /// What the collector tells by itself.
    Told(Word),
}

/// The way to ask.
pub(super) struct Desk(Sender<Wish>);

impl Desk {
    /// Begins to ask and to listen.
    pub(super) fn open(client: &Client) -> (Self, Receiver<News>) {
        let (wishes, wished) = channel();
        let (news, told) = sync_channel(MAX_NEWS);
        thread::spawn({
            let (client, news) = (client.clone(), news.clone());
            move || answer(&client, &wished, &news)
        });
        let mut following = Following::begin(client, KINDS);
        thread::spawn(move || {
            loop {
                if let Some(word) = following.next(WAIT)
                    && news.send(News::Told(word)).is_err()
                {
                    return;
                }
            }
        });
        (Self(wishes), told)
    }

    /// Asks; the answer comes as news.
    pub(super) fn ask(&self, wish: Wish) {
        // A desk whose thread has ended has told why.
        let _ = self.0.send(wish);
    }
}

fn answer(client: &Client, wishes: &Receiver<Wish>, news: &SyncSender<News>) {
    for wish in wishes {
        // Each is told as soon as it is there: the queue does not wait for the counts.
        let tell = |told: Result<News, Failure>| drop(news.send(told.unwrap_or_else(News::Failed)));
        match wish {
            Wish::Quit => return,
            Wish::Reload => match client.get("queue", &[]) {
                Ok(queue) => {
                    tell(Ok(News::Queue(queue.clone())));
                    tell(Pulse::count(client).map(News::Pulse));
                    tell(Ok(News::Watch(on_watch(client, &queue))));
                }
                Err(failure) => tell(Err(failure)),
            },
            Wish::Pulse => tell(Pulse::count(client).map(News::Pulse)),
            Wish::Details(number) => {
                tell(client.get(&format!("alerts/{number}"), &[]).map(News::Details));
            }
            Wish::Act { number, act, body } => {
                tell(client.post(&format!("alerts/{number}/{act}"), &body).map(News::Done));
            }
        }
    }
}

/// Who acts first now, whatever it is about. What cannot be learned is left out: it is shown beside the queue.
fn on_watch(client: &Client, queue: &Value) -> Watch {
    let mut orgs: Vec<String> =
        queue["alerts"].as_array().into_iter().flatten().map(|item| text_at(item, "org")).collect();
    orgs.sort();
    orgs.dedup();
    orgs.truncate(MAX_ORGS);
    if orgs.is_empty() {
        orgs.push(String::new());
    }
    let mut watch = Watch::new();
    for org in &orgs {
        for about in ABOUT {
            let params = [("about", about), ("org", org.as_str())];
            let params = if org.is_empty() { &params[..1] } else { &params[..] };
            let Ok(answer) = client.get("who", params) else { continue };
            let first = &answer["first_responder"];
            let Ok(side) = text_at(first, "side").parse::<Side>() else { continue };
            let who = match text_at(first, "person.name") {
                none if none.is_empty() => text_at(first, "team"),
                person => format!("{person} ({})", text_at(first, "team")),
            };
            let of_side = watch.entry(side).or_default();
            if !of_side.contains(&who) {
                of_side.push(who);
            }
        }
    }
    watch
}
