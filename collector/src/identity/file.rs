//! The file as it is written, and its way into [`Providers`].

use std::{collections::BTreeMap, fs, io, os::unix::fs::PermissionsExt as _, path::Path, sync::Arc};

use dogwatch_model::{ChannelId, OrgId, PersonId, Side, TeamId, text::is_unfit};
use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{GroupGrant, Provider, ProviderId, Providers, client::Memory, provider::PersonClaim};
use crate::{
    access::{Role, Scope, Verb, Verbs},
    config::{ConfigError, parse_secret_toml},
    notify::{
        channels::{Places, Secret},
        http::Target,
    },
};

/// The largest file: fifty providers with a hundred groups each are half of it.
const MAX_BYTES: u64 = 1024 * 1024;

/// The most providers: each is a button on the login page.
const MOST_PROVIDERS: usize = 50;

/// The most groups of one provider.
const MOST_GROUPS: usize = 200;

/// The longest that rights may hold without another login: whoever leaves keeps them that long at most.
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);

/// How long they hold unless the file says otherwise: over a week's holiday.
const USUAL: SignedDuration = SignedDuration::from_hours(7 * 24);

/// What ids must be.
const SLUG: &str =
    "must be 1 to 63 lower-case letters, digits, '-', '_' or '.', beginning with a letter or digit";

#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct File {
    /// Who may bring people in.
    #[schemars(with = "Vec<ProviderFile>")]
    provider: Vec<toml::Spanned<ProviderFile>>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ProviderFile {
    /// In addresses, logs and `dogwatch login --oidc ID`.
    id: String,
    /// On buttons; the id when absent.
    name: Option<String>,
    /// The only side whose people it can bring.
    side: Side,
    /// Their org; the MSP's own people do without.
    org: Option<String>,
    /// Whether it is named to nobody who does not name it first.
    #[serde(default)]
    hidden: bool,
    /// Letter by letter as its discovery document has it; https only.
    issuer: String,
    /// Whom it knows us as.
    client_id: String,
    /// One of three places; none for a public client.
    client_secret: Option<String>,
    /// The file that holds the secret, from this folder.
    client_secret_file: Option<String>,
    /// The environment variable that holds the secret.
    client_secret_env: Option<String>,
    /// What is asked for; `openid` must be among them.
    scopes: Option<Vec<String>>,
    /// The claim that says who somebody is here, at their first login.
    person_claim: Option<String>,
    /// The domains that count, where the claim is `email`.
    #[serde(default)]
    email_domains: Vec<String>,
    /// The claim with the groups.
    groups_claim: Option<String>,
    /// Who may come in without being in any group below.
    #[serde(default)]
    without_group: Vec<String>,
    /// People who are here already and may be taken for the provider's person of that name.
    #[serde(default)]
    adopt: Vec<String>,
    /// People prove themselves again when it was longer ago than this.
    max_age: Option<SignedDuration>,
    /// For how long rights hold without another login, from 1m to 744h.
    rights_last: Option<SignedDuration>,
    /// Whether an address inside (10.…, 192.168.…) may be called.
    #[serde(default)]
    allow_private: bool,
    /// Roots to trust beside the system's: a PEM file, from this folder.
    ca_file: Option<String>,
    /// What the provider's groups are given here.
    #[serde(default)]
    group: Vec<GroupFile>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GroupFile {
    /// As the provider has it.
    name: String,
    /// What its people may do; or `verbs`.
    role: Option<Role>,
    /// What its people may do, one by one.
    #[serde(default)]
    verbs: Vec<Verb>,
    /// Where: the org when absent, or one site of it; for the MSP's people `*` or any org.
    scope: Option<String>,
    /// The team that they are put into.
    team: Option<String>,
}

pub(super) fn read(path: &Path) -> Result<Providers, ConfigError> {
    let unreadable = |source| ConfigError::Read { path: path.to_owned(), source };
    let wrong = |what: String| ConfigError::Value { path: path.to_owned(), what };
    let about = match fs::metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Providers::default()),
        about => about.map_err(unreadable)?,
    };
    if about.permissions().mode() & 0o077 != 0 {
        return Err(wrong("others may read it, and it may hold secrets: chmod 600 it".to_owned()));
    }
    if about.len() > MAX_BYTES {
        return Err(wrong(format!("it has {} bytes, over the limit of {MAX_BYTES}", about.len())));
    }
    let text = fs::read_to_string(path).map_err(unreadable)?;
    let file: File = parse_secret_toml(path, &text)?;
    let folder = path.parent().unwrap_or(Path::new("."));
    providers(file.provider, folder).map_err(|(at, what)| ConfigError::at(path, &text, at, what))
}

