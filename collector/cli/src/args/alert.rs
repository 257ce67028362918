//! One alert, and everything that people do with it.

use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use dogwatch_model::{OrgId, PersonId, SiteId, TeamId, ToolId};
use dogwatch_triage::{
    alert::{Priority, WaitOn},
    finding::Severity,
};

use super::{Watching, work::alert_number};

#[derive(Subcommand)]
pub(crate) enum Alert {
    /// Everything: evidence, owner and why, clocks, timeline
    #[command(after_help = "Examples: dogwatch alert show 1042\n          dogwatch alert show 1042 --watch")]
    Show {
        #[command(flatten)]
        of: Numbered,
        #[command(flatten)]
        watching: Watching,
    },
    /// Open an item by hand, for what somebody called about
    #[command(
        after_help = "Examples: dogwatch alert open --tool backup --endpoint srv-01 --severity critical 'the tape drive clicks'\n          dogwatch alert open --tool network --site toronto --org acme 'the uplink is slow for everybody'"
    )]
    Open(Open),
    /// Take it
    #[command(after_help = "Example: dogwatch alert claim 1042")]
    Claim(Overridden),
    /// Give it back
    #[command(after_help = "Example: dogwatch alert release 1042")]
    Release(Overridden),
    /// Give it to a colleague of one's own side
    #[command(after_help = "Example: dogwatch alert assign 1042 kim")]
    Assign(Assign),
    /// Offer it to another team, with what they must know
    #[command(
        after_help = "Example: dogwatch alert handoff 1042 --tried 'restarted the job twice' --state 'it fails at the third volume' \\\n           --why 'the share is yours' --to it --link https://wiki.example/backup"
    )]
    Handoff(Handoff),
    /// Take what was offered
    #[command(after_help = "Example: dogwatch alert accept 1042")]
    Accept(Numbered),
    /// Do not take what was offered
    #[command(
        after_help = "Example: dogwatch alert decline 1042 'the share is in your data centre' --not-ours"
    )]
    Decline(Decline),
    /// Take an offer back
    #[command(after_help = "Example: dogwatch alert withdraw 1042")]
    Withdraw(Overridden),
    /// It waits for others
    #[command(after_help = "Example: dogwatch alert wait 1042 vendor 'case 4711 is open' --until 2d")]
    Wait(Wait),
    /// It waits no more
    #[command(after_help = "Example: dogwatch alert resume 1042")]
    Resume(Overridden),
    /// Put it to sleep
    #[command(
        after_help = "Examples: dogwatch alert snooze 1042 'the shop is closed' --until '2026-12-07 08:00'\n          dogwatch alert snooze 1042 --until 4h --reason 'the shop is closed'"
    )]
    Snooze(Snooze),
    /// Wake it before its time
    #[command(after_help = "Example: dogwatch alert wake 1042")]
    Wake(Numbered),
    /// Say something that stays
    #[command(after_help = "Example: dogwatch alert comment 1042 'waiting for a new disk'")]
    Comment(Comment),
    /// Say that it was seen
    #[command(after_help = "Example: dogwatch alert acknowledge 1042")]
    Acknowledge(Numbered),
    /// Say how urgent it is
    #[command(after_help = "Example: dogwatch alert prioritise 1042 P1 'payroll runs tonight'")]
    Prioritise(Prioritise),
    /// Tie it to another, to be seen together
    #[command(after_help = "Example: dogwatch alert link 1042 1040")]
    Link(Link),
    /// End it as a duplicate of another
    #[command(after_help = "Example: dogwatch alert merge 1042 1040")]
    Merge(Merge),
    /// Say whether it was worth one's time
    #[command(after_help = "Example: dogwatch alert feedback 1042 noise 'it happens at every reboot'")]
    Feedback(Feedback),
    /// End it
    #[command(after_help = "Example: dogwatch alert close 1042 'replaced the disk'")]
    Close(Close),
    /// Go on with what was done
    #[command(after_help = "Example: dogwatch alert reopen 1042 'it fails again'")]
    Reopen(Reopen),
}

#[derive(ClapArgs)]
pub(crate) struct Numbered {
    /// Its number: 1042 or #1042
    #[arg(value_parser = alert_number)]
    pub(crate) number: u64,
}

/// The reason where an act steps on somebody's toes.
#[derive(ClapArgs)]
pub(crate) struct Override {
    /// Do it although it is with another or somebody else's turn, with this reason
    #[arg(long = "override", id = "override", value_name = "REASON")]
    pub(crate) reason: Option<String>,
}

/// Why: the word behind the others, or with its name, as people have it in their fingers from other commands.
#[derive(ClapArgs)]
pub(crate) struct Reason {
    /// Why
    #[arg(required_unless_present = "named")]
    reason: Option<String>,
    /// The same, with its name
    #[arg(long = "reason", value_name = "REASON", conflicts_with = "reason")]
    named: Option<String>,
}

impl Reason {
    /// What was said.
    pub(crate) fn text(&self) -> String {
        self.reason.as_ref().or(self.named.as_ref()).cloned().unwrap_or_default()
    }
}

#[derive(ClapArgs)]
pub(crate) struct Overridden {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    #[command(flatten)]
    pub(crate) over: Override,
}

