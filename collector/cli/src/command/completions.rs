//! `completions SHELL`: a script that teaches a shell our commands.

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

fn script(shell: Shell) -> String {
    let generator = match shell {
        Shell::Bash => Generator::Bash,
        Shell::Zsh => Generator::Zsh,
        Shell::Fish => Generator::Fish,
        Shell::Pwsh => Generator::PowerShell,
    };
    let mut script = Vec::new();
    generate(generator, &mut Args::command(), "dogwatch", &mut script);
    String::from_utf8_lossy(&script).into_owned()
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
