//! What kind of machine is it? A guess from what the firmware says; whoever enrols can say better. Pure.

use dogwatch_model::Class;

/// What the guess is made from.
#[derive(Debug, Default, Clone)]
pub(super) struct Signs {
    /// Maker and model as the firmware tells.
    pub(super) vendor: Option<String>,
    pub(super) model: Option<String>,
    /// SMBIOS chassis type (DSP0134, table 17).
    pub(super) chassis: Option<u8>,
    /// The processor says that it runs under a hypervisor.
    pub(super) hypervisor: bool,
    /// There is a battery that powers the system.
    pub(super) battery: bool,
}

const HYPERVISORS: &[&str] = &[
    "qemu",
    "kvm",
    "vmware",
    "virtualbox",
    "innotek",
    "xen",
    "virtual machine",
    "amazon ec2",
    "google compute",
    "bochs",
    "parallels",
];

pub(super) fn guess(signs: &Signs) -> Option<Class> {
    let firmware = format!(
        "{} {}",
        signs.vendor.as_deref().unwrap_or_default(),
        signs.model.as_deref().unwrap_or_default()
    );
    let firmware = firmware.to_ascii_lowercase();
    if signs.hypervisor || HYPERVISORS.iter().any(|name| firmware.contains(name)) {
        return Some(Class::Virtual);
    }
    match signs.chassis {
        Some(8..=10 | 14 | 30..=32) => Some(Class::Laptop),
        Some(17 | 23 | 28 | 29) => Some(Class::Server),
        _ if signs.battery => Some(Class::Laptop),
        Some(3..=7 | 13 | 15 | 16 | 24 | 35 | 36) => Some(Class::Workstation),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machines_are_told_apart_by_what_their_firmware_says() {
        let vendor = |vendor: &str| Signs { vendor: Some(vendor.into()), ..Signs::default() };
        let chassis = |chassis| Signs { chassis: Some(chassis), ..Signs::default() };
        assert_eq!(guess(&vendor("QEMU")), Some(Class::Virtual));
        assert_eq!(guess(&Signs { hypervisor: true, ..chassis(10) }), Some(Class::Virtual));
        assert_eq!(guess(&chassis(10)), Some(Class::Laptop));
        assert_eq!(guess(&chassis(23)), Some(Class::Server));
        assert_eq!(guess(&chassis(3)), Some(Class::Workstation));
        assert_eq!(guess(&Signs { battery: true, ..chassis(3) }), Some(Class::Laptop));
        assert_eq!(guess(&Signs::default()), None);
    }
}
