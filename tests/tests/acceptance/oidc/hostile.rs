//! Every lie that a provider, or somebody between it and the browser, can tell; each is refused by name.

use dogwatch_tests::harness::{
    Lab, ORG,
    browser::{Browser, Page},
};
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{rogue::Rogue, root_of};

/// A lab with a provider that cannot be trusted, and a browser.
struct Trap {
    lab: Lab,
    rogue: Rogue,
    browser: Browser,
}

impl Trap {
    fn set() -> Self {
        let (lab, rogue) = (Lab::start(), Rogue::start());
        let browser = Browser::new(&[root_of(&lab)]);
        let trap = Self { lab, rogue, browser };
        trap.write("");
        trap
    }

    /// (Re)writes the file, which forgets what was known of the provider.
    fn write(&self, more: &str) {
        self.lab.identity(&format!(
            "[[provider]]\nid = \"rogue\"\nside = \"internal\"\norg = \"{ORG}\"\nissuer = \"{}\"\nclient_id = \"dogwatch\"\n\
             allow_private = true\nwithout_group = [\"sam\"]\n{more}",
            self.rogue.issuer
        ));
    }

    fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.lab.collector().people_address())
    }

    /// Begins a login; gives what the provider is told, by name.
    #[track_caller]
    fn begin(&mut self) -> impl Fn(&str) -> String + use<> {
        let page = self.browser.step(&self.url("/oidc/start?provider=rogue"), None);
        let location = page.location.clone().unwrap_or_else(|| panic!("not sent to the provider: {page:?}"));
        move |name| {
            let query = location.split_once('?').map_or("", |(_, query)| query);
            let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned()).unwrap_or_default()
        }
    }

    /// A login that the rogue answers with a token of its own making.
    #[track_caller]
    fn log_in(&mut self, header: &Value, change: &Value) -> Page {
        let told = self.begin();
        let now = Timestamp::now().as_second();
        let mut claims = json!({
            "iss": self.rogue.issuer, "aud": "dogwatch", "sub": "u-1", "preferred_username": "sam", "groups": [],
            "exp": now + 300, "iat": now, "nonce": told("nonce"),
        });
        for (name, value) in change.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let token = self.rogue.token(header, &claims);
        self.rogue
            .answer("/token", &json!({ "id_token": token, "access_token": "a", "token_type": "Bearer" }));
        self.come_back(&format!("state={}&code=c", told("state")))
    }

    #[track_caller]
    fn come_back(&mut self, query: &str) -> Page {
        self.browser.step(&self.url(&format!("/oidc/callback?{query}")), None)
    }
}

fn good() -> Value {
    json!({ "alg": "ES256", "kid": "k" })
}

#[test]
fn a_token_that_does_not_fit_lets_nobody_in() {
    let mut trap = Trap::set();
    let now = Timestamp::now().as_second();
    for (header, change, about) in [
        (good(), json!({ "nonce": "another" }), "nonce"),
        (good(), json!({ "aud": "somebody-else" }), "aud"),
        (good(), json!({ "aud": ["dogwatch", "somebody-else"] }), "azp"),
        (good(), json!({ "iss": "https://evil.example" }), "iss"),
        (good(), json!({ "exp": now - 3600 }), "exp"),
        (good(), json!({ "iat": now - 3600 }), "iat"),
        (good(), json!({ "nbf": now + 3600 }), "nbf"),
        (good(), json!({ "sub": "" }), "sub"),
        (json!({ "alg": "none" }), json!({}), "alg"),
        (json!({ "alg": "HS256", "kid": "shared" }), json!({}), "alg"),
        (json!({ "alg": "ES384", "kid": "k" }), json!({}), "alg"),
        (json!({ "alg": "RS256", "kid": "k" }), json!({}), "kid"),
        (json!({ "alg": "ES256", "kid": "unknown" }), json!({}), "kid"),
        (json!({ "alg": "ES256", "kid": "k", "crit": ["exp"] }), json!({}), "crit"),
    ] {
        let page = trap.log_in(&header, &change);
        assert_eq!(page.status, 403, "{header} {change}: {page:?}");
        assert!(page.body.contains(&format!("`{about}`")), "{header} {change}: {}", page.body);
    }
    let keys = trap.rogue.asked().iter().filter(|asked| asked.starts_with("/keys")).count();
    assert!(keys <= 2, "tokens with unknown keys made the collector ask {keys} times");

    let page = trap.log_in(&good(), &json!({}));
    assert!(page.status == 200 && page.body.contains("You are sam"), "the honest one comes in: {page:?}");
    let page = trap.log_in(&good(), &json!({ "sub": "u-2" }));
    assert!(page.status == 403 && page.body.contains("somebody else"), "a name is not taken over: {page:?}");
    for name in ["break-glass", "dogwatch"] {
        let page = trap.log_in(&good(), &json!({ "preferred_username": name }));
        assert!(page.status == 403 && page.body.contains("choose another id"), "{page:?}");
    }
}