#[derive(ClapArgs)]
pub(crate) struct Open {
    /// What is the matter; the first line is its title
    pub(crate) text: String,
    /// Tool that it concerns; its owner gets it
    #[arg(long)]
    pub(crate) tool: ToolId,
    #[command(flatten)]
    pub(crate) place: Place,
    /// Org of that site [default: the only one that you see]
    #[arg(long, conflicts_with = "endpoint")]
    pub(crate) org: Option<OrgId>,
    /// How bad it is: info, warning or critical
    #[arg(long, default_value = "warning", value_parser = word::<Severity>)]
    pub(crate) severity: Severity,
    /// It is none of those that are open about the same
    #[arg(long)]
    pub(crate) another: bool,
}

/// What an item that is opened by hand is about.
#[derive(ClapArgs)]
#[group(id = "place", required = true, multiple = false)]
pub(crate) struct Place {
    /// Endpoint that it is about
    #[arg(long)]
    pub(crate) endpoint: Option<String>,
    /// Site that it is about, when it is about no endpoint
    #[arg(long)]
    pub(crate) site: Option<SiteId>,
}

#[derive(ClapArgs)]
pub(crate) struct Assign {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// Who
    pub(crate) person: PersonId,
    #[command(flatten)]
    pub(crate) over: Override,
}

#[derive(ClapArgs)]
pub(crate) struct Handoff {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// What was tried, and what came of it
    #[arg(long, value_name = "TEXT")]
    pub(crate) tried: Option<String>,
    /// How things stand now
    #[arg(long, value_name = "TEXT")]
    pub(crate) state: Option<String>,
    /// Why it is for them
    #[arg(long, value_name = "TEXT")]
    pub(crate) why: Option<String>,
    /// What is blocked meanwhile
    #[arg(long, value_name = "TEXT")]
    pub(crate) blocked: Option<String>,
    /// When it must be done: 4h, 2d, or '2026-12-07 08:00 America/Toronto'
    #[arg(long, value_name = "WHEN")]
    pub(crate) deadline: Option<String>,
    /// Screens, logs, tickets; may be given again
    #[arg(long, value_name = "URL")]
    pub(crate) link: Vec<String>,
    /// To which team [default: that of the other side which the matrix names]
    #[arg(long, value_name = "TEAM")]
    pub(crate) to: Option<TeamId>,
    /// It never belonged here
    #[arg(long)]
    pub(crate) not_ours: bool,
    #[command(flatten)]
    pub(crate) over: Override,
}

#[derive(ClapArgs)]
pub(crate) struct Decline {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    #[command(flatten)]
    pub(crate) reason: Reason,
    /// It never belonged here
    #[arg(long)]
    pub(crate) not_ours: bool,
}

#[derive(ClapArgs)]
pub(crate) struct Wait {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// For whom or what: vendor, user, reboot or window
    #[arg(value_parser = word::<WaitOn>)]
    pub(crate) on: WaitOn,
    #[command(flatten)]
    pub(crate) reason: Reason,
    /// When to look at it again: 4h, 2d, or '2026-12-07 08:00 America/Toronto'
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: String,
    #[command(flatten)]
    pub(crate) over: Override,
}

#[derive(ClapArgs)]
pub(crate) struct Snooze {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    #[command(flatten)]
    pub(crate) reason: Reason,
    /// Until when: 4h, 2d, or '2026-12-07 08:00 America/Toronto'
    #[arg(long, value_name = "WHEN")]
    pub(crate) until: String,
    #[command(flatten)]
    pub(crate) over: Override,
}

#[derive(ClapArgs)]
pub(crate) struct Comment {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// What to say
    pub(crate) text: String,
}

#[derive(ClapArgs)]
pub(crate) struct Prioritise {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// P1 (drop everything) to P4 (when there is time)
    #[arg(value_parser = priority)]
    pub(crate) priority: Priority,
    #[command(flatten)]
    pub(crate) reason: Reason,
    #[command(flatten)]
    pub(crate) over: Override,
}

#[derive(ClapArgs)]
pub(crate) struct Link {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// The other one
    #[arg(value_parser = alert_number)]
    pub(crate) to: u64,
}

#[derive(ClapArgs)]
pub(crate) struct Merge {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// The one that goes on
    #[arg(value_parser = alert_number)]
    pub(crate) into: u64,
    #[command(flatten)]
    pub(crate) over: Override,
}

/// What somebody thinks of an alert.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Opinion {
    /// It was not worth my time
    Noise,
    /// It was
    Useful,
}

#[derive(ClapArgs)]
pub(crate) struct Feedback {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// What you think of it
    pub(crate) opinion: Opinion,
    /// What else there is to say
    pub(crate) text: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct Close {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    /// How it ended
    #[arg(required_unless_present = "named")]
    resolution: Option<String>,
    /// The same, with a name
    #[arg(
        long = "reason",
        visible_alias = "resolution",
        value_name = "RESOLUTION",
        conflicts_with = "resolution"
    )]
    named: Option<String>,
    #[command(flatten)]
    pub(crate) over: Override,
}

impl Close {
    /// How it ended.
    pub(crate) fn text(&self) -> String {
        self.resolution.as_ref().or(self.named.as_ref()).cloned().unwrap_or_default()
    }
}

#[derive(ClapArgs)]
pub(crate) struct Reopen {
    #[command(flatten)]
    pub(crate) alert: Numbered,
    #[command(flatten)]
    pub(crate) reason: Reason,
}

/// One of a few words, which the error lists.
pub(super) fn word<T: std::str::FromStr<Err = dogwatch_model::IdError>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error: dogwatch_model::IdError| error.to_string())
}

fn priority(text: &str) -> Result<Priority, String> {
    word(&text.to_uppercase())
}
