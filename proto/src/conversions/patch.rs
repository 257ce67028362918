//! Patch status.

use dogwatch_model::{PatchStatus, Reboot, Update};

use super::{ConversionError, field, limits};
use crate::v1;

impl TryFrom<v1::PatchStatus> for PatchStatus {
    type Error = ConversionError;

    fn try_from(wire: v1::PatchStatus) -> Result<Self, ConversionError> {
        let updates =
            |list: v1::Updates| field::list("patch.updates", list.updates, limits::UPDATES, Update::try_from);
        Ok(Self {
            source: field::name("patch.source", wire.source)?,
            scanned_at: field::instant("patch.scanned_at_us", wire.scanned_at_us)?,
            scan_seconds: wire
                .scan_seconds
                .map(|seconds| field::amount("patch.scan_seconds", seconds))
                .transpose()?,
            result: field::word("patch.result", &wire.result)?,
            error: field::maybe_text("patch.error", wire.error)?,
            metadata_at: field::maybe_instant("patch.metadata_at_us", wire.metadata_at_us)?,
            updates: wire.updates.map(updates).transpose()?,
            reboot: wire.reboot.map(Reboot::try_from).transpose()?,
            last_install_at: field::maybe_instant("patch.last_install_at_us", wire.last_install_at_us)?,
            auto_update: wire.auto_update,
        })
    }
}

impl From<&PatchStatus> for v1::PatchStatus {
    fn from(patch: &PatchStatus) -> Self {
        Self {
            source: patch.source.clone(),
            scanned_at_us: patch.scanned_at.as_microsecond(),
            scan_seconds: patch.scan_seconds,
            result: patch.result.as_str().to_owned(),
            error: patch.error.clone(),
            metadata_at_us: patch.metadata_at.map(|at| at.as_microsecond()),
            updates: patch
                .updates
                .as_ref()
                .map(|updates| v1::Updates { updates: updates.iter().map(Into::into).collect() }),
            reboot: patch.reboot.as_ref().map(Into::into),
            last_install_at_us: patch.last_install_at.map(|at| at.as_microsecond()),
            auto_update: patch.auto_update,
        }
    }
}

impl TryFrom<v1::Update> for Update {
    type Error = ConversionError;

    fn try_from(wire: v1::Update) -> Result<Self, ConversionError> {
        Ok(Self {
            id: field::name("update.id", wire.id)?,
            package: field::name("update.package", wire.package)?,
            installed: field::maybe_name("update.installed", wire.installed)?,
            available: field::maybe_name("update.available", wire.available)?,
            class: field::word("update.class", &wire.class)?,
            severity: field::word("update.severity", &wire.severity)?,
            cves: field::names("update.cves", wire.cves, limits::ADVISORIES)?,
            kbs: field::names("update.kbs", wire.kbs, limits::ADVISORIES)?,
            origin: field::maybe_name("update.origin", wire.origin)?,
            first_seen_missing: field::instant("update.first_seen_missing_us", wire.first_seen_missing_us)?,
            state: field::word("update.state", &wire.state)?,
        })
    }
}

impl From<&Update> for v1::Update {
    fn from(update: &Update) -> Self {
        Self {
            id: update.id.clone(),
            package: update.package.clone(),
            installed: update.installed.clone(),
            available: update.available.clone(),
            class: update.class.as_str().to_owned(),
            severity: update.severity.as_str().to_owned(),
            cves: update.cves.clone(),
            kbs: update.kbs.clone(),
            origin: update.origin.clone(),
            first_seen_missing_us: update.first_seen_missing.as_microsecond(),
            state: update.state.as_str().to_owned(),
        }
    }
}

impl TryFrom<v1::Reboot> for Reboot {
    type Error = ConversionError;

    fn try_from(wire: v1::Reboot) -> Result<Self, ConversionError> {
        Ok(Self {
            pending: wire.pending,
            reasons: field::names("reboot.reasons", wire.reasons, limits::REBOOT_REASONS)?,
            since: field::maybe_instant("reboot.since_us", wire.since_us)?,
            confidence: field::word("reboot.confidence", &wire.confidence)?,
        })
    }
}

impl From<&Reboot> for v1::Reboot {
    fn from(reboot: &Reboot) -> Self {
        Self {
            pending: reboot.pending,
            reasons: reboot.reasons.clone(),
            since_us: reboot.since.map(|at| at.as_microsecond()),
            confidence: reboot.confidence.as_str().to_owned(),
        }
    }
}
