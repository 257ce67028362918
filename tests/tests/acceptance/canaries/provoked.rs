//! Secrets in wrong places: what is said about each must not repeat it.

mod bodies;
mod heads;
mod logins;
mod typed;

use dogwatch_tests::{
    bench::api::{Answer, Api},
    harness::{PATIENCE, canaries::Heard, program::Finished, wait},
};
use ureq::http::{Request, request::Builder};

use super::seeds::Scene;

/// Everything that goes wrong around a secret, and what of it is heard.
pub(super) fn all(scene: &Scene) -> Vec<Heard> {
    let mut heard = heads::addresses(scene);
    heard.extend(heads::headers(scene));
    heard.extend(bodies::all(scene));
    heard.extend(logins::all(scene));
    heard.extend(logins::keys(scene));
    heard.extend(strangers(scene));
    heard.extend(typed::all(scene));
    bad_files(scene);
    heard
}

/// One request, and what of the whole answer is heard.
fn asked(scene: &Scene, by: &Api, request: Builder, body: impl Into<Vec<u8>>) -> Vec<Heard> {
    let request: Request<Vec<u8>> = request.body(body.into()).expect("a request");
    let at = format!("the answer to {} {}", request.method(), request.uri());
    let answer: Answer = by.send(request).unwrap_or_else(|error| panic!("{at}: {error:#}"));
    assert!(answer.status < 500 || answer.status == 503, "{at}: {answer:?}");
    scene.lab.canaries().heard_in(&at, answer.head + &answer.body)
}

/// A request with a JSON body.
fn json_post(path: &str) -> Builder {
    Request::post(path).header("content-type", "application/json")
}

/// Callers that are none: plain HTTP where TLS is spoken, join tokens that are wrong.
fn strangers(scene: &Scene) -> Vec<Heard> {
    let (lab, canaries) = (&scene.lab, scene.lab.canaries());
    let secret = canaries.plant("a token in plain HTTP");
    let mut heard = Vec::new();
    for address in [lab.collector().people_address(), lab.collector().agents_address()] {
        let url = format!("http://{address}/?token={secret}");
        let outcome = ureq::get(&url).header("authorization", format!("Bearer {secret}")).call();
        heard.extend(
            canaries.heard_in(
                "plain HTTP",
                format!("{:?}", outcome.map(|_| ()).map_err(|error| error.to_string())),
            ),
        );
    }
    let mut wrong = lab.parsed_join_token(1);
    wrong.secret = canaries.plant("a wrong join token") + "0123456789a";
    let spoilt = lab.join_token(1);
    let (spoilt, _) = spoilt.split_at(spoilt.len() - 20);
    for token in [wrong.to_string(), format!("{spoilt}~{secret}"), secret, format!("x{wrong}")] {
        let said = lab.machine("srv-02").enroll(&token);
        assert_ne!(said.code, Some(0), "{said:?}");
        heard.extend(canaries.heard_in("an enrolment's complaint", said.stdout + &said.stderr));
    }
    heard
}

/// Files with every secret in them that are not valid: refused, and what is wrong with each is said.
fn bad_files(scene: &Scene) {
    let collector = scene.lab.collector();
    let read = |name: &str| std::fs::read_to_string(collector.path(name)).expect("it was written");
    let (notify, identity) = (read("notify.toml"), read("identity.toml"));
    let secret = scene.lab.canaries().plant("a secret in a file that is not valid");
    let bad = [
        ("notify.toml", notify.replace("password =", "pasword =")),
        ("notify.toml", notify.replace("port =", &format!("port = \"{secret}\" #"))),
        ("notify.toml", notify.replace("secret =", "secret = [")),
        ("notify.toml", format!("{secret} = 1\n{notify}")),
        (
            "identity.toml",
            identity.replace("client_secret_file =", &format!("client_secret = \"{secret}\"\nscope =")),
        ),
        ("identity.toml", identity.replace("club.secret", &secret)),
        ("identity.toml", identity.replace("scopes = [", &format!("scopes = [{secret}, "))),
    ];
    for (name, text) in bad {
        let refusals = || collector.log_text().matches(&format!("{name} refused")).count();
        let before = refusals();
        collector.write(name, &text);
        wait::wait_for("the refusal", PATIENCE, refusals, |refusals| *refusals > before);
        let said = Finished::of(&mut collector.command("check"));
        assert_ne!(said.code, Some(0), "{said:?}");
        assert_eq!(scene.lab.canaries().heard_in("check", said.stdout + &said.stderr), []);
        collector.write(name, if name == "notify.toml" { &notify } else { &identity });
    }
}
