//! Asking for what nobody else is to see: without echo at a terminal, else a line of standard input for each answer.

use std::io::{self, IsTerminal as _};

use dogwatch_model::password;

use crate::failure::Failure;

/// What a code of the second factor is asked for with, where there may be none.
pub(crate) const CODE: &str = "Code of your second factor (none: just Enter): ";

/// Asks for what it cannot go without; `answers` says which lines a program gives.
pub(crate) fn hidden(what: &str, answers: &str) -> Result<String, Failure> {
    ask(what)?.ok_or_else(|| {
        Failure::usage(format!(
            "no answer to `{}`: there is no terminal to ask at, and standard input has ended; run it at a terminal, or \
             give each answer as a line of standard input: {answers}",
            what.trim_end_matches([':', ' '])
        ))
    })
}

/// Asks: an answer, if there is another.
pub(crate) fn ask(what: &str) -> Result<Option<String>, Failure> {
    if io::stdin().is_terminal() {
        return Ok(Some(rpassword::prompt_password(what)?));
    }
    let mut line = String::new();
    let read = io::stdin().read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The password that somebody chose. What will not do is refused here, for a collector counts tries; `stands` says what is so
/// then.
pub(crate) fn chosen(
    mut ask: impl FnMut(&str) -> Result<String, Failure>,
    stands: &str,
) -> Result<String, Failure> {
    let again = |why: &str| Failure::usage(format!("{why}; {stands}"));
    let password = ask(&format!("Choose a password ({} characters or more): ", password::MIN_CHARS))?;
    if let Some(fault) = password::fault(&password) {
        return Err(again(&fault));
    }
    match ask("Once more: ")? == password {
        true => Ok(password),
        false => Err(again("the two are not the same")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What comes of answers, and how many were asked for.
    fn told(answers: &[&str]) -> (Result<String, String>, usize) {
        let mut asked = 0;
        let ask = |_: &str| {
            asked += 1;
            Ok(answers[asked - 1].to_owned())
        };
        let chosen = chosen(ask, "the invitation still stands");
        (chosen.map_err(|failure| failure.to_string()), asked)
    }

    #[test]
    fn a_password_that_will_not_do_goes_no_further() {
        let (short, asked) = told(&["short"]);
        assert!(short.unwrap_err().contains("at least 12 characters"));
        assert_eq!(asked, 1, "what is too short need not be typed again");
        let (other, _) = told(&["correct horse battery", "correct horse batteries"]);
        assert!(other.unwrap_err().contains("the invitation still stands"));
        assert_eq!(told(&["correct horse battery"; 2]).0, Ok("correct horse battery".to_owned()));
    }
}
