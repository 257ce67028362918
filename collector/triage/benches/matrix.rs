//! What a large matrix costs: to read, to lint, to diff, and to route one alert by.
//!
//! `cargo bench -p dogwatch-triage --bench matrix` prints medians. Nothing is asserted: a loaded machine would make
//! liars of the numbers. The matrix is as large as they may be: 500 rows over 50 calendars in 10 zones, with holidays.

#![expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
#![expect(clippy::print_stdout, reason = "a benchmark prints its figures")]
#![expect(clippy::unwrap_used, reason = "a benchmark that cannot run should say so and stop")]

use std::{
    fmt::Write as _,
    hint::black_box,
    time::{Duration, Instant},
};

use dogwatch_model::ToolId;
use dogwatch_triage::{
    finding::{Category, Severity},
    lint::{LintContext, Source, lint},
    matrix::{MAX_ROWS, Matrix, diff},
    routing::{Question, route},
};
use jiff::{SignedDuration, Timestamp};

const CALENDARS: usize = 50;
const TOOLS: usize = 50;
const RUNS: usize = 15;
const QUESTIONS: usize = 2_000;
const ZONES: [&str; 10] = [
    "America/Toronto",
    "Europe/London",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Los_Angeles",
    "Europe/Berlin",
    "Asia/Tokyo",
    "America/Sao_Paulo",
    "Africa/Cairo",
    "Pacific/Auckland",
];

fn main() {
    let text = large();
    println!("{MAX_ROWS} rows, {CALENDARS} calendars, {TOOLS} tools, {} bytes", text.len());
    let read = || Matrix::parse(&text, "large.toml", "0".repeat(12), None).unwrap();
    let matrix = read();
    line("read", median(|| drop(black_box(read()))));
    let context = LintContext::on("2026-11-23".parse().unwrap());
    let sources = [Source { file: "large.toml", text: &text }];
    println!("  findings: {}", lint(&matrix, &sources, &context).len());
    line("lint", median(|| drop(black_box(lint(&matrix, &sources, &context)))));
    let other = Matrix::parse(&text.replace("10m", "12m"), "other.toml", "1".repeat(12), None).unwrap();
    println!("  differences: {}", diff(&matrix, &other).len());
    line("diff", median(|| drop(black_box(diff(&matrix, &other)))));
    routes(&matrix);
}

/// Routes alerts of every tool, through the year: what a row in the middle takes, and what none takes.
fn routes(matrix: &Matrix) {
    let start: Timestamp = "2026-11-23T00:00:00Z".parse().unwrap();
    let tools: Vec<ToolId> = matrix.tools().map(|tool| tool.id.clone()).collect();
    let mut all = Duration::ZERO;
    let mut worst = Duration::ZERO;
    for n in 0..QUESTIONS {
        let question = Question {
            tool: tools.get(n % tools.len()),
            category: Some(Category::Backup),
            severity: Severity::ALL[n % Severity::ALL.len()],
            endpoint: None,
            at: start + SignedDuration::from_mins(i64::try_from(n).unwrap() * 263),
        };
        let one = median(|| drop(black_box(route(black_box(&question), matrix))));
        all += one;
        worst = worst.max(one);
    }
    line("route, mean of medians", all / u32::try_from(QUESTIONS).unwrap());
    line("route, the slowest question", worst);
}

fn median(mut run: impl FnMut()) -> Duration {
    let mut times: Vec<Duration> = (0..RUNS)
        .map(|_| {
            let begun = Instant::now();
            run();
            begun.elapsed()
        })
        .collect();
    times.sort_unstable();
    times[RUNS / 2]
}

fn line(name: &str, took: Duration) {
    println!("  {name:<28} {took:>12.1?}");
}

fn large() -> String {
    let mut text = String::from(
        "[org]\nid = \"large\"\nlast_resort = \"noc\"\n\n[[team]]\nid = \"noc\"\nside = \"msp\"\nemail = \"noc@msp.example\"\n\n\
         [[team]]\nid = \"it\"\nside = \"internal\"\nemail = \"it@large.example\"\n\n",
    );
    for n in 0..CALENDARS {
        let (zone, hour) = (ZONES[n % ZONES.len()], 6 + n % 4);
        write!(
            text,
            "[[calendar]]\nid = \"c{n}\"\nzone = \"{zone}\"\nhours = [\"mon-fri {hour:02}:00-12:00 13:00-1{}:30\", \"sat 09:00-12:00\"]\n\
             holidays = [{{ date = 2026-12-25, name = \"Christmas Day\" }}, {{ date = 2027-01-{:02}, name = \"Day {n}\" }}]\n\n",
            6 + n % 3,
            1 + n % 28
        )
        .unwrap();
    }
    for n in 0..TOOLS {
        write!(text, "[[tool]]\nid = \"t{n}\"\nfunction = \"function {n}, backup\"\nowner = \"noc\"\nscope = \"{n}\"\n\n")
            .unwrap();
    }
    for n in 0..MAX_ROWS {
        let (team, other) = if n % 2 == 0 { ("it", "noc") } else { ("noc", "it") };
        let hours = ["during", "outside"][n / 2 % 2];
        let severity = ["[\"critical\"]", "[\"warning\", \"info\"]", "[]"][n % 3];
        write!(
            text,
            "[[row]]\nid = \"r{n}\"\ntools = [\"t{}\", \"t{}\"]\nseverity = {severity}\n{hours} = \"c{}\"\nresponsible = \"{team}\"\n\
             accountable = \"{team}\"\ninformed = [\"{other}\"]\nbackup = \"{other}\"\nreviewed_at = 2026-11-02\n\
             escalation = [{{ after = \"10m\", to = \"{other}\" }}]\n\n",
            n % TOOLS,
            (n + 7) % TOOLS,
            n % CALENDARS
        )
        .unwrap();
    }
    text
}
