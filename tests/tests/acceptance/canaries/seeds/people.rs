//! People with all that people come in by: invitations, passwords, second factors, recovery codes, sessions, sealed codes.

use dogwatch_tests::{
    bench::api::{Answer, Api},
    harness::{Lab, authenticator::code_now, person::Person, program::Finished},
};
use serde_json::{Value, json};
use ureq::http::Request;

/// Who was let in, and how they come in again.
pub(in super::super) struct People {
    /// Logged in by a password, with a second factor.
    pub(in super::super) ivy: Api,
    /// The password of theirs.
    pub(in super::super) password: String,
    /// The session of their browser.
    pub(in super::super) cookie: String,
    /// Logged in at a terminal, by an invitation.
    pub(in super::super) ian: Person,
    /// An invitation that nobody has taken up.
    pub(in super::super) invitation: String,
    /// A sealed code that nobody has broken.
    pub(in super::super) sealed: String,
}

impl People {
    #[track_caller]
    pub(in super::super) fn let_in(lab: &Lab) -> Self {
        let password = lab.canaries().plant_password("ivy's password");
        let welcome = accept(lab, &invite(lab, "ivy"), &password);
        let code = code_now(welcome["secret"].as_str().unwrap_or_default());
        let ivy = log_in(lab, &password, Some(&code));
        let recovery = welcome["recovery_codes"][0].as_str().unwrap_or_default();
        let cookie = browse(lab, &password, recovery);
        invite(lab, "ida");
        let again = lab.collector().api().post("/api/v1/people/msp:ida/invite", &json!({}));
        let again = again.expect("an administrator invites again");
        let invitation = shown(lab, &again, "invitation", "ida's second invitation");
        break_glass(lab);
        Self { ivy, password, cookie, ian: at_a_terminal(lab), invitation, sealed: seal(lab) }
    }
}

/// A secret of an answer, noted.
#[track_caller]
fn shown(lab: &Lab, answer: &Value, member: &str, what: &str) -> String {
    let text = answer[member].as_str().unwrap_or_else(|| panic!("no {member} in {answer}"));
    lab.canaries().note(what, text);
    text.to_owned()
}

#[track_caller]
fn invite(lab: &Lab, person: &str) -> String {
    let order = json!({ "person": person, "side": "msp", "team": "msp-noc", "role": "member" });
    let made = lab.collector().api().post("/api/v1/people", &order).expect("an administrator invites");
    shown(lab, &made, "invitation", &format!("{person}'s invitation"))
}

#[track_caller]
fn accept(lab: &Lab, invitation: &str, password: &str) -> Value {
    let accepted = json!({ "invitation": invitation, "password": password });
    let path = "/api/v1/invitations/accept";
    let welcome = lab.collector().api().stranger().post(path, &accepted).expect("an invitation is good once");
    note_factors(
        lab,
        welcome["secret"].as_str(),
        welcome["recovery_codes"].as_array().into_iter().flatten().filter_map(Value::as_str),
    );
    welcome
}

/// A second factor's key, which the collector needs to know, and the codes in its place, which it does not.
#[track_caller]
fn note_factors<'c>(lab: &Lab, key: Option<&str>, codes: impl Iterator<Item = &'c str>) {
    lab.canaries().note_kept("the key of a second factor", key.expect("a key is shown once"));
    let before = lab.canaries().count();
    codes.for_each(|code| lab.canaries().note(&format!("the recovery code {code}"), code));
    assert_eq!(lab.canaries().count(), before + 8, "eight recovery codes");
}

#[track_caller]
fn log_in(lab: &Lab, password: &str, code: Option<&str>) -> Api {
    let mut api = lab.collector().api().stranger();
    let login = json!({ "person": "msp:ivy", "password": password, "code": code });
    let made = api.post("/api/v1/login", &login).expect("password and code are right");
    api.sign_in(&shown(lab, &made, "token", "the token of a login"));
    api
}

/// A login by the page's form, with a recovery code; gives the cookie.
#[track_caller]
fn browse(lab: &Lab, password: &str, recovery: &str) -> String {
    let form = format!("person=msp%3Aivy&password={}&code={recovery}", password.replace(' ', "+"));
    let request = Request::post("/login").header("content-type", "application/x-www-form-urlencoded");
    let request = request.body(form.into_bytes()).expect("a request");
    let answer: Answer = lab.collector().api().stranger().send(request).expect("an answer");
    let cookie = answer.header("set-cookie").and_then(|set| set.split(';').next());
    let cookie = cookie.unwrap_or_else(|| panic!("no cookie in {answer:?}")).to_owned();
    let (_, token) = cookie.split_once('=').expect("a cookie is NAME=VALUE");
    lab.canaries().note("a browser's session", token);
    cookie
}

#[track_caller]
fn seal(lab: &Lab) -> String {
    let made =
        lab.collector().api().post("/api/v1/access/seals", &json!({})).expect("an administrator seals");
    shown(lab, &made, "code", &format!("the sealed code {}", made["id"]))
}

#[track_caller]
fn break_glass(lab: &Lab) {
    let code = json!({ "code": seal(lab) });
    let broken = lab.collector().api().stranger().post("/api/v1/break-glass", &code);
    shown(lab, &broken.expect("a sealed code opens once"), "token", "the token of a bad day");
}

/// Takes an invitation up at a terminal, which asks for the password.
#[track_caller]
fn at_a_terminal(lab: &Lab) -> Person {
    let person = Person::new(lab.folder(), "ian");
    let password = lab.canaries().plant_password("ian's password");
    let link = lab.collector().login_link(&invite(lab, "ian")).replace("/#", "/invite#");
    let said = Finished::fed(&mut person.command(&["login", "-"]), &format!("{link}\n"));
    assert_ne!(said.code, Some(0), "no password was given");
    assert_eq!(lab.canaries().heard_in("a login without a password", said.stdout + &said.stderr), []);
    let answers = format!("{password}\n{password}\n\n");
    let said = Finished::fed(&mut person.command(&["login", &link]), &answers).succeeds();
    // The new second factor is shown once: here.
    let shown = said.stdout + &said.stderr;
    let codes = shown.lines().map(str::trim).filter(|line| line.len() == 14 && line.split('-').count() == 3);
    let key = shown.lines().find_map(|line| line.strip_prefix("Second factor, for your authenticator: "));
    note_factors(lab, key, codes);
    person
}
