//! `account password|recovery-codes`: what people change of their own account.

use serde_json::{Value, json};

use crate::{
    args::{Account, Format},
    asking,
    client::Client,
    failure::Failure,
    output::{self, Screen, counted_at, text_at},
};

/// What a program answers that changes a password. The code comes last: it is good for a minute, and typing takes some.
const FOR_PASSWORD: &str =
    "the password that you have, the new one twice, and the code of your second factor or nothing";

/// What a program answers that makes recovery codes.
const FOR_CODES: &str = "your password, and the code that your authenticator shows";

pub(crate) fn run(command: &Account, screen: &Screen) -> Result<(), Failure> {
    match command {
        Account::Password => password(screen),
        Account::RecoveryCodes => recovery_codes(screen),
    }
}

fn password(screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let ask = |what: &str| asking::hidden(what, FOR_PASSWORD);
    let password = ask("The password that you have: ")?;
    let new = asking::chosen(ask, "nothing is changed")?;
    let code = asking::ask(asking::CODE)?.filter(|code| !code.is_empty());
    let wanted = json!({ "password": password, "new_password": new, "code": code });
    let changed = client.post("account/password", &wanted)?;
    super::show_one(&changed, "person", screen, || {
        let done = format!(
            "The password of {} is changed; ended: {}. This login goes on.\n",
            text_at(&changed, "person"),
            counted_at(&changed, "sessions_ended", "other login", "other logins")
        );
        match changed["tokens"].as_u64() {
            None | Some(0) => done,
            Some(_) => format!(
                "{done}Tokens are no logins and open what they did: {} of yours. To see them: dogwatch token list; to end \
                 one: dogwatch token revoke ID\n",
                counted_at(&changed, "tokens", "token", "tokens")
            ),
        }
    })
}

fn recovery_codes(screen: &Screen) -> Result<(), Failure> {
    let client = Client::logged_in()?;
    let password = asking::hidden("Your password: ", FOR_CODES)?;
    let code = asking::hidden("Code that your authenticator shows: ", FOR_CODES)?;
    let made = client.post("account/recovery-codes", &json!({ "password": password, "code": code }))?;
    let codes: Vec<String> = made["recovery_codes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .map(output::tame)
        .collect();
    if screen.format == Format::Name {
        return output::print(&(codes.join("\n") + "\n"));
    }
    super::show_one(&made, "person", screen, || {
        format!(
            "Recovery codes of {}, each in place of your authenticator once. They are shown this once, and those before them \
             are over:\n  {}\n",
            text_at(&made, "person"),
            codes.join("\n  ")
        )
    })
}
