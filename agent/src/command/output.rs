//! `-o`: for people, or for programs.

/// How a command shows what it has to say.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Output {
    /// Lines for people, in the local zone.
    #[default]
    Text,
    /// JSON, with UTC instants.
    Json,
}