/// The providers, or what is wrong with one and at which byte it begins.
fn providers(files: Vec<toml::Spanned<ProviderFile>>, folder: &Path) -> Result<Providers, (usize, String)> {
    let mut providers = BTreeMap::new();
    for file in files {
        let at = file.span().start;
        let provider = file.into_inner().validate(folder).map_err(|what| (at, what))?;
        let id = provider.id.clone();
        if providers.insert(id.clone(), Arc::new(provider)).is_some() {
            return Err((at, format!("there are two providers `{id}`")));
        }
        if providers.len() > MOST_PROVIDERS {
            return Err((at, format!("there are more than {MOST_PROVIDERS} providers")));
        }
    }
    Ok(Providers { providers })
}

impl ProviderFile {
    fn validate(self, folder: &Path) -> Result<Provider, String> {
        // The errors of ids quote what was written.
        let id = ChannelId::new(&self.id).map(ProviderId).map_err(|_| format!("`id` {SLUG}"))?;
        self.with_id(&id, folder).map_err(|what| format!("provider `{id}`: {what}"))
    }

    fn with_id(self, id: &ProviderId, folder: &Path) -> Result<Provider, String> {
        let home = self.home()?;
        let secret = Places {
            here: self.client_secret,
            file: self.client_secret_file,
            variable: self.client_secret_env,
        };
        let name = self.name.unwrap_or_else(|| id.as_str().to_owned());
        if name.chars().count() > 60 || name.trim().is_empty() || name.contains(is_unfit) {
            return Err("`name` must be a line of 1 to 60 characters".to_owned());
        }
        if self.client_id.is_empty() || self.client_id.chars().any(char::is_control) {
            return Err("`client_id` must be one line of text".to_owned());
        }
        let roots = crate::config::pem(self.ca_file.as_deref(), folder)?;
        let scopes = self.scopes.unwrap_or_else(|| vec!["openid".to_owned(), "profile".to_owned()]);
        if !scopes.iter().any(|scope| scope == "openid") {
            return Err("`scopes` must have \"openid\": without it there is no proof".to_owned());
        }
        Ok(Provider {
            id: id.clone(),
            name,
            side: self.side,
            hidden: self.hidden,
            discovery: discovery(&self.issuer, self.allow_private, roots.as_deref())?,
            issuer: self.issuer,
            client_id: self.client_id,
            client_secret: secret.find("client_secret", folder)?,
            scopes,
            person: person_claim(self.person_claim, self.email_domains)?,
            groups_claim: self.groups_claim.unwrap_or_else(|| "groups".to_owned()),
            groups: groups(self.group, self.side, &home)?,
            without_group: people("without_group", &self.without_group)?,
            adopts: people("adopt", &self.adopt)?,
            max_age: self.max_age.map(|age| bounded("max_age", age)).transpose()?,
            lasts: bounded("rights_last", self.rights_last.unwrap_or(USUAL))?,
            home,
            memory: Memory::default(),
        })
    }

