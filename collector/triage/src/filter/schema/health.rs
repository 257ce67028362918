//! Health: processor, memory, disks, uptime, clock.

use super::{Field, Type, element, fact, group, records, text, value};
use crate::filter::{
    reads::Reads,
    value::{List, Value},
};

pub(super) static FIELDS: &[Field] = &[
    value("sampled_at", Type::Instant, "when it was sampled", fact!(health, |health| health.sampled_at)),
    group(
        "cpu",
        "processor",
        &[
            value(
                "used_percent",
                Type::Percent,
                "share of all processors in use",
                fact!(health, |health| health.cpu.as_ref().and_then(|cpu| cpu.used_percent)),
            ),
            value(
                "load1",
                Type::Float,
                "load average over one minute",
                fact!(health, |health| health.cpu.as_ref().and_then(|cpu| cpu.load).map(|load| load[0])),
            ),
            value(
                "count",
                Type::Int,
                "logical processors",
                fact!(health, |health| health.cpu.as_ref().map(|cpu| cpu.count)),
            ),
        ],
    ),
    group(
        "memory",
        "memory",
        &[
            value(
                "used_percent",
                Type::Percent,
                "share that is not available",
                fact!(health, |health| health.memory.as_ref().and_then(dogwatch_model::Memory::used_percent)),
            ),
            value(
                "total_bytes",
                Type::Bytes,
                "physical memory",
                fact!(health, |health| health.memory.as_ref().map(|memory| memory.total_bytes)),
            ),
            value(
                "available_bytes",
                Type::Bytes,
                "what could be had without swapping",
                fact!(health, |health| health.memory.as_ref().map(|memory| memory.available_bytes)),
            ),
            value(
                "swap_used_percent",
                Type::Percent,
                "share of the swap in use",
                fact!(health, |health| {
                    health.memory.as_ref().and_then(dogwatch_model::Memory::swap_used_percent)
                }),
            ),
        ],
    ),
    records("disks", "mounted volumes", DISK, |row, _| {
        row.endpoint.facts.health.as_ref().map(|health| List::Disks(&health.disks))
    }),
    value("uptime", Type::Duration, "time since boot", fact!(health, |health| health.uptime_seconds)),
    value("boot_at", Type::Instant, "when it booted", fact!(health, |health| health.boot_at)),
    value("clock_offset", Type::Duration, "its clock minus the collector's", |row, _| {
        Value::from(row.endpoint.facts.clock_offset_seconds)
    })
    .reads(Reads::CLOCK),
    value(
        "reboot_pending",
        Type::Bool,
        "a reboot is waiting",
        fact!(patch, |patch| patch.reboot.as_ref().map(|reboot| reboot.pending)),
    )
    .reads(Reads::PATCH),
    // A system that tells none sends an empty list; that is "not known", not "no sensors".
    records("temperatures", "temperatures", TEMPERATURE, |row, _| {
        let health = row.endpoint.facts.health.as_ref()?;
        (!health.temperatures.is_empty()).then_some(List::Temperatures(&health.temperatures))
    }),
];

static DISK: &[Field] = &[
    text("mount", "where it is mounted", element!(Disk, |disk| &disk.mount)),
    text(
        "device",
        "device behind it",
        element!(Disk, |disk| (!disk.device.is_empty()).then_some(&disk.device)),
    ),
    text("fs", "file system", element!(Disk, |disk| &disk.fs)),
    value("total_bytes", Type::Bytes, "size", element!(Disk, |disk| disk.total_bytes)),
    value("free_bytes", Type::Bytes, "what users can still write", element!(Disk, |disk| disk.free_bytes)),
    value("used_percent", Type::Percent, "share in use", element!(Disk, |disk| disk.used_percent())),
    value(
        "inodes_free_percent",
        Type::Percent,
        "share of inodes free",
        element!(Disk, |disk| disk.inodes_free_percent),
    ),
    value("read_only", Type::Bool, "mounted read-only", element!(Disk, |disk| disk.read_only)),
    value(
        "full_in",
        Type::Duration,
        "time until full; absent when not filling",
        element!(Disk, |disk| disk.full_in_seconds),
    ),
];

static TEMPERATURE: &[Field] = &[
    text("sensor", "name of the sensor", element!(Temperature, |t| &t.sensor)),
    value("celsius", Type::Float, "degrees Celsius", element!(Temperature, |t| t.celsius)),
];
