//! Orgs, people and what they may do.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Subcommand};
use dogwatch_model::{OrgId, Side, SiteId, TeamId};

use super::{
    Over, Watching,
    access::{ById, side},
};
use crate::when::parse_lifetime;

/// What may be given by one word; what each holds the collector decides.
const ROLES: [&str; 3] = ["viewer", "member", "admin"];

/// What people may do, as the collector calls it.
const VERBS: [&str; 11] = [
    "view",
    "comment",
    "claim",
    "handoff",
    "snooze",
    "close",
    "configure",
    "sign",
    "export",
    "administer",
    "intake",
];

#[derive(Subcommand)]
pub(crate) enum Org {
    /// Those that you see
    #[command(after_help = "Example: dogwatch org list")]
    List(Watching),
    /// Make one; its matrix is the starter until both sides have agreed on theirs
    #[command(after_help = "Example: dogwatch org create acme --name 'Acme Ltd'")]
    Create(CreateOrg),
    /// One of them
    #[command(after_help = "Example: dogwatch org show acme")]
    Show(OneOrg),
    /// Write all of its data into a file, and check that it is whole
    #[command(after_help = "Example: dogwatch org export acme acme.jsonl")]
    Export(ExportOrg),
    /// The MSP leaves: all that it has there ends, for good
    #[command(after_help = "Example: dogwatch org offboard acme --side msp --yes acme --export acme.jsonl")]
    Offboard(Offboard),
    /// Ask a second factor of everybody, or of administrators only
    #[command(after_help = "Example: dogwatch org second-factor acme --only-administrators")]
    SecondFactor(SecondFactor),
}

#[derive(ClapArgs)]
pub(crate) struct OneOrg {
    /// The org
    pub(crate) org: OrgId,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct CreateOrg {
    /// Its id: small letters, digits, `-`, `_` and `.`; it never changes
    pub(crate) org: OrgId,
    /// What people call it [default: its id]; later it stands in the org's matrix
    #[arg(long)]
    pub(crate) name: Option<String>,
}

#[derive(ClapArgs)]
pub(crate) struct ExportOrg {
    /// The org
    pub(crate) org: OrgId,
    /// File to write, for your eyes alone; it must not be there yet
    pub(crate) file: PathBuf,
    #[command(flatten)]
    pub(crate) over: Over,
}

#[derive(ClapArgs)]
pub(crate) struct Offboard {
    /// The org
    pub(crate) org: OrgId,
    /// Who leaves
    #[arg(long, default_value = "msp", value_parser = side)]
    pub(crate) side: Side,
    /// The org's name once more, to confirm it
    #[arg(long, default_value = "")]
    pub(crate) yes: String,
    /// Where the org's data is written before; it must not be there yet [default: ORG.jsonl]
    #[arg(long)]
    pub(crate) export: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) over: Over,
}

#[derive(ClapArgs)]
pub(crate) struct SecondFactor {
    /// The org
    pub(crate) org: OrgId,
    /// Of administrators only
    #[arg(long)]
    pub(crate) only_administrators: bool,
}

#[derive(Subcommand)]
pub(crate) enum Access {
    /// Grants, or what is to be looked at
    #[command(after_help = "Example: dogwatch access list --due")]
    List(ListAccess),
    /// People that you see
    #[command(after_help = "Example: dogwatch access people --org acme")]
    People(OfOneOrg),
    /// Let somebody of your side in
    #[command(after_help = "Example: dogwatch access invite omar --org acme --role admin --side internal")]
    Invite(Invite),
    /// Give rights to somebody of your side
    #[command(
        after_help = "Example: dogwatch access grant kim configure --scope acme --reason \"patch project\" --expires 30d"
    )]
    Grant(GrantAccess),
    /// Say yes to the risky verbs of a grant, or to what a broken seal gave
    ///
    /// What a broken seal gave ends in a week unless it is confirmed. Who came back through one counts as on trial until
    /// somebody who administers there for good says yes to a grant of theirs, or until nobody has objected for three days.
    #[command(after_help = "Example: dogwatch access approve 4f1c2a9b01 --org acme")]
    Approve(OneGrant),
    /// Take that back, or say no; or object to somebody who came back through a broken seal
    ///
    /// A no to a grant of somebody who came back through a broken seal is the objection to them: from then on time does not
    /// confirm them, and only the word of somebody who administers there for good does (`dogwatch access approve`).
    #[command(after_help = "Example: dogwatch access refuse 4f1c2a9b01 --org acme")]
    Refuse(OneGrant),
    /// End a grant
    #[command(after_help = "Example: dogwatch access revoke 4f1c2a9b01 --why \"left the team\"")]
    Revoke(RevokeGrant),
    /// Say that a grant is still right
    #[command(after_help = "Example: dogwatch access review 4f1c2a9b01 --again 90d")]
    Review(ReviewGrant),
    /// Keep somebody out, at once
    #[command(after_help = "Example: dogwatch access disable kim")]
    Disable(OnePerson),
    /// Let them in again
    #[command(after_help = "Example: dogwatch access enable kim")]
    Enable(OnePerson),
    /// Why somebody may do something, or not
    #[command(after_help = "Example: dogwatch access check kim export --scope acme")]
    Check(Check),
    /// Seal a code for a bad day, to be kept on paper
    #[command(
        after_help = "Examples: dogwatch access break-glass --scope acme\n          dogwatch access break-glass list\n          dogwatch access break-glass revoke 5ea1"
    )]
    BreakGlass(Seal),
}

