//! `completions SHELL`: a script that teaches a shell our commands; bash, zsh and fish learn to ask for names as well.

pub(super) mod names;

use clap::CommandFactory as _;
use clap_complete::aot::{Shell as Generator, generate};

use crate::{
    args::{Args, Completions, Shell},
    failure::Failure,
    output,
};

pub(crate) fn run(asked: &Completions) -> Result<(), Failure> {
    output::print(&script(asked.shell))
}

/// What is put behind the script of a shell, so that it asks us for the names that may stand next.
const BASH: &str = include_str!("completions/asking.bash");
const ZSH: &str = include_str!("completions/asking.zsh");
const FISH: &str = include_str!("completions/asking.fish");

/// How a script for zsh ends: it completes as soon as it is loaded, or says what does.
const ZSH_END: &str = r#"
if [ "$funcstack[1]" = "_dogwatch" ]; then
    _dogwatch "$@"
else
    compdef _dogwatch dogwatch
fi
"#;

fn script(shell: Shell) -> String {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
        Shell::Pwsh => Generator::PowerShell,
    };
    let mut script = Vec::new();
    generate(generator, &mut Args::command(), "dogwatch", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    match shell {
        Shell::Bash => script + BASH,
        Shell::Zsh => script.strip_suffix(ZSH_END).unwrap_or(&script).to_owned() + ZSH,
        Shell::Fish => script + FISH + &fish_options(),
        Shell::Pwsh => script,
    }
}

/// Fish asks for the value of an option by the option's own name only.
fn fish_options() -> String {
    let line =
        |option| format!("complete -c dogwatch -n __dogwatch_ask -l {option} -x -a '$__dogwatch_names'\n");
    names::options().into_iter().map(line).collect()
}

#[cfg(test)]
#[path = "../../../../packaging/shipped.rs"]
mod shipped;

#[cfg(test)]
mod tests {
    use super::*;

    fn leaves(command: &clap::Command) -> Vec<String> {
        let inner: Vec<_> = command.get_subcommands().flat_map(leaves).collect();
        if inner.is_empty() { vec![command.get_name().to_owned()] } else { inner }
    }

    #[test]
    fn every_shell_learns_every_command() {
        for shell in [Shell::Bash, Shell::Zsh, Shell::Fish, Shell::Pwsh] {
            let script = script(shell);
            let unknown: Vec<_> =
                leaves(&Args::command()).into_iter().filter(|name| !script.contains(name)).collect();
            assert_eq!(unknown, Vec::<String>::new(), "{shell:?}");
        }
    }

    #[test]
    fn zsh_is_told_once_what_completes() {
        let script = script(Shell::Zsh);
        assert_eq!(script.matches("compdef _dogwatch").count(), 1, "{ZSH_END} is how it ended");
        assert!(script.ends_with(ZSH));
    }

    #[cfg(unix)]
    #[test]
    fn bash_reads_what_it_is_given() {
        use std::{
            io::Write as _,
            process::{Command, Stdio},
        };
        let mut bash = Command::new("bash").arg("-n").stdin(Stdio::piped()).spawn().unwrap();
        bash.stdin.take().unwrap().write_all(script(Shell::Bash).as_bytes()).unwrap();
        assert!(bash.wait().unwrap().success());
    }

    #[test]
    fn the_shipped_manual_is_what_the_code_makes() {
        shipped::manual(&Args::command());
    }
}
