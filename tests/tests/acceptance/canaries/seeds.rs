//! Where secrets go: a canary in each place for one.

mod people;

use std::{collections::BTreeMap, fs, os::unix::fs::PermissionsExt as _, path::PathBuf, process::Command};

use dogwatch_tests::{
    bench::api::Api,
    harness::{
        Lab, ORG, agent::LabAgent, canaries::fresh, events::Ears, port, program::Finished, program::Running,
        proxy::Proxy, receiver::Receiver, settings::Settings, tool,
    },
};
use serde_json::{Value, json};

pub(super) use people::People;

/// An alert that stands as long as its machine is there.
const RULE: &str = "[rules.lab]\ncategory = \"agent\"\ntool = \"rmm\"\ntitle = \"it is here\"\ncritical = { when = \"online\" }\n";

const MATRIX: &str = include_str!("matrix.toml");

/// Ways of each kind: one that is taken in, and one whose other end is gone.
const ENDS: [&str; 2] = ["there", "gone"];

/// The variable of the collector's with a webhook's secret.
const SECRET_VARIABLE: &str = "LAB_WEBHOOK_SECRET";

/// A lab with a secret in every place for one.
pub(super) struct Scene {
    pub(super) lab: Lab,
    pub(super) agent: LabAgent,
    /// The running agent, where strace writes down what it starts.
    pub(super) traced: Option<Running>,
    pub(super) receiver: Receiver,
    pub(super) proxy: Proxy,
    pub(super) people: People,
    pub(super) events: Ears,
    /// By the path of each way that is taken in, its own secret, which whoever is called has to see.
    pub(super) own: BTreeMap<String, String>,
    /// Tokens of every kind.
    pub(super) tokens: Vec<String>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let in_environment = fresh("a webhook's secret in the environment");
        let environment = vec![(SECRET_VARIABLE, format!("whsec_{in_environment}"))];
        let settings =
            Settings { rules: RULE.to_owned(), log: Some("trace"), environment, ..Settings::default() };
        let lab = Lab::with(&settings);
        lab.canaries().note("a webhook's secret in the environment", &in_environment);
        let events = Ears::open(lab.collector().api(), "", None);
        let (receiver, proxy) = (Receiver::start(), Proxy::start());
        let (toml, own) = notify(&lab, &receiver);
        lab.channels(&toml);
        let ids: Vec<String> = own.keys().map(|path| format!("\"{path}\"")).collect();
        let ids: Vec<String> = ids.iter().flat_map(|id| [id.clone(), id.replace("there", "gone")]).collect();
        lab.matrix(&MATRIX.replace("[CHANNELS]", &format!("[{}]", ids.join(", "))));
        identity(&lab);
        let people = People::let_in(&lab);
        let tokens = tokens(&lab);
        let mut agent = machine(&lab, &proxy);
        let traced = run(&lab, &mut agent);
        Self { lab, agent, traced, receiver, proxy, people, events, own, tokens }
    }

    /// The running agent.
    pub(super) fn agent_pid(&mut self) -> u32 {
        match &self.traced {
            Some(running) => running.pid(),
            None => self.agent.running().pid(),
        }
    }

    /// SIGTERM to the agent, and its end.
    pub(super) fn stop_agent(&mut self) {
        match &mut self.traced {
            Some(running) => running.stop(),
            None => self.agent.stop(),
        }
    }
}

/// `notify.toml` with a secret in every place for one, and by path the secret of each way that somebody takes in.
fn notify(lab: &Lab, receiver: &Receiver) -> (String, BTreeMap<String, String>) {
    let canary = |what: &str| lab.canaries().plant(what);
    let mut toml = format!(
        "[grouping]\nwait = \"0s\"\ninterval = \"200ms\"\nurgent = \"0s\"\n\n[retry]\nfirst = \"1s\"\nmost = \"1s\"\ngive_up = \"3s\"\n\n\
         [smtp]\nhost = \"localhost\"\nport = {}\nsecurity = \"none\"\nuser = \"dogwatch\"\npassword = \"{}\"\n\
         from = \"Dogwatch <watch@msp.example>\"\n\n[heartbeat]\nurl = \"http://127.0.0.1:{}/beat/{}\"\nevery = \"1s\"\nallow_private = true\n\n",
        port::free(),
        canary("the mail password"),
        port::free(),
        canary("the heartbeat's address"),
    );
    let mut own = BTreeMap::new();
    for end in ENDS {
        let host = if end == "there" { receiver.port() } else { port::free() };
        for kind in ["webhook", "slack", "teams", "pagerduty"] {
            let id = format!("{kind}-{end}");
            let secret = canary(&id);
            let more = match kind {
                "webhook" if end == "there" => format!("secret_env = \"{SECRET_VARIABLE}\"\n"),
                "webhook" => format!("secret = \"whsec_{}\"\n", canary("a webhook's secret")),
                "pagerduty" => key_in_a_file(lab, &id),
                _ => String::new(),
            };
            toml += &format!(
                "[[channel]]\nid = \"{id}\"\nkind = \"{kind}\"\nurl = \"http://127.0.0.1:{host}/{id}/{secret}?sig={secret}\"\n\
                 allow_private = true\n{more}\n"
            );
            if end == "there" {
                own.insert(id.clone(), id);
            }
        }
    }
    (toml, own)
}

