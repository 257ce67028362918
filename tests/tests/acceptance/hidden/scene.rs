//! Two orgs, one of them with a second site, and those who may not see all of it.

use dogwatch_tests::{
    bench::api::Api,
    harness::{Lab, PATIENCE, crews::EACH_SERVER, settings::Settings, wait::wait_for},
};
use http::Method;
use serde_json::{Value, json};

/// A provider that is named to nobody.
const IDENTITY: &str = "[[provider]]\nid = \"zebra-7f3a9c\"\nside = \"internal\"\norg = \"zebra\"\nhidden = true\n\
                        issuer = \"https://id.zebra.example\"\nclient_id = \"dogwatch\"\n";

fn matrix(org: &str) -> String {
    format!(
        "[org]\nid = \"{org}\"\nname = \"{org}\"\nlast_resort = \"{org}-it\"\n\n[[team]]\nid = \"{org}-it\"\nname = \"IT\"\nside = \"internal\"\n\n\
         [catch_all]\nresponsible = \"{org}-it\"\naccountable = \"{org}-it\"\n"
    )
}

/// Somebody who asks.
#[derive(Debug, Clone)]
pub(super) struct Asker {
    pub(super) who: &'static str,
    pub(super) token: Option<String>,
    /// They are somebody: they see their own.
    pub(super) living: bool,
    /// They are limited to one site of their org.
    pub(super) of_a_site: bool,
}

