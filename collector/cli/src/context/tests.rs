//! Logins side by side.

use super::*;

fn login(collector: &str, url: &str, person: &str) -> Context {
    Context {
        url: url.into(),
        person: person.into(),
        collector: collector.into(),
        token: "dwt_secret".into(),
        session: true,
        rights: String::new(),
        root_certificate: "pem".into(),
    }
}

fn name(text: &str) -> ContextName {
    text.parse().unwrap()
}

/// Saves as `login` does.
fn save(contexts: &Contexts, context: &Context) -> ContextName {
    let name = contexts.name_for(context).unwrap();
    contexts.write(&name, context).unwrap();
    contexts.make_current(&name).unwrap();
    name
}

#[test]
fn a_certificate_survives_its_pem() {
    let certificate = CertificateDer::from(vec![7; 100]);
    let text = to_pem(&certificate);
    assert!(text.lines().all(|line| line.len() <= 64), "{text}");
    assert_eq!(CertificateDer::from_pem_slice(text.as_bytes()).unwrap(), certificate);
}

#[test]
fn each_login_gets_a_name_of_its_own_and_the_same_one_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let contexts = Contexts::in_folder(folder.path());
    assert_eq!(contexts.current().unwrap(), None);
    let kim = login("Acme MSP", "https://a:7443", "kim");
    assert_eq!(save(&contexts, &kim).as_str(), "acme-msp");
    assert_eq!(save(&contexts, &Context { token: "dwt_new".into(), ..kim }).as_str(), "acme-msp");
    assert_eq!(save(&contexts, &login("Acme MSP", "https://a:7443", "lee")).as_str(), "acme-msp-lee");
    assert_eq!(save(&contexts, &login("Acme MSP", "https://b:7443", "lee")).as_str(), "acme-msp-lee-2");
    assert_eq!(contexts.names(), ["acme-msp", "acme-msp-lee", "acme-msp-lee-2"]);
    assert_eq!(contexts.read(&name("acme-msp")).unwrap().token, "dwt_new");
    assert_eq!(contexts.current().unwrap(), Some(name("acme-msp-lee-2")));
}

#[test]
fn a_link_that_opens_something_else_takes_nobodys_own_login_away() {
    let folder = tempfile::tempdir().unwrap();
    let contexts = Contexts::in_folder(folder.path());
    let omar = login("Acme MSP", "https://a:7443", "omar");
    let link = |rights: &str| Context {
        token: format!("dwt_{rights}"),
        session: false,
        rights: rights.into(),
        ..omar.clone()
    };
    save(&contexts, &omar);
    assert_eq!(save(&contexts, &link("viewer")).as_str(), "acme-msp-omar");
    assert_eq!(contexts.read(&name("acme-msp")).unwrap(), omar);
    let beside = contexts.beside(&link("viewer"), &name("acme-msp-omar")).unwrap();
    assert_eq!(beside, Some(name("acme-msp")));
    let renewed = Context { token: "dwt_next".into(), ..link("viewer") };
    assert_eq!(save(&contexts, &renewed).as_str(), "acme-msp-omar", "the like takes its place");
    assert_eq!(save(&contexts, &link("admin")).as_str(), "acme-msp-omar-2");
    assert_eq!(save(&contexts, &Context { token: "dwt_new".into(), ..omar }).as_str(), "acme-msp");
}

#[test]
fn a_login_that_was_begun_makes_place_for_the_one_that_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let contexts = Contexts::in_folder(folder.path());
    save(&contexts, &login("Lab", "https://b:7443", "kim"));
    let begun = Context { token: String::new(), ..login("a:7443", "https://a:7443", "acme:omar") };
    save(&contexts, &begun);
    let finished = login("Acme MSP", "https://a:7443", "omar");
    contexts.forget_begun(&finished).unwrap();
    assert_eq!(save(&contexts, &finished).as_str(), "acme-msp");
    assert_eq!(contexts.names(), ["acme-msp", "lab"]);
}

#[test]
fn who_logged_out_finds_their_login_again_under_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let contexts = Contexts::in_folder(folder.path());
    let kim = login("Acme MSP", "https://a:7443", "kim");
    save(&contexts, &kim);
    contexts.rename(&name("acme-msp"), &name("work")).unwrap();
    contexts.log_out(&name("work")).unwrap();
    let kept = contexts.read(&name("work")).unwrap();
    assert_eq!((kept.token.as_str(), kept.person.as_str()), ("", "kim"));
    assert_eq!(contexts.current().unwrap(), Some(name("work")));
    contexts.forget_begun(&kim).unwrap();
    assert_eq!(save(&contexts, &kim), name("work"));
}

#[test]
fn a_login_from_before_sessions_were_told_apart_is_read() {
    let text = "url = \"u\"\nperson = \"kim\"\ncollector = \"c\"\ntoken = \"t\"\nroot_certificate = \"r\"\n";
    assert!(!toml::from_str::<Context>(text).unwrap().session);
}

#[test]
fn a_renamed_context_stays_in_use_and_takes_no_others_place() {
    let folder = tempfile::tempdir().unwrap();
    let contexts = Contexts::in_folder(folder.path());
    save(&contexts, &login("one", "https://a:1", "kim"));
    save(&contexts, &login("two", "https://b:1", "kim"));
    let taken = contexts.rename(&name("two"), &name("one")).unwrap_err().to_string();
    assert!(taken.contains("there is a context `one` already"), "{taken}");
    contexts.rename(&name("two"), &name("lab")).unwrap();
    assert_eq!(
        (contexts.names(), contexts.current().unwrap()),
        (vec!["lab".into(), "one".into()], Some(name("lab")))
    );
    contexts.remove(&name("lab")).unwrap();
    assert_eq!(contexts.current().unwrap(), None);
    let said = contexts.not_logged_in().to_string();
    assert_eq!(said, "no context is in use; choose one of one: dogwatch context use NAME");
    let said = contexts.read(&name("on")).unwrap_err().to_string();
    assert_eq!(said, "there is no context `on`; did you mean `one`?");
}
