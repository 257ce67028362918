//! Patch status.

use dogwatch_model::{PatchSource, PatchStatus, Reboot, Update};

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
            last_install_result: wire
                .last_install_result
                .map(|word| field::word("patch.last_install_result", &word))
                .transpose()?,
            auto_update: wire.auto_update,
            sources: field::list(
                "patch.sources",
                wire.sources,
                limits::PATCH_SOURCES,
                PatchSource::try_from,
            )?,
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
            last_install_result: patch.last_install_result.map(|result| result.as_str().to_owned()),
            auto_update: patch.auto_update,
            sources: patch.sources.iter().map(Into::into).collect(),
        }
    }
}

impl TryFrom<v1::PatchSource> for PatchSource {
    type Error = ConversionError;

    fn try_from(wire: v1::PatchSource) -> Result<Self, ConversionError> {
        Ok(Self {
            source: field::name("patch.sources.source", wire.source)?,
            result: field::word("patch.sources.result", &wire.result)?,
            error: field::maybe_text("patch.sources.error", wire.error)?,
            scanned_at: field::instant("patch.sources.scanned_at_us", wire.scanned_at_us)?,
            known_at: field::maybe_instant("patch.sources.known_at_us", wire.known_at_us)?,
            metadata_at: field::maybe_instant("patch.sources.metadata_at_us", wire.metadata_at_us)?,
            scan_seconds: wire
                .scan_seconds
                .map(|seconds| field::amount("patch.sources.scan_seconds", seconds))
                .transpose()?,
        })
    }
}

impl From<&PatchSource> for v1::PatchSource {
    fn from(source: &PatchSource) -> Self {
        Self {
            source: source.source.clone(),
            result: source.result.as_str().to_owned(),
            error: source.error.clone(),
            scanned_at_us: source.scanned_at.as_microsecond(),
            known_at_us: source.known_at.map(|at| at.as_microsecond()),
            metadata_at_us: source.metadata_at.map(|at| at.as_microsecond()),
            scan_seconds: source.scan_seconds,
        }
    }
}

impl TryFrom<v1::Update> for Update {
    type Error = ConversionError;

    fn try_from(wire: v1::Update) -> Result<Self, ConversionError> {
        Ok(Self {
            id: field::name("update.id", wire.id)?,
            title: field::maybe_name("update.title", wire.title)?,
            package: field::name("update.package", wire.package)?,
            installed: field::maybe_name("update.installed", wire.installed)?,
            available: field::maybe_name("update.available", wire.available)?,
            class: field::word("update.class", &wire.class)?,
            severity: field::word("update.severity", &wire.severity)?,
            cves: field::names("update.cves", wire.cves, limits::ADVISORIES)?,
            kbs: field::names("update.kbs", wire.kbs, limits::ADVISORIES)?,
            advisory: field::maybe_name("update.advisory", wire.advisory)?,
            origin: field::maybe_name("update.origin", wire.origin)?,
            size_bytes: wire.size_bytes,
            published_at: field::maybe_instant("update.published_at_us", wire.published_at_us)?,
            first_seen_missing: field::instant("update.first_seen_missing_us", wire.first_seen_missing_us)?,
            state: field::word("update.state", &wire.state)?,
            last_attempt: field::maybe_instant("update.last_attempt_us", wire.last_attempt_us)?,
            result_code: wire.result_code,
            reboot_required: wire.reboot_required,
            superseded_by: field::maybe_name("update.superseded_by", wire.superseded_by)?,
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
            title: update.title.clone(),
            advisory: update.advisory.clone(),
            size_bytes: update.size_bytes,
            published_at_us: update.published_at.map(|at| at.as_microsecond()),
            last_attempt_us: update.last_attempt.map(|at| at.as_microsecond()),
            result_code: update.result_code,
            reboot_required: update.reboot_required,
            superseded_by: update.superseded_by.clone(),
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
