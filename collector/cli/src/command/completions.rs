//! `completions SHELL`: a script that teaches a shell our commands; bash learns to ask for names as well.

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

/// Bash asks us for the names that may stand next, and completes as before where there are none. They are compared one by
/// one and never expanded.
const ASKING: &str = r#"
_dogwatch_named() {
    local name names=()
    while IFS= read -r name; do
        [[ $name == "${COMP_WORDS[COMP_CWORD]}"* ]] && names+=("$name")
    done < <(dogwatch __complete -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
    if ((${#names[@]})); then
        COMPREPLY=("${names[@]}")
    else
        _dogwatch "$@"
    fi
}
complete -F _dogwatch_named -o bashdefault -o default dogwatch
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
    let mut script = String::from_utf8_lossy(&script).into_owned();
    if shell == Shell::Bash {
        script.push_str(ASKING);
    }
    script
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
