//! Which parts of an endpoint an expression reads, as a set of bits.

use core::ops::{BitOr, BitOrAssign};

use dogwatch_model::Report;

/// A set of the parts of an endpoint. Of an expression: what decides it. Of a sample: what was just told.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Reads(u16);

impl Reads {
    /// Nothing that changes with reports: names, class, tags.
    pub const NONE: Self = Self(0);
    /// Whether its stream stands.
    pub const PRESENCE: Self = Self(1);
    /// The agent itself.
    pub const AGENT: Self = Self(1 << 1);
    /// Operating system, hardware, network, security posture.
    pub const INVENTORY: Self = Self(1 << 2);
    /// Health samples.
    pub const HEALTH: Self = Self(1 << 3);
    /// Services.
    pub const SERVICES: Self = Self(1 << 4);
    /// Checks.
    pub const CHECKS: Self = Self(1 << 5);
    /// Patch status.
    pub const PATCH: Self = Self(1 << 6);
    /// Backup status.
    pub const BACKUP: Self = Self(1 << 7);
    /// The clock offset, which the collector measures with every report.
    pub const CLOCK: Self = Self(1 << 8);
    /// Counts of open alerts.
    pub const ALERTS: Self = Self(1 << 9);
    /// Who owns a tool here.
    pub const OWNERS: Self = Self(1 << 10);
    /// The present instant.
    pub const TIME: Self = Self(1 << 11);

    /// Drives.
    pub const DRIVES: Self = Self(1 << 12);
    /// Crash evidence.
    pub const INCIDENTS: Self = Self(1 << 13);

    /// What reports bring: for a rule that reads none of it, the passing of time is the only sample there is.
    pub const REPORTED: Self = Self(
        Self::AGENT.0
            | Self::INVENTORY.0
            | Self::HEALTH.0
            | Self::SERVICES.0
            | Self::CHECKS.0
            | Self::PATCH.0
            | Self::BACKUP.0
            | Self::CLOCK.0
            | Self::DRIVES.0
            | Self::INCIDENTS.0,
    );

    /// What changes when something happened, and stays until something else does. The rest wiggles with every sample or
    /// moves with time.
    pub const EVENTS: Self = Self(
        Self::INVENTORY.0
            | Self::SERVICES.0
            | Self::CHECKS.0
            | Self::PATCH.0
            | Self::BACKUP.0
            | Self::DRIVES.0
            | Self::INCIDENTS.0,
    );

    /// What a report brings. The clock offset comes with any report that was not kept back.
    pub fn of_report(report: &Report) -> Self {
        let parts = [
            (report.agent.is_some() || !report.events.is_empty(), Self::AGENT),
            (report.inventory.is_some(), Self::INVENTORY),
            (report.health.is_some(), Self::HEALTH),
            (report.services.is_some(), Self::SERVICES),
            (report.checks.is_some(), Self::CHECKS),
            (report.patch.is_some(), Self::PATCH),
            (report.backup.is_some(), Self::BACKUP),
            (report.drives.is_some(), Self::DRIVES),
            (!report.incidents.is_empty(), Self::INCIDENTS),
        ];
        parts.iter().filter(|(present, _)| *present).fold(Self::CLOCK, |set, (_, part)| set | *part)
    }

    /// Both sets together.
    #[must_use]
    pub const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// What is in both.
    #[must_use]
    pub const fn intersection(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Whether they have a part in common.
    pub const fn intersects(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether all of `other` is in this set.
    pub const fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Whether nothing is in it.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl BitOr for Reads {
    type Output = Self;
    fn bitor(self, other: Self) -> Self {
        self.union(other)
    }
}

impl BitOrAssign for Reads {
    fn bitor_assign(&mut self, other: Self) {
        *self = self.union(other);
    }
}
