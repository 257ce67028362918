//! Files that are taken, and files that are not.

use super::*;

const GOOD: &str = r#"
[[provider]]
id = "acme"
side = "internal"
org = "acme"
issuer = "https://id.example/tenant"
client_id = "dogwatch"
client_secret = "canary"

[[provider.group]]
name = "it"
role = "member"
team = "it"

[[provider.group]]
name = "heads"
verbs = ["sign"]
scope = "acme/main"
"#;

fn said(text: &str) -> Result<Providers, String> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity.toml");
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    let read = Providers::read(&path).map_err(|error| error.to_string());
    assert!(!format!("{read:?}").contains("canary"), "a secret is never told: {read:?}");
    read
}

/// The good file with something else in place of one part.
fn with(part: &str, other: &str) -> Result<Providers, String> {
    assert!(GOOD.contains(part), "{part}");
    said(&GOOD.replacen(part, other, 1))
}

#[test]
fn a_provider_has_what_the_file_says_and_sensible_defaults() {
    let all = said(GOOD).unwrap();
    let provider = all.providers.values().next().unwrap();
    assert_eq!((provider.name.as_str(), &provider.home), ("acme", &"acme".parse().unwrap()));
    assert_eq!(provider.scopes, ["openid", "profile"]);
    assert_eq!(provider.lasts, USUAL);
    assert!(!provider.hidden && all.shown().count() == 1);
    let hidden = with("side =", "hidden = true\nside =").unwrap();
    assert_eq!((hidden.providers.len(), hidden.shown().count()), (1, 0));
    let [it, heads] = &provider.groups[..] else { panic!("{provider:?}") };
    assert_eq!((it.verbs, &it.scope), (Verbs::CREW, &"acme".parse().unwrap()));
    assert_eq!(heads.verbs, Verbs::of(&[Verb::View, Verb::Comment, Verb::Sign]));
    assert_eq!(heads.scope.to_string(), "acme/main");
    assert!(said("").unwrap().providers.is_empty());
}

#[test]
fn what_would_bring_people_where_they_do_not_belong_is_refused() {
    for (part, other, about) in [
        ("org = \"acme\"\n", "", "`org` is missing"),
        ("scope = \"acme/main\"", "scope = \"globex\"", "reaches beyond acme"),
        ("scope = \"acme/main\"", "scope = \"*\"", "reaches beyond acme"),
        ("https://id", "http://id", "`issuer` must begin with https"),
        ("https://id.example/tenant", "https://10.0.0.1/", "allow_private"),
        ("https://id.example/tenant", "https://id.example/?x=1", "neither `?` nor `#`"),
        (
            "client_id = \"dogwatch\"\n",
            "client_id = \"dogwatch\"\nperson_claim = \"email\"\n",
            "email_domains",
        ),
        ("client_id = \"dogwatch\"\n", "client_id = \"dogwatch\"\nscopes = [\"profile\"]\n", "`scopes`"),
        (
            "client_id = \"dogwatch\"\n",
            "client_id = \"dogwatch\"\nrights_last = \"9999h\"\n",
            "`rights_last`",
        ),
        ("client_id = \"dogwatch\"\n", "client_id = \"dogwatch\"\nadopt = [\"No One\"]\n", "`adopt`"),
        ("role = \"member\"\n", "", "`role` or `verbs`"),
        ("name = \"heads\"", "name = \"it\"", "twice"),
        ("client_id", "clientid", "did you mean `client_id`"),
        ("client_secret = \"canary\"", "client_secret_file = \"canary-is-not-there\"", "client_secret_file"),
        ("verbs = [\"sign\"]", "verbs = [\"canary\"]", "`verbs`"),
        ("side = \"internal\"", "side = \"canary\"", "`side`"),
    ] {
        let told = with(part, other).unwrap_err();
        assert!(told.contains(about), "{other}: {told}");
    }
}

#[test]
fn a_file_that_others_may_read_and_two_providers_of_one_id_are_refused() {
    let told = said(&format!("{GOOD}{GOOD}")).unwrap_err();
    assert!(told.contains("two providers `acme`"), "{told}");
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("identity.toml");
    fs::write(&path, GOOD).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    assert!(Providers::read(&path).unwrap_err().to_string().contains("chmod 600"));
    assert!(Providers::read(&folder.path().join("none.toml")).unwrap().providers.is_empty());
}

#[test]
fn the_msps_own_provider_reaches_every_org() {
    let text = GOOD.replace("internal", "msp").replace("org = \"acme\"\n", "").replace("acme/main", "*");
    let all = said(&text).unwrap();
    assert_eq!(all.providers.values().next().unwrap().home, Scope::Everywhere);
}

#[test]
fn the_example_is_taken_as_it_stands() {
    let text = include_str!("../../../identity.example.toml");
    // Its secrets are in files and variables that are not here.
    let lines = text.lines().filter(|line| !line.starts_with("client_secret_"));
    let all = said(&lines.collect::<Vec<_>>().join("\n")).unwrap();
    assert_eq!(all.providers.keys().map(ProviderId::as_str).collect::<Vec<_>>(), ["acme-entra", "msp"]);
}
