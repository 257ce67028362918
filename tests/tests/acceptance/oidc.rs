//! People come in by an identity provider: a real one for what works, a hostile one of ours for what must not.

mod hostile;
mod rogue;

use std::fs;

use dogwatch_tests::harness::{
    Lab, ORG, PATIENCE,
    browser::{Browser, Page},
    identity::{CLIENT_SECRET, IdentityProvider},
    person::Person,
    program::Running,
    wait::wait_for,
};
use serde_json::json;

/// A lab whose customer's people come by a real provider.
struct Club {
    lab: Lab,
    provider: IdentityProvider,
    browser: Browser,
}

impl Club {
    #[track_caller]
    fn start(test: &str) -> Option<Self> {
        let lab = Lab::start();
        lab.canaries().note("the client's secret", CLIENT_SECRET);
        let script = include_str!("oidc/provider.mjs");
        let provider =
            IdentityProvider::start(lab.folder(), script, &lab.collector().people_address(), test)?;
        lab.collector().write("provider-root.pem", provider.root());
        lab.identity(&format!(
            r#"[[provider]]
id = "club"
name = "Club & Co"
side = "internal"
org = "{ORG}"
issuer = "{}"
client_id = "dogwatch"
client_secret = "{CLIENT_SECRET}"
scopes = ["openid", "profile", "groups"]
ca_file = "provider-root.pem"
allow_private = true
[[provider.group]]
name = "it"
verbs = ["configure"]
team = "it"
[[provider.group]]
name = "staff"
role = "viewer"
"#,
            provider.issuer()
        ));
        let browser = Browser::new(&[root_of(&lab), provider.root().to_owned()]);
        Some(Self { lab, provider, browser })
    }

    /// Begins a login at a terminal; gives the program and the address that it prints.
    #[track_caller]
    fn begin(&self, person: &Person, how: &[&str]) -> (Running, String) {
        let log = self.lab.folder().join(format!("login-{}.log", person.name()));
        let _ = fs::remove_file(&log);
        let root = self.lab.collector().path("authority/root.crt");
        let url = format!("https://{}", self.lab.collector().people_address());
        let mut command = person.command(&["login", &url, "--ca-file", root.to_str().unwrap_or_default()]);
        command.args(how);
        let mut running = Running::start(&mut command, &log);
        let said = wait_for(
            "the login's address",
            PATIENCE,
            || (fs::read_to_string(&log).unwrap_or_default(), running.ended()),
            |(said, ended)| said.contains("https://") && said.ends_with('\n') || ended.is_some(),
        );
        let mut words = said.0.split_ascii_whitespace().filter(|word| word.starts_with("https://"));
        (running, words.next_back().unwrap_or(&said.0).to_owned())
    }

    /// Whatever the provider asks in between: a name, a consent.
    #[track_caller]
    fn pass(&mut self, mut page: Page, name: &str) -> Page {
        while page.body.contains("name=\"prompt\"") {
            let fields: &[(&str, &str)] = match page.body.contains("name=\"login\"") {
                true => &[("login", name), ("password", "any")],
                false => &[],
            };
            page = self.browser.submit(&page, fields);
        }
        page
    }

    /// Logs somebody in by the loopback; gives what their program ended with and said.
    #[track_caller]
    fn log_in(&mut self, person: &Person) -> (Option<i32>, String) {
        let (mut running, url) = self.begin(person, &["--oidc", "--no-browser"]);
        if url.starts_with("https://") {
            self.browser.forget();
            let page = self.browser.open(&url, None);
            let page = self.pass(page, person.name());
            assert!(page.body.contains("Go back to your terminal"), "{page:?}");
        }
        let code = running.wait(PATIENCE).code();
        let log = self.lab.folder().join(format!("login-{}.log", person.name()));
        (code, fs::read_to_string(log).unwrap_or_default())
    }
}

fn root_of(lab: &Lab) -> String {
    fs::read_to_string(lab.collector().path("authority/root.crt")).expect("the collector's root")
}

