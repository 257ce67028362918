//! The description of the API, driven by a program that knows nothing but it: schemathesis.
//!
//! It makes requests out of the description, fitting and unfitting ones, and holds every answer against it: no 5xx, no
//! status, media type or body that is not described. Once as an administrator, once as nobody. The seed is fixed, so that a
//! change breaks it and not the day.

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use dogwatch_tests::harness::{Lab, program::Finished};

/// Debian's own, whatever else is on the path: `tests/run.sh` fetches libraries for it.
const PYTHON: &str = "/usr/bin/python3";

/// Requests of each kind that an operation gets: with some eighty operations, a minute or two.
const EXAMPLES: &str = "12";

/// The whole run's limit: beyond it something is slow that should not be.
const SECONDS: &str = "170";

/// What is left out: a stream that has no end, and what may be tried five times a minute.
const LEFT_OUT: [&str; 2] = ["/api/v1/events", "/api/v1/setup"];

/// What is judged. That a wrong request is refused is judged by our own tests: names of things that are not there are
/// right by the description and not found.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_schema_conformance,allow_header_conformance,unsupported_method";

fn library() -> Option<PathBuf> {
    let library = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tests/python");
    library.join("schemathesis").is_dir().then_some(library)
}

#[expect(clippy::print_stdout, reason = "who runs the tests wants to know what was left out")]
fn driven(test: &str, token: impl Fn(&Lab) -> Option<String>) {
    let Some(library) = library() else {
        println!("SKIP {test}: schemathesis is not here; `sh tests/run.sh` fetches it");
        return;
    };
    let lab = Lab::start();
    let _agent = lab.online("srv-01");
    let address = format!("https://{}/api/v1/openapi.json", lab.collector().people_address());
    let mut fuzzer = Command::new("timeout");
    fuzzer
        .args([SECONDS, PYTHON, "-m", "schemathesis.cli", "run", &address, "--tls-verify"])
        .arg(lab.collector().path("authority/root.crt"))
        .args(["--checks", CHECKS, "--phases", "examples,coverage,fuzzing", "--seed", "20261123"])
        // One worker: parsers of CPython 3.11 in two threads trip over each other (`AST constructor recursion depth mismatch`).
        .args(["--max-examples", EXAMPLES, "--workers", "1", "--no-color", "--generation-database", "none"])
        .args(["--request-timeout", "20", "--max-failures", "20", "--warnings", "off"])
        .env("PYTHONPATH", &library)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .current_dir(lab.folder());
    for path in LEFT_OUT {
        fuzzer.args(["--exclude-path", path]);
    }
    if let Some(token) = token(&lab) {
        fuzzer.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    Finished::of(&mut fuzzer).succeeds();
}

#[test]
fn an_administrators_requests_are_answered_as_described() {
    driven("an_administrators_requests_are_answered_as_described", |lab| {
        Some(lab.collector().bearer().to_owned())
    });
}

#[test]
fn nobodys_requests_are_answered_as_described() {
    driven("nobodys_requests_are_answered_as_described", |_| None);
}
