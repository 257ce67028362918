//! What is answered, as people see it.

use clap::{CommandFactory as _, Parser, Subcommand, ValueEnum};

use super::*;

#[derive(Parser)]
#[command(name = "dog", version)]
struct Args {
    #[arg(short, long, global = true, value_enum)]
    output: Option<Format>,
    #[arg(long, global = true)]
    context: Option<String>,
    #[command(subcommand)]
    command: What,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Table,
    Json,
}

#[derive(Subcommand)]
enum What {
    Fleet,
    Queue {
        filter: Vec<String>,
    },
    #[command(subcommand)]
    Alert(Alert),
}

#[derive(Subcommand)]
enum Alert {
    Claim {
        #[arg(value_parser = clap::value_parser!(u64))]
        number: u64,
        #[arg(long)]
        why: String,
        #[arg(long, conflicts_with = "why")]
        quiet: bool,
    },
}

fn said(words: &str) -> String {
    let typed = words.split(' ').map(str::to_owned);
    let error = Args::try_parse_from(std::iter::once("dog".to_owned()).chain(typed.clone())).err().unwrap();
    answer(&error, &Args::command(), typed)
}

#[test]
fn what_is_wrong_is_said_in_one_line_and_where_help_is_in_another() {
    for (typed, wrong, help) in [
        ("feet", "unrecognized subcommand 'feet'; a similar subcommand exists: 'fleet'", "dog"),
        (
            "fleet --outputs json",
            "unexpected argument '--outputs' found; a similar argument exists: '--output'",
            "dog fleet",
        ),
        (
            "alert claim",
            "the following required arguments were not provided: --why <WHY>, <NUMBER>",
            "dog alert claim",
        ),
        (
            "alert claim x --why y",
            "invalid value 'x' for '<NUMBER>': invalid digit found in string",
            "dog alert claim",
        ),
        (
            "-o tabel fleet",
            "invalid value 'tabel' for '--output <OUTPUT>' [possible values: table, json]; a similar value exists: 'table'",
            "dog fleet",
        ),
        (
            "alert claim 1 --why y --quiet",
            "the argument '--why <WHY>' cannot be used with '--quiet'",
            "dog alert claim",
        ),
        ("--context alert fleet x", "unexpected argument 'x' found", "dog fleet"),
    ] {
        assert_eq!(said(typed), format!("dog: {wrong}\ntry: {help} --help\n"), "{typed}");
    }
}

#[test]
fn a_secret_that_was_typed_in_a_wrong_place_is_not_repeated() {
    let secret = format!("dwt_{}", "a1B2c3D4".repeat(5));
    let told = said(&format!("alert claim {secret} --why y"));
    assert!(told.starts_with("dog: invalid value 'dwt_") && !told.contains(&secret), "{told}");
}

#[test]
fn whoever_typed_nothing_yet_is_shown_all_that_there_is() {
    let error = Args::try_parse_from(["dog", "alert"]).err().unwrap();
    let told = answer(&error, &Args::command(), std::iter::once("alert".to_owned()));
    assert!(told.contains("Usage: dog alert") && told.contains("claim"), "{told}");
}

#[test]
fn a_field_that_was_typed_as_an_option_is_shown_as_a_field() {
    for (typed, wrong) in [
        ("queue --org acme", "there is no option --org here; it is a field of the filter: org:acme"),
        ("queue --site=north", "there is no option --site here; it is a field of the filter: site:north"),
        ("queue -x", "unexpected argument '-x' found; to pass '-x' as a value, use '-- -x'"),
    ] {
        assert_eq!(said(typed), format!("dog: {wrong}\ntry: dog queue --help\n"), "{typed}");
    }
}

#[test]
fn a_term_of_a_filter_that_begins_with_a_dash_is_no_option() {
    let read = |typed: &str| -> String {
        let typed = std::iter::once("dog").chain(typed.split(' ')).map(Into::into).collect();
        let words = filter::with_terms(&Args::command(), typed);
        words.into_iter().skip(1).map(|word| format!("[{}]", word.to_str().unwrap())).collect()
    };
    assert_eq!(read("queue -tag:lab"), "[queue][ -tag:lab]");
    assert_eq!(read("-o json queue os:linux -org:acme"), "[-o][json][queue][os:linux][ -org:acme]");
    assert_eq!(read("queue -x -ojson"), "[queue][-x][-ojson]", "options stay");
    assert_eq!(read("queue --context -a:b"), "[queue][--context][-a:b]", "and what they are given");
    assert_eq!(read("queue -- -a:b"), "[queue][--][-a:b]", "and what stands behind the last of them");
    assert_eq!(read("alert claim -a:b"), "[alert][claim][-a:b]", "where no filter stands it is a slip");
    let typed = filter::with_terms(&Args::command(), ["dog", "queue", "-tag:lab"].map(Into::into).into());
    let What::Queue { filter } = Args::try_parse_from(typed).ok().unwrap().command else { panic!() };
    assert_eq!(filter, [" -tag:lab"]);
}
