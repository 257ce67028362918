//! For tests of the programs: what packages ship beside them (manual pages) is what their code makes.
//!
//! `DOGWATCH_WRITE_SHIPPED=1` writes the files in place of comparing them.

use std::{fs, path::PathBuf};

/// Compares a file of `packaging/` with what it should hold.
pub(crate) fn is(file: &str, made: &[u8]) {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let root = here.ancestors().find(|folder| folder.join("packaging/shipped.rs").is_file()).unwrap();
    let path = root.join("packaging").join(file);
    if std::env::var_os("DOGWATCH_WRITE_SHIPPED").is_some() {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, made).unwrap();
    }
    let shipped = fs::read(&path).unwrap_or_default();
    assert!(
        shipped == made,
        "packaging/{file} is not what the code makes; write it anew: DOGWATCH_WRITE_SHIPPED=1 cargo test shipped"
    );
}

/// Compares the manual pages of a program and of each of its commands.
pub(crate) fn manual(program: &clap::Command) {
    let mut program = program.clone().disable_help_subcommand(true);
    program.build();
    page(&program, program.get_name());
}

/// A page whose examples stand under a title of their own, each in its line as it is typed; what is said behind them follows.
fn with_examples(page: &str) -> String {
    let Some((before, extra)) = page.split_once(".SH EXTRA\n") else { return page.to_owned() };
    let (extra, after) = extra.find(".SH ").map_or((extra, ""), |at| extra.split_at(at));
    let Some(examples) = extra.strip_prefix("Example").map(|rest| rest.trim_start_matches('s')) else {
        return format!("{before}.SH NOTES\n{extra}{after}");
    };
    let (examples, rest) = examples.split_once("\n\n").unwrap_or((examples.trim_end(), ""));
    let lines =
        examples.trim_start_matches(':').trim_start().lines().map(|line| format!("{}\n", line.trim_start()));
    let rest = if rest.is_empty() { String::new() } else { format!(".PP\n{rest}") };
    format!("{before}.SH EXAMPLES\n.nf\n{}.fi\n{rest}{after}", lines.collect::<String>())
}

fn page(command: &clap::Command, name: &str) {
    let mut made = Vec::new();
    // Where things are depends on who runs it: a page says what holds for everybody.
    let is_place =
        |arg: &clap::Arg| arg.get_default_values().iter().any(|value| PathBuf::from(value).is_absolute());
    let named = command.clone().display_name(name.to_owned()).mut_args(|arg| {
        let hide = is_place(&arg);
        arg.hide_default_value(hide)
    });
    clap_mangen::Man::new(named)
        .date("\"\"")
        .source("Dogwatch")
        .manual("Dogwatch")
        .render(&mut made)
        .unwrap();
    is(&format!("man/{name}.1"), with_examples(&String::from_utf8(made).unwrap()).as_bytes());
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        page(inner, &format!("{name}-{}", inner.get_name()));
    }
}