/// A routing key that stands in a file of its own.
fn key_in_a_file(lab: &Lab, id: &str) -> String {
    let name = format!("{id}.secret");
    lab.collector().write(&name, &lab.canaries().plant(&format!("the routing key of {id}")));
    format!("routing_key_file = \"{name}\"\n")
}

/// A provider that nobody answers for, with a client's secret.
fn identity(lab: &Lab) {
    let secret = lab.canaries().plant("an OIDC client's secret");
    lab.collector().write("club.secret", &secret);
    lab.identity(&format!(
        "[[provider]]\nid = \"club\"\nside = \"internal\"\norg = \"{ORG}\"\nissuer = \"https://localhost:{}\"\n\
         client_id = \"dogwatch\"\nclient_secret_file = \"club.secret\"\nscopes = [\"openid\"]\nallow_private = true\n\
         [[provider.group]]\nname = \"staff\"\nrole = \"viewer\"\n",
        port::free()
    ));
}

/// Tokens of every kind, some of them revoked; join tokens; what feeds the queue.
fn tokens(lab: &Lab) -> Vec<String> {
    let mut tokens = Vec::new();
    for n in 0..6 {
        let verbs = if n < 2 { json!(["intake"]) } else { json!(["view", "comment"]) };
        let order = json!({ "person": format!("robot-{n}"), "side": "msp", "org": ORG, "verbs": verbs });
        let made =
            lab.collector().api().post("/api/v1/tokens", &order).expect("an administrator makes tokens");
        let token = made["token"].as_str().expect("a token is shown once");
        lab.canaries().note(&format!("the token of robot-{n}"), token);
        if n == 3 {
            revoke(lab.collector().api(), &made);
        }
        tokens.push(token.to_owned());
    }
    (0..3).for_each(|_| drop(lab.join_token(1)));
    tokens
}

fn revoke(api: &Api, made: &Value) {
    let path = format!("/api/v1/tokens/{}", made["id"].as_str().unwrap_or_default());
    let revoked = api.ask(ureq::http::Method::DELETE, &path, &json!({}), None).expect("an answer");
    assert_eq!(revoked.0, 200, "{revoked:?}");
}

/// A machine behind a proxy, with repositories whose passwords and keys stand in files of their own.
fn machine(lab: &Lab, proxy: &Proxy) -> LabAgent {
    let mut agent = lab.enrol("srv-01");
    let canary = |what: &str| lab.canaries().plant(what);
    let credentials = secret_file(lab, "proxy", &format!("user:{}", canary("the proxy's password")));
    let password = secret_file(lab, "restic", &canary("the repository's password"));
    let wrong = secret_file(lab, "wrong", &canary("a wrong password of the repository"));
    let keys = format!("AWS_SECRET_ACCESS_KEY={}", canary("an object store's key"));
    let keys = secret_file(lab, "keys", &keys);
    let vault = lab.folder().join("vault").display().to_string();
    if let Some(restic) = tool::find("restic", "canaries in a repository") {
        let mut init = Command::new(restic);
        init.args(["init", "--no-cache", "--repo", &vault, "--password-file"]).arg(&password);
        Finished::of(&mut init).succeeds();
    }
    let repository = |name: &str, password: &str| {
        format!(
            "[[backup.repository]]\nproduct = \"restic\"\nname = \"{name}\"\nlocation = \"{vault}\"\n\
             {password}\nenvironment_file = \"{}\"\nevery = \"1h\"\n\n",
            keys.display()
        )
    };
    agent.configure(&format!(
        "[proxy]\nurl = \"http://127.0.0.1:{}\"\ncredentials_file = \"{}\"\n\n{}{}[narrow]\ndisable = [\"patch\"]\n",
        proxy.port(),
        credentials.display(),
        repository("vault", &format!("password_file = \"{}\"", password.display())),
        repository("locked", &format!("password_command = [\"/bin/cat\", \"{}\"]", wrong.display())),
    ));
    agent.set("DOGWATCH_LOG", "trace");
    agent
}

/// A file that only its owner reads.
fn secret_file(lab: &Lab, name: &str, text: &str) -> PathBuf {
    let path = lab.folder().join(format!("{name}.secret"));
    fs::write(&path, format!("{text}\n")).expect("a lab's folder can be written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("a lab's own file");
    path
}

/// Starts the agent, under strace where there is one: every program that it starts is written down with its arguments.
fn run(lab: &Lab, agent: &mut LabAgent) -> Option<Running> {
    let Some(strace) = tool::find("strace", "canaries on command lines of what the agent starts") else {
        agent.start();
        return None;
    };
    let run = agent.command(&["run"], &[]);
    let mut traced = Command::new(strace);
    traced.args(["-D", "-f", "--seccomp-bpf", "-s", "65535", "-e", "trace=execve", "-o"]);
    traced.arg(lab.folder().join("execs")).arg(run.get_program()).args(run.get_args());
    traced.envs(run.get_envs().filter_map(|(name, value)| Some((name, value?))));
    Some(Running::start(&mut traced, &agent.log()))
}
