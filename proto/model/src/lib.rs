//! The nouns that the agent and the collector share, with their units and ids as types.
//!
//! Pure data: no I/O, no clock, nothing of the wire and nothing of storage. A value that is not known is
//! `None`, never zero; absence of news is never "fine". Instants are UTC ([`jiff::Timestamp`]), sizes are
//! bytes, shares are percent from 0 to 100, durations are seconds and say so in their name.
//!
//! What is deliberately missing: anything derived from *now* (an age, "late", "overdue"). Those are computed
//! by the triage crate from these facts and an instant that is passed in.

/// Defines a field-less enum whose variants have one stable text each, the same in JSON, in filters, in
/// files and on screens.
#[macro_export]
macro_rules! text_enum {
    ($(#[$meta:meta])* $vis:vis enum $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        $vis enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant),+ }

        impl $name {
            /// Every value, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The stable text of this value.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text),+ }
            }
        }

        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = $crate::ids::IdError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|value| value.as_str() == text).ok_or_else(|| {
                    $crate::ids::IdError::NotOneOf {
                        text: text.to_owned(),
                        choices: Self::ALL.iter().map(|value| value.as_str()).collect::<Vec<_>>().join(", "),
                    }
                })
            }
        }

        $crate::schema_of_texts!($name);
    };
}

/// Gives a `text_enum!` its JSON Schema, where schemas are wanted.
#[cfg(feature = "schema")]
#[doc(hidden)]
#[macro_export]
macro_rules! schema_of_texts {
    ($name:ident) => {
        impl $crate::schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut $crate::schemars::SchemaGenerator) -> $crate::schemars::Schema {
                let texts: Vec<&str> = Self::ALL.iter().map(|value| value.as_str()).collect();
                $crate::schemars::json_schema!({ "type": "string", "enum": texts })
            }
        }
    };
}

/// Nothing, where schemas are not wanted.
#[cfg(not(feature = "schema"))]
#[doc(hidden)]
#[macro_export]
macro_rules! schema_of_texts {
    ($name:ident) => {};
}

#[cfg(feature = "schema")]
#[doc(hidden)]
pub use schemars;

pub mod backup;
pub mod counted;
pub mod drive;
pub mod endpoint;
pub mod health;
pub mod ids;
pub mod incident;
pub mod inventory;
pub mod join_token;
pub mod metric;
pub mod password;
pub mod patch;
pub mod report;
pub mod second_machine;
pub mod services;
pub mod software;
pub mod text;
pub mod veil;

pub use backup::{
    BackupJob, BackupKind, BackupRun, BackupStatus, RestoreKind, RestoreTest, RunResult, Upkeep,
};
pub use counted::counted;
pub use drive::Drive;
pub use endpoint::{
    Class, Criticality, Endpoint, EndpointState, Facts, Goodbye, MachineEvidence, Presence, Side,
};
pub use health::{
    Battery, Cpu, Disk, Health, HealthSummary, Interface, Memory, Pressure, Process, Spread, Temperature, Top,
};
pub use ids::{
    BoundaryId, CalendarId, ChannelId, EndpointId, Epoch, IdError, OrgId, PersonId, RotaId, RowId, RuleId,
    SiteId, SlaId, TeamId, ToolId, VendorId, WindowId,
};
pub use incident::{Incident, IncidentKind};
pub use inventory::{
    AgentFacts, Hardware, Inventory, Net, Os, OsFamily, Security, SoftwareDigest, SourceStatus,
};
pub use join_token::JoinToken;
pub use patch::{
    Confidence, InstallResult, PatchSource, PatchStatus, Reboot, ScanResult, Update, UpdateClass,
    UpdateSeverity, UpdateState,
};
pub use report::{AgentEvent, Lane, LaneMarks, Report};
pub use services::{Check, CheckState, CheckWatch, Expected, Probe, Service, ServiceWatch, Target};
pub use software::Software;
pub use veil::veiled;
