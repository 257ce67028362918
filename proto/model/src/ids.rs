//! Ids, each a type of its own.
//!
//! Names that people write (`acme`, `toronto`, `msp-noc`) are *slugs*: 1 to 63 characters of lower-case
//! letters, digits, `-`, `_` and `.`, beginning with a letter or a digit. An endpoint's id is a UUID that the
//! collector gives at enrolment; an epoch is a UUID that the agent makes with its outbox.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The longest slug, in bytes.
pub const MAX_SLUG_BYTES: usize = 63;

/// Why a text is not the id it was meant to be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    /// Not a slug.
    #[error(
        "`{text}` is not a valid {kind}: use 1 to {MAX_SLUG_BYTES} lower-case letters, digits, '-', '_' or '.', beginning with a letter or digit"
    )]
    Slug {
        /// Which kind of id was wanted.
        kind: &'static str,
        /// What was given.
        text: String,
    },
    /// Not a UUID.
    #[error("`{text}` is not a valid {kind}: expected a UUID such as 018f3c2e-7a10-7c3d-8e55-2b1f0a9c4d11")]
    Uuid {
        /// Which kind of id was wanted.
        kind: &'static str,
        /// What was given.
        text: String,
    },
    /// Not one of a closed list.
    #[error("`{text}` is not one of {choices}")]
    NotOneOf {
        /// What was given.
        text: String,
        /// The closed list.
        choices: String,
    },
}

/// The slug as a pattern for JSON Schema; its length is apart.
#[cfg(feature = "schema")]
const SLUG: &str = "^[a-z0-9][a-z0-9._-]*$";

fn is_slug(text: &str) -> bool {
    let lower = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let bytes = text.as_bytes();
    !bytes.is_empty()
        && bytes.len() <= MAX_SLUG_BYTES
        && lower(bytes[0])
        && bytes.iter().all(|&b| lower(b) || matches!(b, b'-' | b'_' | b'.'))
}

macro_rules! slug {
    ($($(#[$meta:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Parses a slug.
            ///
            /// # Errors
            /// [`IdError::Slug`] when the text is not a slug.
            pub fn new(text: &str) -> Result<Self, IdError> {
                if is_slug(text) {
                    Ok(Self(text.into()))
                } else {
                    Err(IdError::Slug { kind: $kind, text: text.to_owned() })
                }
            }

            /// The text of this id.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;
            fn try_from(text: String) -> Result<Self, IdError> {
                Self::new(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> String {
                id.0.into()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        #[cfg(feature = "schema")]
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn inline_schema() -> bool {
                true
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({
                    "type": "string",
                    "description": concat!("A slug, which names one ", $kind, "."),
                    "pattern": SLUG,
                    "maxLength": MAX_SLUG_BYTES,
                })
            }
        }
    )+};
}

slug! {
    /// A customer organisation: the outermost scope of every read and write.
    OrgId = "org";
    /// A place of an org.
    SiteId = "site";
    /// A group of people of one side that can own work.
    TeamId = "team";
    /// Something with one owner per scope: `backup`, `patching`, `edr` …
    ToolId = "tool";
    /// A person.
    PersonId = "person";
    /// A rule that turns facts into findings.
    RuleId = "rule";
    /// A row of the responsibility matrix.
    RowId = "row";
    /// A calendar of the matrix.
    CalendarId = "calendar";
    /// Who of a team is on call when.
    RotaId = "rota";
    /// A vendor with a contract: tier L4.
    VendorId = "vendor";
    /// A class of service levels.
    SlaId = "SLA class";
    /// A rule of the boundary between two technologies.
    BoundaryId = "boundary rule";
    /// A way to reach people: a mailbox, a chat, a pager.
    ChannelId = "channel";
    /// A maintenance window.
    WindowId = "window";
}

macro_rules! uuid_id {
    ($($(#[$meta:meta])* $name:ident = $kind:literal;)+) => {$(
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Uuid::parse_str(text)
                    .map(Self)
                    .map_err(|_| IdError::Uuid { kind: $kind, text: text.to_owned() })
            }
        }
    )+};
}

uuid_id! {
    /// One machine with an agent. Given by the collector; the identity itself is the machine's key pair.
    EndpointId = "endpoint id";
    /// One life of an agent's outbox: sequences count within it and begin at 1.
    Epoch = "epoch";
}
