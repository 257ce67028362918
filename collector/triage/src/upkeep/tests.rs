//! What people change of an endpoint, and what is refused.

use super::*;
use crate::specimen::silent_server;

fn changed(change: &EndpointChange, endpoint: &mut Endpoint) -> Vec<String> {
    change.apply(endpoint).unwrap()
}

fn refused(change: &EndpointChange) -> String {
    let mut endpoint = silent_server();
    endpoint.tags = vec!["prod".into()];
    let before = endpoint.clone();
    let error = change.apply(&mut endpoint).unwrap_err();
    assert_eq!(endpoint, before, "what is refused changes nothing");
    error.to_string()
}

fn labels<const N: usize>(labels: [(&str, Option<&str>); N]) -> BTreeMap<String, Option<String>> {
    labels.into_iter().map(|(key, value)| (key.to_owned(), value.map(str::to_owned))).collect()
}

#[test]
fn everything_that_changes_is_said_and_what_was_so_is_not() {
    let mut endpoint = silent_server();
    endpoint.tags = vec!["lab".into()];
    let change = EndpointChange {
        add: vec!["prod".into(), " db ".into()],
        remove: vec!["lab".into(), "never-had".into()],
        labels: labels([("rack", Some("B 12"))]),
        class: Some(Class::Workstation),
        criticality: Some(Criticality::High),
        site: Some(SiteId::new("ottawa").unwrap()),
    };
    assert_eq!(
        changed(&change, &mut endpoint),
        [
            "tag lab removed",
            "tag prod added",
            "tag db added",
            "label rack = B 12",
            "class server → workstation",
            "criticality normal → high",
            "site toronto → ottawa",
        ]
    );
    assert_eq!(endpoint.tags, ["db", "prod"]);
    assert!(endpoint.class_fixed, "what a person says, no guess changes");
    assert_eq!(changed(&change, &mut endpoint), Vec::<String>::new());
    let away = EndpointChange { labels: labels([("rack", None)]), ..EndpointChange::default() };
    assert_eq!(changed(&away, &mut endpoint), ["label rack removed"]);
    assert!(endpoint.labels.is_empty());
}

#[test]
fn a_guessed_class_that_a_person_confirms_is_theirs_from_then_on() {
    let mut endpoint = silent_server();
    let change = EndpointChange { class: Some(Class::Server), ..EndpointChange::default() };
    assert_eq!(changed(&change, &mut endpoint), ["class server, whatever its agent guesses"]);
    assert_eq!(changed(&change, &mut endpoint), Vec::<String>::new());
}

#[test]
fn each_limit_says_what_would_be_right() {
    let add = |tag: &str| EndpointChange { add: vec![tag.to_owned()], ..EndpointChange::default() };
    assert!(refused(&add("two words")).contains("write it as one word"));
    assert!(refused(&add("a=b")).contains("one word"));
    assert!(refused(&add("  ")).contains("is empty"));
    assert!(refused(&add(&"x".repeat(65))).contains("longer than 64"));
    let unseen = refused(&add("pr\u{202e}od\u{1b}"));
    assert!(unseen.contains("`prod` has characters that cannot be seen"), "{unseen:?}");
    let many =
        EndpointChange { add: (0..65).map(|n| format!("t{n}")).collect(), ..EndpointChange::default() };
    assert!(refused(&many).contains("at most 64 tags"));
    let long = "x".repeat(257);
    let label = EndpointChange { labels: labels([("rack", Some(&long))]), ..EndpointChange::default() };
    assert!(refused(&label).contains("longer than 256"));
    let both = EndpointChange { remove: vec!["prod".into()], ..add("prod") };
    assert!(refused(&both).contains("say one of the two"));
    assert!(refused(&EndpointChange::default()).contains("what is to change"));
}
