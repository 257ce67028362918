//! Understanding `dnf repoquery --upgrades`, in a format of our own that dnf and dnf5 both know. Pure.

use dogwatch_model::Update;

use crate::sources::patch::{ground::name, rpm::Installed};

/// dnf ends a line by itself, dnf5 does not; empty lines are passed over.
pub(super) const FORMAT: &str = "%{name}|%{arch}|%{evr}|%{repoid}|%{downloadsize}\n";

/// One package that can be upgraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upgrade {
    name: String,
    arch: String,
    version: String,
    repository: String,
    size_bytes: Option<u64>,
}

impl Upgrade {
    /// Name and architecture, as rpm and advisories name it.
    pub(super) fn package(&self) -> String {
        format!("{}.{}", self.name, self.arch)
    }

    pub(super) fn update(&self, installed: &Installed) -> Update {
        Update {
            installed: installed.version(&self.package()).map(name),
            available: Some(name(&self.version)),
            origin: Some(name(&self.repository)),
            size_bytes: self.size_bytes,
            package: name(&self.name),
            ..Update::missing("dnf", &name(&self.package()))
        }
    }
}

pub(super) fn parse(output: &str) -> Vec<Upgrade> {
    output.lines().filter_map(upgrade).collect()
}

fn upgrade(line: &str) -> Option<Upgrade> {
    let mut fields = line.trim().split('|').map(str::to_owned);
    let (name, arch, version, repository) = (fields.next()?, fields.next()?, fields.next()?, fields.next()?);
    let size_bytes = fields.next().and_then(|size| size.parse().ok());
    (!name.is_empty() && !version.is_empty()).then_some(Upgrade {
        name,
        arch,
        version,
        repository,
        size_bytes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_upgrade_is_passed_over() {
        let output = "Last metadata expiration check: 0:00:05 ago.\n\nopenssl-libs|x86_64|1:3.0.7-27.el9|baseos|2200000\n\
            \nfoo|noarch|1-2|updates|\n|||\nfoo|bar\n";
        let upgrades = parse(output);
        assert_eq!(
            upgrades.iter().map(Upgrade::package).collect::<Vec<_>>(),
            ["openssl-libs.x86_64", "foo.noarch"]
        );
        let update = upgrades[0].update(&Installed::default());
        assert_eq!(
            (update.id.as_str(), update.package.as_str()),
            ("dnf:openssl-libs.x86_64", "openssl-libs")
        );
        assert_eq!(
            (update.available.as_deref(), update.size_bytes),
            (Some("1:3.0.7-27.el9"), Some(2_200_000))
        );
        assert_eq!(update.installed, None);
    }
}
