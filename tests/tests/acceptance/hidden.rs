//! What is hidden might as well not be there, over a real connection: each path of the description that is served is asked for
//! what is another org's (or at another site) and for what nobody has, by everybody who may not see it. Both answers have
//! to be the same: status, headers, and the body to the byte but for the name that was asked for.
//!
//! The same is asked of every route within the collector's own tests, in more ways; here nothing of it is made up.

mod asking;
mod scene;

use dogwatch_tests::harness::wire::{Reply, Wire};

use asking::{Question, Questions};
use scene::{Asker, Named, Scene};

/// What every answer has, and what only follows from the hour.
const NOT_COMPARED: [&str; 2] = ["date", "content-length"];

/// Somebody with a connection of their own.
struct Line<'s> {
    scene: &'s Scene,
    asker: &'s Asker,
    wire: Wire,
}

impl<'s> Line<'s> {
    fn open(scene: &'s Scene, asker: &'s Asker) -> Self {
        Self { scene, asker, wire: Wire::open(scene.lab.collector()) }
    }

    fn ask(&mut self, question: &Question) -> Reply {
        let bearer = self.asker.token.as_ref().map(|token| format!("authorization: Bearer {token}\r\n"));
        let body = match question.body.is_empty() {
            true => "\r\n".to_owned(),
            false => {
                let length = question.body.len();
                format!(
                    "content-type: {}\r\ncontent-length: {length}\r\n\r\n{}",
                    question.media, question.body
                )
            }
        };
        let head = format!("{} {} HTTP/1.1\r\nhost: localhost\r\n", question.method, question.path);
        let reply = self.wire.ask(&(head + &bearer.unwrap_or_default() + &body));
        if reply.header("content-type") == Some("text/event-stream")
            || reply.header("connection") == Some("close")
        {
            self.wire = Wire::open(self.scene.lab.collector());
        }
        reply
    }
}

/// The text without its instants.
fn leveled(text: &str) -> String {
    const INSTANT: &[u8] = b"dddd-dd-ddTdd:dd:dd";
    let is_instant = |rest: &str| {
        let fits =
            |(want, byte): (&u8, u8)| if *want == b'd' { byte.is_ascii_digit() } else { *want == byte };
        rest.len() > INSTANT.len() && INSTANT.iter().zip(rest.bytes()).all(fits)
    };
    let (mut out, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        match is_instant(rest) {
            true => rest = rest.split_once('Z').map_or("", |(_, after)| after),
            false => {
                out.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    out
}

/// What two answers to a pair of questions are held against each other by: with what nobody has in place of the names that were
/// asked for.
fn compared(reply: &Reply, names: &[Named]) -> (u16, Vec<String>, String) {
    let kept = |line: &&String| !NOT_COMPARED.iter().any(|name| line.starts_with(&format!("{name}: ")));
    let head = reply.head.iter().filter(kept).cloned().collect();
    let body = names.iter().fold(reply.body.clone(), |body, (_, hidden, none)| match hidden.len() {
        // A number is everywhere; as a name it stands in quotes, or last in a command.
        ..4 => body
            .replace(&format!("`{hidden}`"), &format!("`{none}`"))
            .replace(&format!(" {hidden}`"), &format!(" {none}`")),
        // A filter has quotes of its own.
        _ => body.replace(hidden, none).replace(&hidden.replace('"', "\\\""), &none.replace('"', "\\\"")),
    });
    (reply.status, head, leveled(&body))
}

/// Asks all of these, and tells how many those were and which answers tell something.
fn walk(
    scene: &Scene,
    asker: &Asker,
    pairs: impl Iterator<Item = (Question, Question)>,
) -> (usize, Vec<String>) {
    let mut line = Line::open(scene, asker);
    let mut names = scene.names(asker);
    names.sort_by_key(|(_, hidden, _)| std::cmp::Reverse(hidden.len()));
    let (canaries, mut asked, mut faults) = (scene.canaries(asker), 0, Vec::new());
    for (hidden, missing) in pairs {
        let (one, other) = (line.ask(&hidden), line.ask(&missing));
        asked += 1;
        let what = format!("{}: {} {} {}", asker.who, hidden.method, hidden.path, hidden.body);
        if hidden.method != "GET" && (200..300).contains(&one.status) {
            // Done, to something of their own.
            if one.status != other.status {
                faults.push(format!("{what}\n  hidden  {one:?}\n  missing {other:?}"));
            }
            continue;
        }
        if compared(&one, &names) != compared(&other, &names) {
            faults.push(format!("{what}\n  hidden  {one:?}\n  missing {other:?}"));
        }
        let (told, given) =
            (format!("{:?} {}", one.head, one.body), format!("{} {}", hidden.path, hidden.body));
        let canary =
            canaries.iter().find(|word| told.contains(word.as_str()) && !given.contains(word.as_str()));
        faults.extend(canary.map(|word| format!("{what} tells of {word}: {told}")));
        if !asker.living && hidden.guarded && ![401, 403].contains(&one.status) {
            faults.push(format!("{what} is answered: {one:?}"));
        }
    }
    (asked, faults)
}

#[test]
fn what_is_hidden_is_answered_as_what_is_not_there_on_every_path_that_is_described() {
    let scene = Scene::new();
    let questions = Questions::of(&scene);
    let mut faults = Vec::new();
    let askers = scene.askers();
    // What changes something comes last: somebody may well make a thing of their own by such a name.
    for reads in [true, false] {
        for asker in &askers {
            let pairs = questions.pairs(asker).into_iter().filter(|(one, _)| (one.method == "GET") == reads);
            let (asked, found) = walk(&scene, asker, pairs);
            assert!(asked > 50, "{}: {asked} questions", asker.who);
            faults.extend(found);
        }
    }
    let some = faults.iter().take(8).cloned().collect::<Vec<_>>().join("\n");
    assert!(faults.is_empty(), "{} answers tell:\n{some}", faults.len());
}

/// The rest would prove nothing if those whose it is saw nothing either.
#[test]
fn what_is_hidden_from_others_is_there() {
    let scene = Scene::new();
    for (name, hidden, _) in scene.names(&scene.zed()) {
        if let Some(path) = asking::where_shown(name, &hidden) {
            let shown = Line::open(&scene, &scene.zed()).ask(&Question::get(&path));
            assert!(shown.status == 200 && shown.body.contains(&hidden), "{path}: {shown:?}");
        }
    }
}