#[derive(ClapArgs)]
pub(crate) struct OfOneOrg {
    /// Of one org
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct ListAccess {
    /// Reviews due, approvals wanted, ends near, accounts and tokens that nobody uses
    #[arg(long)]
    pub(crate) due: bool,
    /// In one org
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// Of one person
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Ended ones too
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
pub(crate) struct Invite {
    /// Who
    pub(crate) person: String,
    /// Their side [default: yours]
    #[arg(long, value_parser = side)]
    pub(crate) side: Option<Side>,
    /// Their team
    #[arg(long)]
    pub(crate) team: Option<TeamId>,
    /// The org they belong to
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// The one site of it that they see
    #[arg(long, requires = "org")]
    pub(crate) site: Option<SiteId>,
    /// What they may do: viewer, member or admin
    #[arg(long, default_value = "member", value_parser = ROLES, hide_possible_values = true)]
    pub(crate) role: String,
    /// It is a program: no password, tokens only
    #[arg(long)]
    pub(crate) service: bool,
    /// Somebody who is known and has lost their password or second factor
    #[arg(long)]
    pub(crate) again: bool,
}

#[derive(ClapArgs)]
pub(crate) struct GrantAccess {
    /// Who
    pub(crate) person: String,
    /// What: claim, handoff, snooze, close, configure, sign, export, administer, intake
    #[arg(required = true, value_parser = VERBS, hide_possible_values = true)]
    pub(crate) verbs: Vec<String>,
    /// Where: ORG, ORG/SITE or * [default: their home]
    #[arg(long)]
    pub(crate) scope: Option<String>,
    /// What for
    #[arg(long)]
    pub(crate) reason: String,
    /// For how long: 8h, 90d [default: until revoked]
    #[arg(long, value_parser = parse_lifetime)]
    pub(crate) expires: Option<u32>,
    /// When to look at it again: 30d [default: 180d, 90d with export or administer]
    #[arg(long, value_parser = parse_lifetime)]
    pub(crate) review: Option<u32>,
}

#[derive(ClapArgs)]
pub(crate) struct OneGrant {
    /// Its short id, from the list
    pub(crate) id: String,
    /// In which org [default: the grant's]
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
}

#[derive(ClapArgs)]
pub(crate) struct RevokeGrant {
    /// Its short id, from the list
    pub(crate) id: String,
    /// Why
    #[arg(long, default_value = "")]
    pub(crate) why: String,
}

#[derive(ClapArgs)]
pub(crate) struct ReviewGrant {
    /// Its short id, from the list
    pub(crate) id: String,
    /// When to look at it again: 30d
    #[arg(long, value_parser = parse_lifetime)]
    pub(crate) again: Option<u32>,
}

#[derive(ClapArgs)]
pub(crate) struct OnePerson {
    /// Who: omar, or acme:omar where there are several
    pub(crate) person: String,
}

#[derive(ClapArgs)]
pub(crate) struct Check {
    /// Who
    pub(crate) person: String,
    /// What
    #[arg(value_parser = VERBS, hide_possible_values = true)]
    pub(crate) verb: String,
    /// Where: ORG, ORG/SITE or * [default: their home; of who is at home everywhere, the one org that you see]
    #[arg(long)]
    pub(crate) scope: Option<String>,
    #[command(flatten)]
    pub(crate) watching: Watching,
}

#[derive(ClapArgs)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Seal {
    /// Instead of sealing one
    #[command(subcommand)]
    pub(crate) kept: Option<Seals>,
    /// What it is to open: ORG, or * for the MSP's own people
    #[arg(long, required = true)]
    pub(crate) scope: Option<String>,
}

#[derive(Subcommand)]
pub(crate) enum Seals {
    /// Those that were sealed: for what, by whom, and whether they still open it; never the codes
    #[command(after_help = "Example: dogwatch access break-glass list")]
    List(Watching),
    /// Put one out of use, such as one whose paper went astray
    #[command(after_help = "Example: dogwatch access break-glass revoke 5ea1")]
    Revoke(ById),
}

/// Who a token is for.
#[derive(ClapArgs)]
pub(crate) struct CreateToken {
    /// Who it is for, as olga or acme:olga [default: you]
    #[arg(long)]
    pub(crate) person: Option<String>,
    /// Their side: msp, internal or vendor [default: yours]
    #[arg(long, value_parser = side)]
    pub(crate) side: Option<Side>,
    /// Their team
    #[arg(long)]
    pub(crate) team: Option<TeamId>,
    /// The one org it reaches [default: all that you see for the MSP side, the only one there is for others]
    #[arg(long)]
    pub(crate) org: Option<OrgId>,
    /// The one site of it that it reaches
    #[arg(long)]
    pub(crate) site: Option<SiteId>,
    /// What it may do: viewer, member or admin [default: member; as much as you for your own]
    #[arg(long, conflicts_with = "verbs", value_parser = ROLES, hide_possible_values = true)]
    pub(crate) role: Option<String>,
    /// The same, verb by verb: view,claim,close
    #[arg(long, value_delimiter = ',', value_parser = VERBS, hide_possible_values = true)]
    pub(crate) verbs: Vec<String>,
    /// For how long: 8h, 90d [default: 90d]
    #[arg(long, value_parser = parse_lifetime)]
    pub(crate) expires: Option<u32>,
    /// It is for a program
    #[arg(long, requires = "person")]
    pub(crate) service: bool,
    /// Until revoked: programs only
    #[arg(long, requires = "person", conflicts_with = "expires")]
    pub(crate) never_expires: bool,
}