    /// Only the MSP's own people may be at home everywhere.
    fn home(&self) -> Result<Scope, String> {
        let org = self.org.as_deref().map(OrgId::new).transpose().map_err(|_| format!("`org` {SLUG}"))?;
        match (self.side, org) {
            (Side::Msp, org) => Ok(Scope::of(org, None)),
            (_, Some(org)) => Ok(Scope::Org(org)),
            (side, None) => Err(format!("`org` is missing: whose people are those of side `{side}`?")),
        }
    }
}

fn discovery(issuer: &str, allow_private: bool, roots: Option<&[u8]>) -> Result<Target, String> {
    if issuer.contains(['?', '#']) {
        return Err("`issuer` must have neither `?` nor `#`".to_owned());
    }
    let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
    Target::new(&Secret::new(url), allow_private, roots).map_err(|what| what.replace("`url`", "`issuer`"))
}

fn person_claim(claim: Option<String>, domains: Vec<String>) -> Result<PersonClaim, String> {
    let claim = claim.unwrap_or_else(|| "preferred_username".to_owned());
    match (claim == "email", domains.is_empty()) {
        (false, true) => Ok(PersonClaim::Name(claim)),
        (true, false) => Ok(PersonClaim::Mail(domains)),
        (true, true) => {
            Err("`person_claim = \"email\"` needs `email_domains`: whoever can have an address elsewhere \
                             could take any name"
                .to_owned())
        }
        (false, false) => Err("`email_domains` is for `person_claim = \"email\"` alone".to_owned()),
    }
}

fn people(key: &str, names: &[String]) -> Result<Vec<PersonId>, String> {
    names.iter().map(|name| PersonId::new(name).map_err(|_| format!("`{key}`: an id {SLUG}"))).collect()
}

fn bounded(key: &str, span: SignedDuration) -> Result<SignedDuration, String> {
    let fits = span >= SignedDuration::from_mins(1) && span <= LONGEST;
    fits.then_some(span).ok_or_else(|| format!("`{key}` must be between 1m and 744h"))
}

fn groups(files: Vec<GroupFile>, side: Side, home: &Scope) -> Result<Vec<GroupGrant>, String> {
    if files.len() > MOST_GROUPS {
        return Err(format!("there are more than {MOST_GROUPS} groups"));
    }
    let mut groups: Vec<GroupGrant> = Vec::new();
    for file in files {
        let grant = file.validate(side, home)?;
        if groups.iter().any(|known| known.group == grant.group) {
            return Err("a `group` is there twice; give it all its verbs in one place".to_owned());
        }
        groups.push(grant);
    }
    Ok(groups)
}

impl GroupFile {
    fn validate(self, side: Side, home: &Scope) -> Result<GroupGrant, String> {
        if self.name.is_empty() || self.name.len() > 255 || self.name.chars().any(char::is_control) {
            return Err("`group.name` must be a line of 1 to 255 bytes".to_owned());
        }
        let verbs: Verbs = match (self.role, self.verbs.is_empty()) {
            (Some(role), true) => role.verbs(),
            (None, false) => self.verbs.into_iter().collect::<Verbs>().union(Verbs::EVERYBODY),
            _ => return Err("a `group` needs `role` or `verbs`: one of them".to_owned()),
        };
        let scope = self.scope.map_or_else(|| Ok(home.clone()), |text| text.parse::<Scope>());
        let scope = scope.map_err(|_| "`group.scope` must be `*`, an org, or org/site".to_owned())?;
        if side != Side::Msp && !home.contains(&scope) {
            return Err(format!(
                "`group.scope` reaches beyond {home}, where the people of this provider are"
            ));
        }
        if side == Side::Vendor && !verbs.risky().is_empty() {
            return Err(format!("vendors never have {}", verbs.risky()));
        }
        let team = self.team.as_deref().map(TeamId::new).transpose();
        let team = team.map_err(|_| format!("`group.team` {SLUG}"))?;
        Ok(GroupGrant { group: self.name, verbs, scope, team })
    }
}

#[cfg(test)]
mod tests;
