//! Do the results of backup runs arrive, and can the repositories' passwords be read?

use std::fs;

use crate::{
    config::{Config, Password, Repository},
    finding::Finding,
    trust,
};

/// A file with a password is one line.
const SECRET_BYTES: u64 = 4096;

/// Looks at the drop-in folder, what was refused lately, and each repository of the configuration.
pub fn examine(config: &Config) -> Vec<Finding> {
    let folder = config.state.backup_drop_ins();
    let shown = folder.display();
    let mut findings = vec![match fs::read_dir(&folder) {
        Ok(_) => Finding::ok("backup", format!("results are taken from {shown}")),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Finding::ok("backup", format!("{shown} is made when the agent starts"))
        }
        Err(error) => {
            let mend = format!("let the agent's user read and write {shown}");
            Finding::fail("backup", format!("{shown} cannot be read: {error}"), mend)
        }
    }];
    let refused = fs::read_dir(folder.join("bad")).map_or(0, |entries| {
        entries.flatten().filter(|entry| entry.file_name().to_string_lossy().ends_with(".reason")).count()
    });
    if refused > 0 {
        let mend = format!("read the .reason files in {shown}/bad, mend the script, and empty the folder");
        findings.push(Finding::warn("backup", format!("{refused} results were refused"), mend));
    }
    findings.extend(config.repositories.iter().map(repository));
    findings
}

fn repository(repository: &Repository) -> Finding {
    let Repository { product, name, password, environment_file, .. } = repository;
    let secret = match password {
        Password::File(file) => Some(file),
        Password::None | Password::Command(_) => None,
    };
    let unusable = secret
        .into_iter()
        .chain(environment_file)
        .find_map(|file| trust::read_secret(file, SECRET_BYTES).err());
    if let Some(error) = unusable {
        let mend = format!("only the agent's user may read it; or take `{name}` out of agent.toml");
        return Finding::fail("backup", format!("repository {name}: {error}"), mend);
    }
    if let Password::Command(command) = password
        && let Some(program) = command.first()
        && !std::path::Path::new(program).is_file()
    {
        let mend = "name a program that is there in password_command";
        return Finding::fail("backup", format!("repository {name}: there is no {program}"), mend);
    }
    Finding::ok("backup", format!("repository {name} ({product}) is set up"))
}