#[test]
fn groups_of_a_real_provider_become_rights_and_end_with_the_group() {
    let Some(mut club) = Club::start("groups_of_a_real_provider") else { return };
    let sam = Person::new(club.lab.folder(), "sam");
    club.provider.people(&json!({ "sam": ["it", "staff"] }));
    let (code, said) = club.log_in(&sam);
    assert_eq!(code, Some(0), "{said}");
    let me = sam.json(&["whoami"]);
    assert_eq!((&me["person"], &me["side"], &me["org"]), (&json!("sam"), &json!("internal"), &json!(ORG)));
    sam.run(&["join-token", "list"]).succeeds();

    // The group is lost; at the next login so is the right, and the token of before has it no more either.
    club.provider.people(&json!({ "sam": ["staff"] }));
    let other = Person::new(&club.lab.folder().join("cli-sam"), "sam");
    assert_eq!(club.log_in(&other).0, Some(0));
    for terminal in [&sam, &other] {
        terminal.run(&["join-token", "list"]).fails_with(4, "`configure`");
        terminal.run(&["whoami"]).succeeds();
    }

    // Without any group that the file names nobody comes in.
    club.provider.people(&json!({ "sam": ["cleaning"] }));
    let (code, said) = club.log_in(&other);
    assert!(code == Some(4) && said.contains("in none of the groups"), "{code:?}: {said}");
    let (code, said) = club.log_in(&Person::new(club.lab.folder(), "eve"));
    assert!(code == Some(4) && said.contains("in none of the groups"), "{code:?}: {said}");
}

#[test]
fn a_program_without_a_browser_is_let_in_by_its_code() {
    let Some(mut club) = Club::start("a_program_without_a_browser") else { return };
    club.provider.people(&json!({ "sam": ["it"] }));
    let sam = Person::new(club.lab.folder(), "sam");
    for (answer, exit) in [("yes", 0), ("no", 4)] {
        let (mut running, url) = club.begin(&sam, &["--device"]);
        let said = fs::read_to_string(club.lab.folder().join("login-sam.log")).unwrap_or_default();
        let code = said.rsplit_once("type this code: ").expect("a code is shown").1.trim().to_owned();
        let page = club.browser.open(&url, None);
        assert!(page.status == 200 && page.body.contains("Club &amp; Co"), "{page:?}");
        let base = format!("https://{}", club.lab.collector().people_address());
        let wrong = club.browser.open(&format!("{base}/oidc/start?provider=club&user_code=BBBB-BBBB"), None);
        assert_eq!(wrong.status, 404, "{wrong:?}");
        let page = club.browser.open(&format!("{base}/oidc/start?provider=club&user_code={code}"), None);
        let page = club.pass(page, "sam");
        assert!(page.body.contains(&code) && page.body.contains("acts as sam"), "{page:?}");
        let done = club.browser.submit(&page, &[("answer", answer)]);
        assert_eq!(done.status, 200, "{done:?}");
        let again = club.browser.submit(&page, &[("answer", "yes")]);
        assert_eq!(again.status, 404, "a question is answered once: {again:?}");
        assert_eq!(running.wait(PATIENCE).code(), Some(exit), "{answer}");
    }
    sam.run(&["join-token", "list"]).succeeds();
}

#[test]
fn a_provider_that_is_down_or_has_new_keys_keeps_nobody_out_for_long() {
    let Some(mut club) = Club::start("a_provider_that_is_down") else { return };
    club.provider.people(&json!({ "sam": ["it"] }));
    let sam = Person::new(club.lab.folder(), "sam");
    club.provider.close();
    let (code, said) = club.log_in(&sam);
    assert!(code == Some(5) && said.contains("Club & Co cannot be used to log in now"), "{code:?}: {said}");
    assert!(said.contains("local accounts still work"), "{said}");
    club.lab.admin().run(&["whoami"]).succeeds();

    let base = format!("https://{}", club.lab.collector().people_address());
    let page = club.browser.open(&format!("{base}/oidc/start?provider=club"), None);
    assert!(page.status == 503 && page.body.contains("cannot be used"), "{page:?}");

    club.provider.open();
    wait_for("the provider's return", PATIENCE, || club.log_in(&sam).0, |code| *code == Some(0));
    club.provider.close();
    club.provider.new_key("second");
    club.provider.open();
    let (code, said) = club.log_in(&sam);
    assert_eq!(code, Some(0), "new keys are asked for when a token needs them: {said}");
}