#[test]
fn a_login_ends_once_in_the_browser_where_it_began() {
    let mut trap = Trap::set();
    let page = trap.log_in(&good(), &json!({}));
    assert_eq!(page.status, 200, "{page:?}");
    let used = page.url.split_once('?').map(|(_, query)| query.to_owned()).unwrap_or_default();
    assert_eq!(trap.come_back(&used).status, 400, "a state is good once");
    assert_eq!(trap.come_back("state=invented&code=c").status, 400);
    assert_eq!(trap.come_back("code=c").status, 400);

    // Somebody else's login, finished in my browser: the other's cookie is not here.
    let told = trap.begin();
    trap.browser.forget();
    assert_eq!(trap.come_back(&format!("state={}&code=c", told("state"))).status, 400);

    let told = trap.begin();
    let page = trap.come_back(&format!("state={}&error=access_denied%3Cb%3E&anything=else", told("state")));
    assert!(page.status == 403 && page.body.contains("`access_deniedb`"), "{page:?}");
    let told = trap.begin();
    let page = trap.come_back(&format!("state={}&code=c&iss=https%3A%2F%2Fevil.example", told("state")));
    assert!(page.status == 403 && page.body.contains("`iss`"), "{page:?}");

    // What it was told is what the standards want, and the verifier fits the challenge.
    let told = trap.begin();
    assert_eq!((told("response_type"), told("code_challenge_method")), ("code".into(), "S256".into()));
    assert_eq!(told("redirect_uri").matches("callback").count(), 1);
    let asked = trap.rogue.asked();
    let trade = asked.iter().find(|asked| asked.starts_with("/token ")).expect("a code was traded");
    for part in ["grant_type=authorization_code", "code=c", "code_verifier=", "client_id=dogwatch"] {
        assert!(trade.contains(part), "{part} in {trade}");
    }
}

#[test]
fn a_provider_that_describes_itself_wrongly_is_not_used() {
    let mut trap = Trap::set();
    let lies = [
        (json!({ "issuer": "http://127.0.0.1:1" }), "issuer"),
        (json!({ "issuer": format!("{}/", trap.rogue.issuer) }), "issuer"),
        (json!({ "token_endpoint": "http://192.0.2.1/token" }), "plain http goes to this machine alone"),
        (json!({ "jwks_uri": "ftp://x" }), "jwks_uri"),
        (json!({ "code_challenge_methods_supported": ["plain"] }), "PKCE"),
        (json!({ "response_types_supported": ["id_token"] }), "code flow"),
        (json!({ "id_token_signing_alg_values_supported": ["HS256", "none"] }), "ES256"),
    ];
    for (lie, (change, about)) in lies.iter().enumerate() {
        trap.rogue.describe(change);
        // A file that says the same is not read again.
        trap.write(&format!("# lie {lie}\n"));
        let page = trap.browser.step(&trap.url("/oidc/start?provider=rogue"), None);
        let page = match page.location {
            None => page,
            Some(_) => {
                trap.rogue.describe(change);
                trap.log_in(&good(), &json!({}))
            }
        };
        assert!(page.status == 503 && page.body.contains(about), "{change}: {page:?}");
    }
    trap.rogue.describe(&json!({ "userinfo_endpoint": "http://127.0.0.1:9/" }));
    trap.write("# again\n");
    assert!(trap.browser.step(&trap.url("/oidc/start?provider=rogue"), None).location.is_some());
    assert_eq!(trap.browser.step(&trap.url("/oidc/start?provider=nobody"), None).status, 404);
}
