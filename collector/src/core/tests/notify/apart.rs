//! Nobody's messages tell of another org, or of another site: two collectors are played the same hours, alike but for what
//! happens where somebody may not look, and the ways that are somebody's are told the same, to the byte and the second.
//!
//! *Nobody has to remember.* Each message is written in every shape that there is ([`Kind::ALL`]).
//!
//! *What is held equal by hand.* Items are numbered through the whole collector, so a gap between one's own numbers tells
//! how much was found elsewhere. That is known; here what is hidden counts by itself.

use super::*;

/// What somebody may not look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hidden {
    /// The org `zebra`.
    Org,
    /// The site `yak` of their own org, which has a team of its own.
    Site,
}

impl Hidden {
    const fn word(self) -> &'static str {
        match self {
            Self::Org => "zebra",
            Self::Site => "yak",
        }
    }

    const fn org(self) -> &'static str {
        match self {
            Self::Org => "zebra",
            Self::Site => "globex",
        }
    }
}

/// A way of each kind, as a matrix lists them.
fn ways_of(word: &str) -> String {
    format!("{:?}", Kind::ALL.iter().map(|kind| format!("{word}-{kind}")).collect::<Vec<_>>())
}

/// What the site's own team looks after.
const YARD: &str = "
[[team]]
id = \"yard\"
side = \"internal\"
email = \"yard@yak.example\"
channels = @WAYS@

[[row]]
id = \"yard\"
endpoint = 'site == \"yak\"'
responsible = \"yard\"
accountable = \"yard\"
";

fn matrix(org: &str) -> String {
    let own = format!("email = \"it@{org}.example\"\nchannels = {}", ways_of(org));
    MATRIX
        .replace("@ORG@", org)
        .replace("channels = [\"it-chat\"]", &own)
        .replace("[\"noc-chat\"]", &ways_of("noc"))
        .replace("\n[[row]]", &format!("{}\n[[row]]", YARD.replace("@WAYS@", &ways_of("yak"))))
}

fn ways_there_are() -> Facts {
    let way = |word: &str, org: Option<&str>| {
        let id = |kind: &Kind| format!("{word}-{kind}").parse().unwrap();
        let org = org.map(|org| org.parse().unwrap());
        Kind::ALL.iter().map(|kind| (id(kind), (*kind, org.clone()))).collect::<Vec<_>>()
    };
    let all = [("globex", Some("globex")), ("yak", Some("globex")), ("zebra", Some("zebra")), ("noc", None)];
    let channels = all.into_iter().flat_map(|(word, org)| way(word, org)).collect();
    Facts { channels, ..facts() }
}

/// A message as it went out.
#[derive(Debug, Clone, PartialEq)]
struct Heard {
    at: Timestamp,
    via: String,
    /// In every shape there is.
    written: String,
}

/// A collector with what is hidden, or without.
struct World {
    desk: Desk,
    hidden: Option<Hidden>,
    /// The next number of what is hidden.
    number: u64,
    heard: Vec<Heard>,
}

impl World {
    fn new(hidden: Hidden, there: bool) -> Self {
        let mut orgs = vec!["globex"];
        orgs.extend((hidden == Hidden::Org && there).then_some("zebra"));
        let texts: Vec<_> = orgs.into_iter().map(|org| (org.parse().unwrap(), matrix(org))).collect();
        let desk = Desk::over(Sim::new(), Policy::of_texts(&texts, ""), ways_there_are());
        Self { desk, hidden: there.then_some(hidden), number: 500_000, heard: Vec::new() }
    }

    fn find(&mut self, (org, site, word): (&str, &str, &str), machine: u128, subjects: std::ops::Range<u32>) {
        let now = self.desk.sim.now;
        let mut endpoint = endpoint(EndpointId(Uuid::from_u128(machine)), org, now);
        endpoint.criticality = self.desk.criticality;
        (endpoint.site, endpoint.name) = (site.parse().unwrap(), format!("{word}-srv-{machine}"));
        let about = |subject| Finding { title: format!("job {subject} of {word}"), ..finding(subject, now) };
        self.desk.find(endpoint, subjects.map(about));
    }

    fn own(&mut self, machine: u128, subjects: std::ops::Range<u32>) {
        self.find(("globex", "main", "own"), machine, subjects);
    }

    /// Something is found where nobody of ours may look, if that is there.
    fn elsewhere(&mut self, machine: u128, subjects: std::ops::Range<u32>) {
        let Some(hidden) = self.hidden else { return };
        let site = if hidden == Hidden::Site { "yak" } else { "main" };
        let counts = |world: &Self| world.desk.sim.core.shared.clone();
        let own = std::mem::replace(&mut counts(self).write().unwrap().next_alert, self.number);
        self.find((hidden.org(), site, hidden.word()), 1_000 + machine, subjects);
        self.number = std::mem::replace(&mut counts(self).write().unwrap().next_alert, own);
    }

