//! Understanding `apt-get -s dist-upgrade`. Pure.
//!
//! ```text
//! Inst libssl3 [3.0.15-1] (3.0.17-1 Debian-Security:12/stable-security, Debian:12.12/stable [amd64]) []
//!      package  installed  available origins …                                                arch
//! ```
//! A line without an installed version is a new package, pulled in by an upgrade that is listed itself: it is not
//! counted, as apt does not count it among the upgraded.

const KEPT_BACK: &str = "The following packages have been kept back:";
const PHASED: &[&str] = &[
    "The following upgrades have been deferred due to phasing:",
    "The following packages have been kept back due to phasing:",
    "Not upgrading yet due to phasing:",
];

/// One package that would be upgraded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Upgrade {
    pub(super) package: String,
    pub(super) installed: Option<String>,
    pub(super) available: Option<String>,
    /// `origin:version/suite`, as many as offer this very version.
    pub(super) origins: Vec<String>,
}

impl Upgrade {
    /// Whether any place that offers it is one for security updates.
    pub(super) fn is_security(&self) -> bool {
        self.origins.iter().any(|origin| is_security_origin(origin))
    }
}

/// `Debian-Security:12/stable-security`, `Ubuntu:22.04/jammy-security`, `UbuntuESMApps:22.04/jammy-apps-security`, and
/// the older `Debian-Security:10/oldstable`.
fn is_security_origin(origin: &str) -> bool {
    let (place, suite) = origin.split_once('/').unwrap_or((origin, ""));
    let name = place.split(':').next().unwrap_or_default();
    suite.ends_with("-security") || name.ends_with("-Security")
}

/// What a simulation tells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Simulation {
    pub(super) upgrades: Vec<Upgrade>,
    pub(super) kept_back: Vec<String>,
    pub(super) phased: Vec<String>,
}

impl Simulation {
    pub(super) fn parse(output: &str) -> Self {
        let phased: Vec<String> = PHASED.iter().flat_map(|heading| listed_under(output, heading)).collect();
        let kept_back =
            listed_under(output, KEPT_BACK).into_iter().filter(|name| !phased.contains(name)).collect();
        let upgrades =
            output.lines().filter_map(upgrade).filter(|upgrade| upgrade.installed.is_some()).collect();
        Self { upgrades, kept_back, phased }
    }
}

/// The names in the indented block below a heading.
fn listed_under(output: &str, heading: &str) -> Vec<String> {
    let mut lines = output.lines().skip_while(|line| line.trim_end() != heading);
    if lines.next().is_none() {
        return Vec::new();
    }
    let block = lines.take_while(|line| line.starts_with(' '));
    block.flat_map(str::split_whitespace).map(str::to_owned).collect()
}

fn upgrade(line: &str) -> Option<Upgrade> {
    let rest = line.strip_prefix("Inst ")?;
    let (package, rest) = rest.split_once(' ')?;
    let (installed, rest) = match rest.strip_prefix('[') {
        Some(rest) => {
            let (installed, rest) = rest.split_once("] ")?;
            (Some(installed.to_owned()), rest)
        }
        None => (None, rest),
    };
    // Names of origins may hold spaces, commas hardly, parentheses never.
    let (offer, _) = rest.strip_prefix('(')?.split_once(')')?;
    let (offer, _architecture) = offer.rsplit_once(" [").unwrap_or((offer, ""));
    let (available, origins) = offer.split_once(' ').unwrap_or((offer, ""));
    Some(Upgrade {
        package: package.to_owned(),
        installed,
        available: Some(available.to_owned()),
        origins: origins.split(", ").filter(|origin| !origin.is_empty()).map(str::to_owned).collect(),
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Recorded on Debian 12 (apt 2.6.1).
    const DEBIAN_12: &str = include_str!("fixtures/debian-12.txt");
    /// Made by hand in the form of Ubuntu 22.04 (apt 2.4), with ESM, phasing and a hold.
    const UBUNTU_22_04: &str = include_str!("fixtures/ubuntu-22.04.txt");
    /// Made by hand in the form of Debian 10 (apt 1.8), whose security suite was `stable/updates`.
    const DEBIAN_10: &str = include_str!("fixtures/debian-10.txt");

    fn counted(output: &str) -> usize {
        output.lines().find_map(|line| line.split_once(" upgraded, ")).unwrap().0.parse().unwrap()
    }

    fn security(output: &str) -> Vec<String> {
        let upgrades = Simulation::parse(output).upgrades;
        upgrades.into_iter().filter(Upgrade::is_security).map(|upgrade| upgrade.package).collect()
    }

    #[test]
    fn every_recording_has_as_many_upgrades_as_apt_counts() {
        for recording in [DEBIAN_12, UBUNTU_22_04, DEBIAN_10] {
            assert_eq!(Simulation::parse(recording).upgrades.len(), counted(recording));
        }
    }

    #[test]
    fn an_upgrade_offered_by_two_places_is_security_if_one_of_them_is() {
        let line = "Inst libgcrypt20-dev [1.10.1-3] (1.10.1-3+deb12u1 Debian:12.15/oldstable, \
            Debian-Security:12/oldstable-security [amd64]) []";
        let upgrade = upgrade(line).unwrap();
        assert_eq!(upgrade.package, "libgcrypt20-dev");
        assert_eq!(upgrade.installed.as_deref(), Some("1.10.1-3"));
        assert_eq!(upgrade.available.as_deref(), Some("1.10.1-3+deb12u1"));
        assert_eq!(upgrade.origins, ["Debian:12.15/oldstable", "Debian-Security:12/oldstable-security"]);
        assert!(upgrade.is_security());
    }

    #[test]
    fn ubuntu_security_and_esm_are_security_and_updates_alone_are_not() {
        assert_eq!(security(UBUNTU_22_04), ["libssl3", "openssl", "imagemagick-6-common", "vim-common"]);
        let simulation = Simulation::parse(UBUNTU_22_04);
        assert_eq!(simulation.phased, ["libglapi-mesa", "libegl-mesa0"]);
        assert_eq!(simulation.kept_back, ["docker-ce", "linux-generic"]);
    }

    #[test]
    fn the_security_suite_of_old_debian_is_known_by_its_origin() {
        assert_eq!(security(DEBIAN_10), ["libxml2"]);
    }

    #[test]
    fn origins_with_spaces_and_packages_without_any_are_understood() {
        let chrome = "Inst google-chrome-stable [1.0-1] (2.0-1 Google LLC:1.0/stable [amd64])";
        assert_eq!(upgrade(chrome).unwrap().origins, ["Google LLC:1.0/stable"]);
        let local = "Inst tool [1.0] (2.0 [all])";
        assert_eq!(upgrade(local).unwrap().origins, Vec::<String>::new());
        assert_eq!(upgrade(local).unwrap().available.as_deref(), Some("2.0"));
    }

    #[test]
    fn a_new_package_is_no_update() {
        let new = "Inst linux-image-6.1.0-40-amd64 (6.1.153-1 Debian-Security:12/stable-security [amd64])\n";
        assert_eq!(Simulation::parse(new), Simulation::default());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(lines in prop::collection::vec("(Inst )?[ -~]{0,60}", 0..12)) {
            let parsed = Simulation::parse(&lines.join("\n"));
            prop_assert!(parsed.upgrades.len() <= lines.len());
        }
    }
}
