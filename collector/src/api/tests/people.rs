//! People as a list shows them: by the rule that lets them in.

use super::{Collector, admit, org, text_of_token, token, work};
use crate::access::Role;

#[tokio::test]
async fn who_was_kept_out_for_a_time_is_shown_as_let_in_again_once_it_is_over() {
    for (until, is_out) in [("2026-11-01T00:00:00Z", false), ("2100-01-01T00:00:00Z", true)] {
        let mut state = work::state();
        let (hash, token) = token('x', Role::Viewer, Some(org("acme")));
        let key = token.principal.key();
        admit(&mut state, [(hash, token)]);
        let person = state.access.people.get_mut(&key).unwrap();
        person.disabled_at = "2026-10-25T00:00:00Z".parse().ok();
        person.disabled_until = until.parse().ok();
        let listed = Collector::over(state).get("/api/v1/people", Some(&text_of_token('a'))).await;
        let people = listed.json["people"].as_array().unwrap_or_else(|| panic!("{}", listed.text));
        let shown = people.iter().find(|person| person["key"] == key.to_string());
        let shown = shown.unwrap_or_else(|| panic!("{}", listed.text));
        for member in ["disabled_at", "disabled_until"] {
            assert_eq!(shown[member].is_string(), is_out, "{member} until {until}: {shown}");
        }
    }
}
