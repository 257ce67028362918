//! One's own account.

use clap::Subcommand;

#[derive(Subcommand)]
pub(crate) enum Account {
    /// Change your password; your other logins end
    #[command(after_help = "Example: dogwatch account password\n\n\
        Without a terminal it reads a line each: the password that you have, the new one twice, and the code of your second factor or nothing")]
    Password,
    /// Make new recovery codes, shown once; the old ones end
    #[command(after_help = "Example: dogwatch account recovery-codes\n\n\
        Without a terminal it reads a line each: your password, and the code that your authenticator shows")]
    RecoveryCodes,
}