/// A place's name in a question, what is hidden by that name, and what nobody has, as long.
pub(super) type Named = (&'static str, String, String);

/// Everything there is.
pub(super) struct Scene {
    pub(super) lab: Lab,
    zed: String,
    hidden: Vec<Named>,
    of_the_site: Vec<Named>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let lab =
            Lab::with(&Settings { rules: EACH_SERVER.to_owned(), silent_after: "1h", ..Settings::default() });
        lab.collector().write("policy/orgs/zebra.toml", &matrix("zebra"));
        lab.collector().write("policy/orgs/ibis.toml", &matrix("ibis"));
        lab.matrix(&matrix("home"));
        lab.identity(IDENTITY);
        // Who seals has come in by themself.
        let zed = lab.first_owner("zebra-zed", "zebra");
        let mut scene = Self { lab, zed, hidden: Vec::new(), of_the_site: Vec::new() };
        let api = scene.as_somebody(&scene.zed);
        scene.hidden = scene.things(&api, ("zebra", "zebra-main", "zebra"));
        scene.hidden.extend(scene.of_the_org(&api));
        let owner = scene.lab.owner().clone();
        scene.things(&owner, ("home", "main", "own"));
        scene.of_the_site = scene.things(&owner, ("home", "yak", "yak"));
        scene
    }

    fn as_somebody(&self, token: &str) -> Api {
        let mut api = self.lab.collector().api().clone();
        api.sign_in(token);
        api
    }

    fn make(api: &Api, path: &str, body: &Value) -> Value {
        api.post(path, body).unwrap_or_else(|error| panic!("{path}: {error:#}"))
    }

    /// A machine, which is an alert, a join token and a window at a site.
    fn things(&self, owner: &Api, (org, site, word): (&str, &str, &str)) -> Vec<Named> {
        let order = json!({ "org": org, "site": site, "uses": 2 });
        let join = Self::make(self.lab.collector().api(), "/api/v1/join-tokens", &order);
        let machine = format!("{word}-srv");
        self.lab.machine(&machine).enroll(text(&join, "token").as_str()).succeeds();
        let path = format!("/api/v1/queue?filter=name:{machine}");
        let queue = wait_for(
            "its alert",
            PATIENCE,
            || owner.get(&path).unwrap_or_default(),
            |queue| queue["matched"] == 1,
        );
        let number = queue["alerts"][0]["number"].to_string();
        let endpoint = text(&queue["alerts"][0], "endpoint");
        let plan = json!({ "org": org, "site": site, "starts": "2030-01-05T22:00", "zone": "UTC", "lasts": "PT2H", "reason": format!("{word} moves") });
        let window = Self::make(owner, "/api/v1/windows", &plan);
        vec![
            ("endpoint", machine.clone(), machine.replace(word, &unlike(word))),
            ("endpoint", endpoint.clone(), other(&endpoint)),
            ("number", number.clone(), "9".repeat(number.len())),
            ("alert", number.clone(), "9".repeat(number.len())),
            ("into", number.clone(), "9".repeat(number.len())),
            ("id", text(&join, "id"), other(&text(&join, "id"))),
            ("window", text(&window, "id"), other(&text(&window, "id"))),
            ("site", site.to_owned(), unlike(site)),
            ("filter", format!("site == \"{site}\""), format!("site == \"{}\"", unlike(site))),
            ("scope", format!("{org}/{site}"), format!("{org}/{}", unlike(site))),
        ]
    }

    /// What the hidden org has as a whole.
    fn of_the_org(&self, zed: &Api) -> Vec<Named> {
        let vic = json!({ "person": "zebra-vic", "side": "internal", "org": "zebra", "role": "viewer" });
        let token = Self::make(zed, "/api/v1/tokens", &vic);
        let grant = json!({ "person": "zebra-vic", "verbs": ["configure"], "scope": "zebra", "reason": "a zebra's week" });
        let grant = Self::make(zed, "/api/v1/access/grants", &grant);
        let seal = Self::make(zed, "/api/v1/access/seals", &json!({ "scope": "zebra" }));
        let view = json!({ "name": "zebra-view", "org": "zebra", "filter": "name:zebra" });
        Self::make(zed, "/api/v1/views", &view);
        let proposal =
            json!({ "org": "zebra", "text": matrix("zebra") + "# zebra\n", "note": "zebra agrees" });
        let version = text(&Self::make(zed, "/api/v1/ownership/versions", &proposal), "hash");
        let none = other(&version);
        let named = |name, hidden: &str| (name, hidden.to_owned(), hidden.replace("zebra", "nolla"));
        vec![
            named("org", "zebra"),
            named("scope", "zebra"),
            named("team", "zebra-it"),
            named("expect", "zebra-it"),
            named("view", "zebra-view"),
            named("name", "zebra-view"),
            named("person", "zebra-vic"),
            named("person", "zebra:zebra-vic"),
            named("by", "zebra-vic"),
            named("provider", "zebra"),
            named("confirm", "zebra"),
            named("filter", "org == \"zebra\""),
            ("id", text(&token, "id"), other(&text(&token, "id"))),
            ("grant", text(&grant, "id"), other(&text(&grant, "id"))),
            ("seal", text(&seal, "id"), other(&text(&seal, "id"))),
            ("version", version.clone(), none.clone()),
            ("from", version.clone(), none.clone()),
            ("to", version, none),
        ]
    }

    /// The names of what somebody may not see.
    pub(super) fn names(&self, asker: &Asker) -> Vec<Named> {
        let site = if asker.of_a_site { &self.of_the_site[..] } else { &[] };
        self.hidden.iter().chain(site).cloned().collect()
    }

    /// Words that no answer of theirs may have.
    pub(super) fn canaries(&self, asker: &Asker) -> Vec<String> {
        let long = |name: &&Named| name.1.len() >= 8 && !name.1.contains([' ', '/']);
        let ids = self.names(asker);
        let ids = ids.iter().filter(long).map(|(_, hidden, _)| hidden.clone());
        let words = if asker.of_a_site { &["zebra", "yak"][..] } else { &["zebra"] };
        words.iter().map(|word| (*word).to_owned()).chain(ids).collect()
    }

    /// Whose the hidden org is.
    pub(super) fn zed(&self) -> Asker {
        Asker { who: "its owner", token: Some(self.zed.clone()), living: true, of_a_site: false }
    }

    /// All of those who may not see it.
    pub(super) fn askers(&self) -> Vec<Asker> {
        let (ann, omar) = (self.lab.collector().api(), self.lab.owner());
        let token = |api: &Api, order: Value| text(&Self::make(api, "/api/v1/tokens", &order), "token");
        let living = |who, token| Asker { who, token: Some(token), living: true, of_a_site: false };
        let ended = |who, token| Asker { who, token: Some(token), living: false, of_a_site: false };
        let of_home = |person: &str, role: &str| json!({ "person": person, "side": "internal", "org": "home", "role": role });
        let admin = token(omar, of_home("olaf", "admin"));
        let viewer = token(omar, of_home("vera", "viewer"));
        let mut onsite = of_home("sid", "admin");
        onsite["site"] = json!("main");
        let onsite = token(omar, onsite);
        let revoked = Self::make(omar, "/api/v1/tokens", &of_home("rita", "admin"));
        let path = format!("/api/v1/tokens/{}", text(&revoked, "id"));
        let (status, said) = omar.ask(Method::DELETE, &path, &json!({}), None).expect("an answer");
        assert_eq!(status, 200, "{said}");
        let mut brief = of_home("ella", "admin");
        brief["expires_in_seconds"] = json!(1);
        let expired = token(omar, brief);
        self.until_refused(&expired, "/api/v1/whoami");
        vec![
            living("an administrator of another org", admin),
            living("a viewer of another org", viewer),
            Asker { of_a_site: true, ..living("somebody of one site", onsite) },
            living("whose grant has expired", self.whose_grant_expired(ann)),
            ended("whose token's maker is out", self.whose_maker_is_out(ann)),
            ended("a revoked token", text(&revoked, "token")),
            ended("an expired token", expired),
            ended("an unknown token", format!("dwt_{}", "u".repeat(43))),
            Asker { who: "nobody", token: None, living: false, of_a_site: false },
        ]
    }

    /// Somebody of the MSP at home in one org, with a grant into the other for a moment.
    fn whose_grant_expired(&self, ann: &Api) -> String {
        let gus = json!({ "person": "gus", "side": "msp", "org": "home", "role": "member" });
        Self::make(ann, "/api/v1/tokens", &gus);
        let everywhere = json!({ "person": "gus", "side": "msp", "verbs": ["view", "comment", "claim"] });
        let token = text(&Self::make(ann, "/api/v1/tokens", &everywhere), "token");
        let grant = json!({ "person": "msp:gus", "verbs": ["view", "claim"], "scope": "zebra", "reason": "a moment of help", "expires_in_seconds": 3 });
        Self::make(ann, "/api/v1/access/grants", &grant);
        let api = self.as_somebody(&token);
        let seen = || api.get("/api/v1/fleet?filter=org:zebra").unwrap_or_default()["matched"].as_u64();
        wait_for("the grant", PATIENCE, seen, |seen| *seen == Some(1));
        wait_for("its end", PATIENCE, seen, |seen| *seen == Some(0));
        token
    }

    /// A program's token, made by the first owner of a third org, whom the second one keeps out since.
    fn whose_maker_is_out(&self, ann: &Api) -> String {
        let of_ibis =
            |person: &str| json!({ "person": person, "side": "internal", "org": "ibis", "role": "admin" });
        let login = |by: &Api, order: Value| text(&Self::make(by, "/api/v1/tokens", &order), "token");
        let ivy = self.as_somebody(&login(ann, of_ibis("ivy")));
        let ida = self.as_somebody(&login(&ivy, of_ibis("ida")));
        let mut program = of_ibis("robot");
        (program["role"], program["service"]) = (json!("viewer"), json!(true));
        let token = login(&ivy, program);
        assert!(self.as_somebody(&token).get("/api/v1/fleet").is_ok(), "it works while its maker is in");
        Self::make(&ida, "/api/v1/people/ibis:ivy/disable", &json!({}));
        self.until_refused(&token, "/api/v1/fleet");
        token
    }

    fn until_refused(&self, token: &str, path: &str) {
        let api = self.as_somebody(token);
        wait_for("its end", PATIENCE, || api.get(path).is_err(), |refused| *refused);
    }
}

fn text(value: &Value, name: &str) -> String {
    value[name].as_str().unwrap_or_else(|| panic!("no `{name}` in {value}")).to_owned()
}

/// Another of the same length: what nobody has.
fn other(id: &str) -> String {
    let last = if id.ends_with('0') { "1" } else { "0" };
    format!("{}{last}", &id[..id.len() - 1])
}

/// A word of the same length that nobody uses.
fn unlike(word: &str) -> String {
    word.chars().map(|letter| if letter == '-' { '-' } else { 'q' }).collect()
}
