//! Understanding `smartctl -j` (smartmontools 7.0 and later). Pure: its output in, a drive out.
//!
//! What matters is the same on every bus: its own judgement, replaced or failed sectors, wear, temperature, hours. The
//! exit status is a set of bits (smartctl(8), EXIT STATUS); those that speak of the drive become problems in words. Which
//! of them are worth an alert is for the rules: healthy drives have old entries in their error log for years.

mod attributes;

use attributes::Attributes;
use dogwatch_model::Drive;
use dogwatch_proto::conversions::limits;
use serde::Deserialize;

/// The bits of the exit status that speak of the drive.
const EXIT_BITS: &[(u32, &str)] = &[
    (2, "a command to the drive failed, or its answer was damaged"),
    (3, "the drive says that it is failing"),
    (4, "an attribute that foretells failure is at its threshold"),
    (5, "an attribute was at its threshold in the past"),
    (6, "the drive's error log has entries"),
    (7, "a self-test found errors"),
];
/// The bit that drives without SMART set too.
const COMMAND_FAILED: u32 = 1 << 2;
/// Bits that say that the drive was not asked at all: wrong use, no access.
const NOT_ASKED: u32 = 0b11;
/// The bits of NVMe's critical warning (NVM Express base specification, SMART / Health Information).
const NVME_WARNINGS: &[(u32, &str)] = &[
    (0, "spare blocks are nearly used up"),
    (1, "temperature is past its limit"),
    (2, "reliability is degraded by media errors"),
    (3, "the drive is read-only"),
    (4, "the backup of its volatile memory failed"),
];
/// A device that a scan found.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Found {
    /// Its name: `/dev/sda`; several drives behind one controller have the same.
    pub(super) name: String,
    /// How to ask it: `sat`, `nvme`, `megaraid,3` …
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Why it cannot be opened.
    #[serde(default)]
    pub(super) open_error: Option<String>,
}

impl Found {
    /// A name of its own.
    pub(super) fn label(&self) -> String {
        let label = if self.kind.contains(',') {
            format!("{} [{}]", self.name, self.kind)
        } else {
            self.name.clone()
        };
        limits::clip(&label, limits::TEXT_BYTES)
    }
}

