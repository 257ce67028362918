//! Logins side by side.

use clap::{Args as ClapArgs, Subcommand};

use crate::context::ContextName;

#[derive(Subcommand)]
pub(crate) enum Context {
    /// Every login of yours
    #[command(after_help = "Example: dogwatch context list")]
    List,
    /// Use one from now on
    #[command(after_help = "Example: dogwatch context use acme-msp")]
    Use(NamedContext),
    /// One login; the one in use when left out
    #[command(
        after_help = "Examples: dogwatch context show\n          dogwatch context show acme-msp -o json"
    )]
    Show {
        /// Its name, from the list
        name: Option<ContextName>,
    },
    /// Give one another name
    #[command(after_help = "Example: dogwatch context rename acme-msp acme")]
    Rename {
        /// Its name, from the list
        name: ContextName,
        /// The new one: small letters, digits, `-`, `_` and `.`
        to: ContextName,
    },
    /// Forget one; its token stays valid until it is revoked
    #[command(after_help = "Example: dogwatch context remove lab")]
    Remove(NamedContext),
}

#[derive(ClapArgs)]
pub(crate) struct NamedContext {
    /// Its name, from the list
    pub(crate) name: ContextName,
}
