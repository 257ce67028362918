//! Secrets typed at a terminal where something else belongs: what the programs say, with all their talk turned on.

use std::{fs, process::Command};

use dogwatch_tests::harness::{canaries::Heard, person::Person, program::Finished};

use super::super::seeds::Scene;

/// What each program says of a secret in the wrong place.
pub(super) fn all(scene: &Scene) -> Vec<Heard> {
    let mut heard = at_the_cli(scene);
    heard.extend(at_the_agent(scene));
    heard.extend(in_agent_toml(scene));
    heard.extend(in_a_backup(scene));
    heard
}

/// Runs a command, and hears what it says.
fn said(scene: &Scene, command: &mut Command) -> (Finished, Vec<Heard>) {
    let said = Finished::of(
        command.env("RUST_LOG", "trace").env("DOGWATCH_LOG", "trace").env("RUST_BACKTRACE", "full"),
    );
    // What was typed is of no interest here, it is a canary itself.
    let at = format!("what {} says", command.get_program().display());
    let heard = scene.lab.canaries().heard_in(&at, format!("{}{}", said.stdout, said.stderr));
    (said, heard)
}

fn at_the_cli(scene: &Scene) -> Vec<Heard> {
    let (lab, ian) = (&scene.lab, &scene.people.ian);
    let stranger = Person::new(lab.folder(), "stranger");
    let token = &scene.tokens[2];
    let file = lab.folder().join("token.secret").display().to_string();
    fs::write(&file, format!("{token}x\n")).expect("a lab's folder can be written");
    let root = lab.collector().path("authority/root.crt").display().to_string();
    let url = format!("https://{}", lab.collector().people_address());
    let link = lab.collector().login_link(token);
    let revoked = lab.collector().login_link(&scene.tokens[3]);
    let mut heard = Vec::new();
    for (person, words) in [
        (ian, vec!["token", "revoke", token]),
        (ian, vec!["token", "revoke", &link]),
        (ian, vec!["join-token", "revoke", token]),
        (ian, vec!["endpoint", "show", token]),
        (ian, vec!["alert", "show", token]),
        (ian, vec!["fleet", "--sort", token]),
        (ian, vec!["fleet", &format!("name == '{token}' &&")]),
        (ian, vec!["who", "backup", "--at", token]),
        (ian, vec!["context", "use", token]),
        (ian, vec!["--context", token, "whoami"]),
        (ian, vec!["whoami", token]),
        (ian, vec!["whoami", &format!("--token={token}")]),
        (ian, vec![token]),
        (ian, vec!["fleet", "-o", token]),
        (&stranger, vec!["login", &revoked]),
        (&stranger, vec!["login", &link[..link.len() - 1]]),
        (&stranger, vec!["login", &link, token]),
        (&stranger, vec!["login", &link.replace("https", "http")]),
        (&stranger, vec!["login", token]),
        (&stranger, vec!["login", &url, "--ca-file", &root, "--token-file", &file]),
        (&stranger, vec!["login", &url, "--ca-file", &root, "--oidc", token, "--no-browser"]),
    ] {
        let (said, news) = said(scene, &mut person.command(&words));
        assert_ne!(said.code, Some(0), "{said:#?}");
        heard.extend(news);
    }
    heard
}

fn at_the_agent(scene: &Scene) -> Vec<Heard> {
    let (join, secret) = (scene.lab.join_token(1), scene.lab.canaries().plant("a key at the agent's prompt"));
    let mut heard = Vec::new();
    for words in [&["status"][..], &["preview"], &["doctor"], &["status", "--self", "-o", "json"]] {
        heard.extend(said(scene, &mut scene.agent.command(words, &[])).1);
    }
    for words in [
        &["status", &join][..],
        &["enroll", &join, &join],
        &["enroll", &secret],
        &[&secret],
        &["backup", "report", "--job", "x", "--result", &secret],
    ] {
        let (said, news) = said(scene, &mut scene.agent.command(words, &[]));
        assert_ne!(said.code, Some(0), "{said:#?}");
        heard.extend(news);
    }
    heard
}

/// Secrets that stand in `agent.toml` itself, where none may: said by every command, and told to the collector by none.
fn in_agent_toml(scene: &Scene) -> Vec<Heard> {
    let secret = scene.lab.canaries().plant("a secret in agent.toml");
    let machine = scene.lab.machine("srv-03");
    let repository = "[[backup.repository]]\nproduct = \"restic\"\nname = \"a\"\n";
    let mut heard = Vec::new();
    for toml in [
        format!("[proxy]\nurl = \"http://me:{secret}@localhost:1\"\n"),
        format!("{repository}location = \"rest:https://me:{secret}@localhost:1/\"\n"),
        format!("{repository}location = \"/a\"\npassword = \"{secret}\"\n"),
        format!("{repository}location = \"/a\"\npassword_file = \"{secret}\"\n"),
        format!("{repository}location = \"/a\"\nevery = \"{secret}\"\n"),
        format!("{repository}location = \"/a\"\npassword_command = [\"{secret}\"]\n"),
        format!("token = {secret}\n"),
    ] {
        machine.configure(&toml);
        for words in [&["doctor"][..], &["run"], &["status"]] {
            heard.extend(said(scene, &mut machine.command(words, &[])).1);
        }
    }
    heard
}

/// A backup that fails and says with what it was run.
fn in_a_backup(scene: &Scene) -> Vec<Heard> {
    let canaries = scene.lab.canaries();
    let (password, in_address) =
        (canaries.plant("RESTIC_PASSWORD of a backup"), canaries.plant("a password in an address"));
    let argument = canaries.plant("an argument of a backup");
    let script = format!(
        "echo \"cannot open https://me:{in_address}@vault.example/ with $RESTIC_PASSWORD\" >&2; exit 3"
    );
    let mut backup =
        scene.agent.command(&["backup", "run"], &["--job", "nightly", "--", "sh", "-c", &script, &argument]);
    let said = Finished::of(backup.env("RESTIC_PASSWORD", &password));
    assert_eq!(said.code, Some(3), "{said:#?}");
    // Whoever called sees all that the command says; the collector is told without.
    let failed = scene.lab.wait_for_alert("backup-failed", dogwatch_tests::harness::PATIENCE, |_| true);
    let number = failed["number"].as_u64().expect("a number");
    let item = scene.lab.item(number).expect("the item").to_string();
    assert!(item.contains("vault.example"), "the rest of it is told: {item}");
    canaries.heard_in("the item of a failed backup", item)
}