/// What came of asking a drive.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Answer {
    /// It told.
    Told(Box<Drive>),
    /// It sleeps, and was not woken.
    Asleep,
    /// It was not asked, and why.
    Refused(String),
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Scan {
    smartctl: Option<About>,
    devices: Vec<Found>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct About {
    messages: Vec<Message>,
    /// Every answer has it; what has none is no answer of smartctl.
    exit_status: Option<u32>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Message {
    string: String,
    severity: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Document {
    smartctl: Option<About>,
    model_name: Option<String>,
    scsi_model_name: Option<String>,
    scsi_vendor: Option<String>,
    scsi_product: Option<String>,
    serial_number: Option<String>,
    rotation_rate: Option<u64>,
    smart_support: Option<Support>,
    smart_status: Option<Status>,
    temperature: Option<Temperature>,
    power_on_time: Option<PowerOn>,
    endurance_used: Option<Endurance>,
    ata_smart_attributes: Option<Attributes>,
    nvme_smart_health_information_log: Option<NvmeLog>,
    scsi_grown_defect_list: Option<u64>,
    scsi_percentage_used_endurance_indicator: Option<f64>,
    scsi_error_counter_log: Option<ScsiErrors>,
}

/// Told since smartctl 7.3.
#[derive(Debug, Deserialize)]
struct Support {
    available: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Status {
    passed: Option<bool>,
}

#[derive(Debug, Deserialize)]
struct Temperature {
    current: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct PowerOn {
    hours: Option<u64>,
}

#[derive(Debug, Deserialize)]
struct Endurance {
    current_percent: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct NvmeLog {
    critical_warning: Option<u32>,
    available_spare: Option<u64>,
    available_spare_threshold: Option<u64>,
    percentage_used: Option<f64>,
    media_errors: Option<u64>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ScsiErrors {
    read: Uncorrected,
    write: Uncorrected,
    verify: Uncorrected,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Uncorrected {
    total_uncorrected_errors: u64,
}

/// `smartctl --scan-open -j`: the devices; `None` when it cannot be understood.
pub(super) fn scan(stdout: &str) -> Option<Vec<Found>> {
    let scan: Scan = serde_json::from_str(stdout).ok()?;
    scan.smartctl?.exit_status.map(|_| scan.devices)
}

/// `smartctl -j -a DEVICE`, of the drive to be told as `device`.
pub(super) fn drive(stdout: &str, device: &str) -> Answer {
    let document: Document = match serde_json::from_str(stdout) {
        Ok(document) => document,
        Err(error) => return Answer::Refused(format!("smartctl's answer cannot be understood: {error}")),
    };
    let Some((about, exit)) = document.smartctl.as_ref().and_then(|about| Some((about, about.exit_status?)))
    else {
        return Answer::Refused("smartctl's answer cannot be understood".to_owned());
    };
    if about.messages.iter().any(|message| message.string.contains(" mode, exit(")) {
        return Answer::Asleep;
    }
    let error = about.messages.iter().find(|message| message.severity == "error");
    let is_named = document.model_name.is_some() || document.scsi_model_name.is_some();
    if exit & NOT_ASKED != 0 && !is_named {
        let reason = error.map_or_else(|| "it does not answer".to_owned(), |error| error.string.clone());
        return Answer::Refused(reason);
    }
    Answer::Told(Box::new(told(&document, exit, device)))
}

/// Whether a message says that the agent may not ask.
pub(super) fn is_forbidden(message: &str) -> bool {
    message.contains("Permission denied") || message.contains("Operation not permitted")
}

fn told(document: &Document, exit: u32, device: &str) -> Drive {
    let scsi_name = || {
        let vendor = document.scsi_vendor.as_deref().unwrap_or_default();
        document.scsi_product.as_ref().map(|product| format!("{vendor} {product}").trim().to_owned())
    };
    let model = document.model_name.clone().or_else(|| document.scsi_model_name.clone()).or_else(scsi_name);
    let name = |name: String| limits::clip(name.trim(), limits::NAME_BYTES);
    let nvme = document.nvme_smart_health_information_log.as_ref();
    let reallocated = document.ata_smart_attributes.as_ref().and_then(Attributes::reallocated);
    let sane = |percent: &f64| percent.is_finite() && *percent >= 0.0;
    Drive {
        device: device.to_owned(),
        model: model.map(name),
        serial: document.serial_number.clone().map(name).filter(|serial| !serial.is_empty()),
        passed: document.smart_status.as_ref().and_then(|status| status.passed),
        problems: problems(document, exit),
        celsius: document.temperature.as_ref().and_then(|t| t.current).filter(|celsius| *celsius > 0.0),
        wear_percent: document.wear_percent().filter(sane),
        media_errors: nvme
            .and_then(|log| log.media_errors)
            .or(reallocated)
            .or(document.scsi_grown_defect_list),
        power_on_hours: document.power_on_time.as_ref().and_then(|time| time.hours),
    }
}

fn problems(document: &Document, exit: u32) -> Vec<String> {
    let set = |bits: u32, words: &'static [(u32, &str)]| {
        words.iter().filter(move |(bit, _)| bits & (1 << bit) != 0).map(|(_, words)| (*words).to_owned())
    };
    // The volume of a RAID controller refuses to be asked: that is no fault of it.
    let has_smart = document.smart_support.as_ref().and_then(|support| support.available) != Some(false);
    let exit = if has_smart { exit } else { exit & !COMMAND_FAILED };
    let mut problems: Vec<String> = set(exit, EXIT_BITS).collect();
    if let Some(log) = &document.nvme_smart_health_information_log {
        problems.extend(set(log.critical_warning.unwrap_or(0), NVME_WARNINGS));
        let spare_low =
            log.available_spare.zip(log.available_spare_threshold).is_some_and(|(left, least)| left < least);
        let words = NVME_WARNINGS[0].1;
        if spare_low && !problems.iter().any(|problem| problem == words) {
            problems.push(words.to_owned());
        }
    }
    if let Some(table) = &document.ata_smart_attributes {
        let told = [
            (table.pending(), "sectors that cannot be read now"),
            (table.uncorrectable(), "sectors that could not be read"),
        ];
        let bad =
            told.into_iter().filter_map(|(count, words)| Some((count.filter(|count| *count > 0)?, words)));
        problems.extend(bad.map(|(count, words)| format!("{words}: {count}")));
    }
    if let Some(errors) = &document.scsi_error_counter_log {
        let uncorrected = [&errors.read, &errors.write, &errors.verify]
            .into_iter()
            .fold(0_u64, |sum, errors| sum.saturating_add(errors.total_uncorrected_errors));
        if uncorrected > 0 {
            problems.push(format!("errors that could not be corrected: {uncorrected}"));
        }
    }
    problems
}

impl Document {
    fn wear_percent(&self) -> Option<f64> {
        let nvme = self.nvme_smart_health_information_log.as_ref().and_then(|log| log.percentage_used);
        let told = nvme
            .or_else(|| self.endurance_used.as_ref()?.current_percent)
            .or(self.scsi_percentage_used_endurance_indicator);
        let solid = self.rotation_rate == Some(0);
        told.or_else(|| self.ata_smart_attributes.as_ref().filter(|_| solid)?.wear_percent())
    }
}

/// For the table of parsers.
pub(super) fn survives(text: &str) {
    let _ = scan(text).map(|found| found.iter().map(Found::label).collect::<Vec<_>>());
    let _ = drive(text, "/dev/sda");
}
