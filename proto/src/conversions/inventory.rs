//! Inventory.

use dogwatch_model::{Hardware, Inventory, Net, Os, Security, SoftwareDigest};

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::Inventory> for Inventory {
    type Error = ConversionError;

    fn try_from(wire: v1::Inventory) -> Result<Self, ConversionError> {
        Ok(Self {
            os: field::required("inventory.os", wire.os)?.try_into()?,
            hardware: wire.hardware.map(Hardware::try_from).transpose()?.unwrap_or_default(),
            net: wire.net.map(Net::try_from).transpose()?.unwrap_or_default(),
            security: wire.security.map(Security::try_from).transpose()?.unwrap_or_default(),
            class: wire.class.map(|class| field::word("inventory.class", &class)).transpose()?,
            time_zone: field::maybe_name("inventory.time_zone", wire.time_zone)?,
            software: wire.software.map(SoftwareDigest::try_from).transpose()?,
        })
    }
}

impl From<&Inventory> for v1::Inventory {
    fn from(inventory: &Inventory) -> Self {
        Self {
            os: Some((&inventory.os).into()),
            hardware: Some((&inventory.hardware).into()),
            net: Some((&inventory.net).into()),
            security: Some((&inventory.security).into()),
            class: inventory.class.map(|class| class.as_str().to_owned()),
            time_zone: inventory.time_zone.clone(),
            software: inventory.software.as_ref().map(Into::into),
        }
    }
}

impl TryFrom<v1::SoftwareDigest> for SoftwareDigest {
    type Error = ConversionError;

    fn try_from(wire: v1::SoftwareDigest) -> Result<Self, ConversionError> {
        Ok(Self { count: wire.count, digest: field::name("software.digest", wire.digest)? })
    }
}

impl From<&SoftwareDigest> for v1::SoftwareDigest {
    fn from(software: &SoftwareDigest) -> Self {
        Self { count: software.count, digest: software.digest.clone() }
    }
}

impl TryFrom<v1::Os> for Os {
    type Error = ConversionError;

    fn try_from(wire: v1::Os) -> Result<Self, ConversionError> {
        Ok(Self {
            family: field::word("os.family", &wire.family)?,
            name: field::maybe_name("os.name", wire.name)?,
            version: field::maybe_name("os.version", wire.version)?,
            build: field::maybe_name("os.build", wire.build)?,
            kernel: field::maybe_name("os.kernel", wire.kernel)?,
            arch: field::maybe_name("os.arch", wire.arch)?,
            kernel_installed: field::maybe_name("os.kernel_installed", wire.kernel_installed)?,
            end_of_life: field::maybe_instant("os.end_of_life_us", wire.end_of_life_us)?,
            end_of_life_as_of: field::maybe_instant("os.end_of_life_as_of_us", wire.end_of_life_as_of_us)?,
        })
    }
}

impl From<&Os> for v1::Os {
    fn from(os: &Os) -> Self {
        Self {
            family: os.family.as_str().to_owned(),
            name: os.name.clone(),
            version: os.version.clone(),
            build: os.build.clone(),
            kernel: os.kernel.clone(),
            arch: os.arch.clone(),
            kernel_installed: os.kernel_installed.clone(),
            end_of_life_us: os.end_of_life.map(|at| at.as_microsecond()),
            end_of_life_as_of_us: os.end_of_life_as_of.map(|at| at.as_microsecond()),
        }
    }
}

impl TryFrom<v1::Hardware> for Hardware {
    type Error = ConversionError;

    fn try_from(wire: v1::Hardware) -> Result<Self, ConversionError> {
        Ok(Self {
            vendor: field::maybe_name("hardware.vendor", wire.vendor)?,
            model: field::maybe_name("hardware.model", wire.model)?,
            serial: field::maybe_name("hardware.serial", wire.serial)?,
            cpus: wire.cpus,
            memory_bytes: wire.memory_bytes,
        })
    }
}

impl From<&Hardware> for v1::Hardware {
    fn from(hardware: &Hardware) -> Self {
        Self {
            vendor: hardware.vendor.clone(),
            model: hardware.model.clone(),
            serial: hardware.serial.clone(),
            cpus: hardware.cpus,
            memory_bytes: hardware.memory_bytes,
        }
    }
}

impl TryFrom<v1::Net> for Net {
    type Error = ConversionError;

    fn try_from(wire: v1::Net) -> Result<Self, ConversionError> {
        Ok(Self {
            hostname: field::maybe_name("net.hostname", wire.hostname)?,
            addresses: field::names("net.addresses", wire.addresses, limits::ADDRESSES)?,
            macs: field::names("net.macs", wire.macs, limits::ADDRESSES)?,
            domain: field::maybe_name("net.domain", wire.domain)?,
        })
    }
}

impl From<&Net> for v1::Net {
    fn from(net: &Net) -> Self {
        Self {
            hostname: net.hostname.clone(),
            addresses: net.addresses.clone(),
            macs: net.macs.clone(),
            domain: net.domain.clone(),
        }
    }
}

impl TryFrom<v1::Security> for Security {
    type Error = ConversionError;

    fn try_from(wire: v1::Security) -> Result<Self, ConversionError> {
        Ok(Self {
            disk_encrypted: wire.disk_encrypted,
            firewall: wire.firewall,
            antimalware_product: field::maybe_name("security.antimalware_product", wire.antimalware_product)?,
            antimalware_fresh: wire.antimalware_fresh,
            secure_boot: wire.secure_boot,
        })
    }
}

impl From<&Security> for v1::Security {
    fn from(security: &Security) -> Self {
        Self {
            disk_encrypted: security.disk_encrypted,
            firewall: security.firewall,
            antimalware_product: security.antimalware_product.clone(),
            antimalware_fresh: security.antimalware_fresh,
            secure_boot: security.secure_boot,
        }
    }
}