    fn over_elsewhere(&mut self, machine: u128, subject: u32) {
        if self.hidden.is_some() {
            self.desk.clear(1_000 + machine, subject);
        }
    }

    fn pass(&mut self, seconds: i64) {
        let end = self.desk.sim.now + SignedDuration::from_secs(seconds);
        while self.desk.sim.now < end {
            self.desk.sim.pass(SignedDuration::from_secs(5));
            for message in self.desk.sent() {
                self.desk.ended(&message.id, Outcome::Delivered { tries: 1 });
                let (at, via) = (self.desk.sim.now, message.via.to_string());
                let written = Kind::ALL.iter().flat_map(|kind| notify::written(&message, *kind));
                self.heard.push(Heard { at, via, written: written.collect::<Vec<_>>().join("\n") });
            }
        }
    }

    /// Hours of both: single items, ends, one that cannot wait, storms that one message does not name one by one.
    fn play(&mut self) {
        self.own(1, 0..2);
        self.elsewhere(1, 0..3);
        self.pass(90);
        self.elsewhere(1, 3..4);
        self.desk.clear(1, 1);
        self.over_elsewhere(1, 2);
        self.pass(400);
        self.desk.criticality = Criticality::Critical;
        self.elsewhere(2, 0..40);
        self.own(2, 0..1);
        self.desk.criticality = Criticality::Normal;
        self.pass(600);
        for machine in 3..9 {
            self.elsewhere(machine, 0..60);
            self.pass(10);
        }
        self.own(3, 0..70);
        self.pass(1_200);
        self.desk.clear(2, 0);
        (0..30).for_each(|subject| self.over_elsewhere(3, subject));
        self.pass(900);
    }

    /// What came through the ways that begin so, or through the mailbox.
    fn heard_by(&self, word: &str, mailbox: &str) -> Vec<Heard> {
        let theirs = |via: &str| via.starts_with(&format!("{word}-")) || via.ends_with(mailbox);
        self.heard.iter().filter(|heard| theirs(&heard.via)).cloned().collect()
    }
}

fn nothing_is_told_of(hidden: Hidden) {
    let (mut with, mut without) = (World::new(hidden, true), World::new(hidden, false));
    with.play();
    without.play();
    let (told, untold) =
        (with.heard_by("globex", "it@globex.example"), without.heard_by("globex", "it@globex.example"));
    for (one, other) in told.iter().zip(&untold) {
        assert_eq!(one, other, "{hidden:?}");
    }
    assert_eq!(told.len(), untold.len(), "{hidden:?}");
    for heard in &told {
        assert!(!heard.written.contains(hidden.word()), "{hidden:?}: {heard:?}");
    }
    // All of that proves something only where a storm was summed up, and those whose it is were told.
    assert!(told.iter().any(|heard| heard.written.contains("\"more\":50")), "{told:?}");
    let ways: BTreeSet<&str> = told.iter().map(|heard| heard.via.as_str()).collect();
    assert_eq!(ways.len(), Kind::ALL.len() + 1, "{ways:?}");
    let mailbox = if hidden == Hidden::Org { "it@zebra.example" } else { "yard@yak.example" };
    let theirs = with.heard_by(hidden.word(), mailbox);
    assert!(theirs.len() > Kind::ALL.len() && theirs[0].written.contains(hidden.word()), "{theirs:?}");
    // A way of the MSP's hears of both, and of one at a time.
    for heard in with.heard_by("noc", "mira@msp.example") {
        let of = |word: &str| heard.written.contains(&format!("Org {word}"));
        assert!(hidden == Hidden::Site || of("globex") != of("zebra"), "{heard:?}");
    }
}

#[test]
fn no_message_tells_of_another_org() {
    nothing_is_told_of(Hidden::Org);
}

#[test]
fn no_message_tells_of_another_site() {
    nothing_is_told_of(Hidden::Site);
}

#[test]
fn a_channel_of_another_org_is_one_that_there_is_not() {
    let words = |facts: Facts| {
        let texts = [("globex".parse().unwrap(), matrix("globex").replace("globex-teams", "zebra-teams"))];
        let mut desk = Desk::over(Sim::new(), Policy::of_texts(&texts, ""), facts);
        desk.fire("globex", 1, 0..1);
        told(&desk.items()[0])
    };
    let there = ways_there_are();
    let mut not_there = ways_there_are();
    not_there.channels.retain(|id, _| !id.as_str().starts_with("zebra"));
    let said = words(there);
    assert_eq!(said, words(not_there));
    assert!(said.iter().any(|word| word.contains("`zebra-teams` is not defined")), "{said:?}");
}
