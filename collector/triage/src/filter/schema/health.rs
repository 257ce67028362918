//! Health: processor, memory, pressure, disks, network, battery, users, uptime, clock.

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
            value(
                "steal_percent",
                Type::Percent,
                "share that the hypervisor gave to others",
                fact!(health, |health| health.cpu.as_ref().and_then(|cpu| cpu.steal_percent)),
            ),
            value(
                "iowait_percent",
                Type::Percent,
                "share in which idle processors waited for a disk",
                fact!(health, |health| health.cpu.as_ref().and_then(|cpu| cpu.iowait_percent)),
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
    group("pressure", "share of the last minute in which work waited (Linux)", PRESSURE),
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
    records("interfaces", "network interfaces that are up", INTERFACE, |row, _| {
        let health = row.endpoint.facts.health.as_ref()?;
        (!health.interfaces.is_empty()).then_some(List::Interfaces(&health.interfaces))
    }),
    group("battery", "battery", BATTERY),
    value("users", Type::Int, "logged-in users, by session", fact!(health, |health| health.users)),
    group(
        "top",
        "the busiest processes while a number is past a band",
        &[
            records("by_cpu", "by processor use", PROCESS, |row, _| {
                row.endpoint.facts.health.as_ref()?.top.as_ref().map(|top| List::Processes(&top.by_cpu))
            }),
            records("by_memory", "by resident memory", PROCESS, |row, _| {
                row.endpoint.facts.health.as_ref()?.top.as_ref().map(|top| List::Processes(&top.by_memory))
            }),
        ],
    ),
];

static PRESSURE: &[Field] = &[
    value(
        "cpu_some_percent",
        Type::Percent,
        "some task waited for a processor",
        fact!(health, |health| health.pressure.and_then(|pressure| pressure.cpu_some_percent)),
    ),
    value(
        "memory_some_percent",
        Type::Percent,
        "some task waited for memory",
        fact!(health, |health| health.pressure.and_then(|pressure| pressure.memory_some_percent)),
    ),
    value(
        "memory_full_percent",
        Type::Percent,
        "all tasks waited for memory",
        fact!(health, |health| health.pressure.and_then(|pressure| pressure.memory_full_percent)),
    ),
    value(
        "io_some_percent",
        Type::Percent,
        "some task waited for a disk",
        fact!(health, |health| health.pressure.and_then(|pressure| pressure.io_some_percent)),
    ),
    value(
        "io_full_percent",
        Type::Percent,
        "all tasks waited for a disk",
        fact!(health, |health| health.pressure.and_then(|pressure| pressure.io_full_percent)),
    ),
];

static BATTERY: &[Field] = &[
    value(
        "charge_percent",
        Type::Percent,
        "charge",
        fact!(health, |health| health.battery.map(|battery| battery.charge_percent)),
    ),
    value(
        "discharging",
        Type::Bool,
        "it is being drawn on",
        fact!(health, |health| health.battery.map(|battery| battery.discharging)),
    ),
    value(
        "health_percent",
        Type::Percent,
        "what it can still hold of what it was made for",
        fact!(health, |health| health.battery.and_then(|battery| battery.health_percent)),
    ),
];

static INTERFACE: &[Field] = &[
    text("name", "eth0, Ethernet 2 …", element!(Interface, |interface| &interface.name)),
    value(
        "received_bytes",
        Type::Bytes,
        "received since it came up",
        element!(Interface, |interface| interface.received_bytes),
    ),
    value(
        "sent_bytes",
        Type::Bytes,
        "sent since it came up",
        element!(Interface, |interface| interface.sent_bytes),
    ),
    value("errors", Type::Int, "damaged packets, both ways", element!(Interface, |i| i.errors)),
    value("drops", Type::Int, "dropped packets, both ways", element!(Interface, |i| i.drops)),
];

static PROCESS: &[Field] = &[
    value("pid", Type::Int, "process id", element!(Process, |process| process.pid)),
    text("name", "short name, without arguments", element!(Process, |process| &process.name)),
    value(
        "cpu_percent",
        Type::Percent,
        "share of one processor; can exceed 100",
        element!(Process, |process| process.cpu_percent),
    ),
    value("rss_bytes", Type::Bytes, "resident memory", element!(Process, |process| process.rss_bytes)),
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
