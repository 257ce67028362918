//! Inventory: operating system, hardware, network, security posture.

use dogwatch_model::OsFamily;

use super::{Field, Type, choice, choices, fact, group, text, texts, value};
use crate::filter::value::List;

pub(super) static OS: &[Field] = &[
    choice("family", choices!(OsFamily), "family", fact!(inventory, |i| i.os.family.as_str())),
    text("name", "product: `Debian GNU/Linux`", fact!(inventory, |i| i.os.name.as_ref())),
    text("version", "version: `12`", fact!(inventory, |i| i.os.version.as_ref())),
    text("build", "build, where there is one", fact!(inventory, |i| i.os.build.as_ref())),
    text("kernel", "running kernel", fact!(inventory, |i| i.os.kernel.as_ref())),
    text("kernel_installed", "newest installed kernel", fact!(inventory, |i| i.os.kernel_installed.as_ref())),
    value(
        "end_of_life",
        Type::Instant,
        "when its maker stops mending security faults",
        fact!(inventory, |i| i.os.end_of_life),
    ),
    text("arch", "processor architecture", fact!(inventory, |i| i.os.arch.as_ref())),
];

pub(super) static HARDWARE: &[Field] = &[
    text("vendor", "maker", fact!(inventory, |i| i.hardware.vendor.as_ref())),
    text("model", "model", fact!(inventory, |i| i.hardware.model.as_ref())),
    text("serial", "serial number", fact!(inventory, |i| i.hardware.serial.as_ref())),
    value("cpus", Type::Int, "logical processors", fact!(inventory, |i| i.hardware.cpus)),
    value("memory_bytes", Type::Bytes, "physical memory", fact!(inventory, |i| i.hardware.memory_bytes)),
];

pub(super) static NET: &[Field] = &[
    text("hostname", "host name", fact!(inventory, |i| i.net.hostname.as_ref())),
    text("domain", "directory domain that it has joined", fact!(inventory, |i| i.net.domain.as_ref())),
    texts("addresses", "addresses of interfaces that are up", |row, _| {
        row.endpoint.facts.inventory.as_ref().map(|i| List::Texts(&i.net.addresses))
    }),
    texts("macs", "hardware addresses", |row, _| {
        row.endpoint.facts.inventory.as_ref().map(|i| List::Texts(&i.net.macs))
    }),
];

pub(super) static SECURITY: &[Field] = &[
    value(
        "disk_encrypted",
        Type::Bool,
        "system volume is encrypted",
        fact!(inventory, |i| i.security.disk_encrypted),
    ),
    value("firewall", Type::Bool, "a host firewall is active", fact!(inventory, |i| i.security.firewall)),
    group(
        "antimalware",
        "anti-malware",
        &[
            text("product", "product", fact!(inventory, |i| i.security.antimalware_product.as_ref())),
            value(
                "fresh",
                Type::Bool,
                "definitions are fresh",
                fact!(inventory, |i| i.security.antimalware_fresh),
            ),
        ],
    ),
    value("secure_boot", Type::Bool, "booted with secure boot", fact!(inventory, |i| i.security.secure_boot)),
];
