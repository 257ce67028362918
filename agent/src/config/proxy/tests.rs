//! Which way a connection goes, by file and by environment.

use super::*;

fn through(url: &str, exceptions: &str, address: &str) -> Result<Route, RouteError> {
    let environment = Environment { proxy: Some(url.into()), exceptions: Some(exceptions.into()) };
    ProxyChoice::Environment.route(address, &environment)
}

fn proxy(route: &Route) -> Option<&str> {
    match route {
        Route::Direct => None,
        Route::Through { proxy, .. } => Some(proxy),
    }
}

fn parse(lines: &str) -> Result<ProxyChoice, String> {
    toml::from_str(lines).map_err(|error| error.message().to_owned())
}

#[test]
fn the_environment_names_a_proxy_as_for_other_tools() {
    for (url, expected) in [
        ("http://proxy.example:3128", "proxy.example:3128"),
        ("http://proxy.example:3128/", "proxy.example:3128"),
        ("proxy.example:3128", "proxy.example:3128"),
        ("HTTP://proxy.example", "proxy.example:80"),
        ("http://[fd00::1]:3128", "[fd00::1]:3128"),
        ("http://me:pw@proxy.example:3128", "proxy.example:3128"),
    ] {
        let route = through(url, "", "collector.example:7444").unwrap();
        assert_eq!(proxy(&route), Some(expected), "{url}");
    }
    let none = ProxyChoice::Environment.route("collector.example:7444", &Environment::default());
    assert_eq!(none, Ok(Route::Direct));
}

#[test]
fn a_proxy_that_cannot_be_one_is_an_error_without_its_text() {
    for url in ["socks5://me:secret@proxy:1080", "https://me:secret@proxy:443", "http://", "http://a b:1"] {
        let error = through(url, "", "collector.example:7444").unwrap_err().to_string();
        assert!(error.contains("https_proxy") && !error.contains("secret"), "{url}: {error}");
    }
}

#[test]
fn exceptions_go_straight() {
    for (exceptions, address, direct) in [
        ("*", "collector.example:7444", true),
        ("example", "collector.example:7444", true),
        (".example", "collector.example:7444", true),
        ("*.example", "collector.example:7444", true),
        ("COLLECTOR.example", "collector.EXAMPLE:7444", true),
        ("lector.example", "collector.example:7444", false),
        ("collector.example:7443", "collector.example:7444", false),
        ("a.example, collector.example:7444", "collector.example:7444", true),
        ("10.0.0.0/8", "10.20.30.40:7444", true),
        ("10.16.0.0/12", "10.32.0.1:7444", false),
        ("10.16.0.0/12", "10.31.255.1:7444", true),
        ("0.0.0.0/0", "192.0.2.1:7444", true),
        ("192.0.2.1", "192.0.2.1:7444", true),
        ("192.0.2.1", "192.0.2.2:7444", false),
        ("fd00::/8", "[fd12::1]:7444", true),
        ("", "127.0.0.1:7444", true),
        ("", "localhost:7444", true),
        ("", "192.0.2.1:7444", false),
    ] {
        let route = through("http://proxy:3128", exceptions, address).unwrap();
        assert_eq!(route == Route::Direct, direct, "{exceptions} {address}");
    }
}

#[test]
fn credentials_of_the_environment_are_decoded_and_shown_to_nobody() {
    let route = through("http://me:p%40ss@proxy:3128", "", "collector.example:7444").unwrap();
    let Route::Through { credentials: Some(credentials), .. } = &route else { panic!("{route:?}") };
    assert_eq!(credentials.header(), format!("Basic {}", STANDARD.encode("me:p@ss")));
    let shown = format!("{route:?}");
    assert!(!shown.contains("p@ss") && !shown.contains(&STANDARD.encode("me:p@ss")), "{shown}");
}

#[test]
fn the_file_wins_over_the_environment() {
    let environment = Environment { proxy: Some("http://other:1".into()), exceptions: None };
    let choice = parse("url = \"http://proxy:3128\"\nno_proxy = [\".lan\"]").unwrap();
    let route = |address| choice.route(address, &environment).unwrap();
    assert_eq!(proxy(&route("collector.example:7444")), Some("proxy:3128"));
    assert_eq!(proxy(&route("127.0.0.1:7444")), Some("proxy:3128"), "what the file says is meant");
    assert_eq!(proxy(&route("collector.lan:7444")), None);
    let none = parse("url = \"none\"").unwrap();
    assert_eq!(none.route("collector.example:7444", &environment), Ok(Route::Direct));
}

#[test]
fn what_cannot_be_a_proxy_is_refused_without_showing_a_password() {
    for (lines, expected) in [
        ("url = \"http://me:secret@proxy:3128\"", "belong into credentials_file"),
        ("url = \"https://proxy:3128\"", "neither of the form"),
        ("url = \"http://proxy\"", "neither of the form"),
        ("url = \"http://proxy:0\"", "neither of the form"),
        ("url = \"http://proxy:1\"\nno_proxy = [\"a b\"]", "`no_proxy`: `a b` is no host"),
        ("url = \"http://proxy:1\"\ncredentials_file = \"secret\"", "is not an absolute path"),
        ("url = \"http://proxy:1\"\npassword = \"secret\"", "unknown field `password`"),
    ] {
        let error = parse(lines).unwrap_err();
        assert!(error.contains(expected) && !error.contains("secret"), "{lines}: {error}");
    }
}

#[test]
fn credentials_come_from_a_private_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("proxy");
    let choice = parse(&format!("url = \"http://proxy:1\"\ncredentials_file = {file:?}")).unwrap();
    let route = || choice.route("collector.example:7444", &Environment::default());
    std::fs::write(&file, "me:secret\n").unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        let error = route().unwrap_err().to_string();
        assert!(error.contains("may be read by others") && error.contains("chmod 600"), "{error}");
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    let Ok(Route::Through { credentials: Some(credentials), .. }) = route() else { panic!() };
    assert_eq!(credentials.header(), format!("Basic {}", STANDARD.encode("me:secret")));
    std::fs::write(&file, "secret\n").unwrap();
    let error = route().unwrap_err().to_string();
    assert!(error.ends_with("is not of the form user:password") && !error.contains("secret"), "{error}");
}
