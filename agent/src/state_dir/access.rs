//! Who may read a folder, on systems where that is a list and not a mode.
//!
//! Below `%ProgramData%` every user may make folders, read those of others, and is the owner of what they made. So the
//! list is not added to: what is inherited goes, and what stays is SYSTEM and the administrators, who become the owner as
//! well. Without an administrator's rights the folder is somebody's own, and they keep theirs.
//!
//! By `icacls`, with well-known security identifiers, because the names of groups are translated.

use std::{io, path::Path};

#[cfg(windows)]
pub(super) async fn restrict(path: &Path) -> io::Result<()> {
    let Some(folder) = path.to_str() else { return Err(io::Error::other("its name is not Unicode")) };
    let owned = icacls(&own(folder)).await.is_ok();
    icacls(&grant(folder, if owned { Owner::Administrators } else { Owner::OneUser })).await
}

#[cfg(windows)]
async fn icacls(arguments: &[&str]) -> io::Result<()> {
    use crate::sources::process;
    let output = process::run("icacls", arguments, std::time::Duration::from_secs(30)).await;
    let output = output.map_err(io::Error::other)?;
    if output.success { Ok(()) } else { Err(io::Error::other(output.stderr.trim().to_owned())) }
}

#[cfg(not(windows))]
pub(super) async fn restrict(_: &Path) -> io::Result<()> {
    Ok(())
}

/// Whose folder it is.
#[cfg(any(windows, test))]
#[derive(Clone, Copy)]
enum Owner {
    Administrators,
    OneUser,
}

/// SYSTEM, the administrators, and whoever owns the folder: full control, for what is in it too.
#[cfg(any(windows, test))]
const SYSTEM: &str = "*S-1-5-18:(OI)(CI)F";
#[cfg(any(windows, test))]
const ADMINISTRATORS: &str = "*S-1-5-32-544:(OI)(CI)F";
#[cfg(any(windows, test))]
const THE_OWNER: &str = "*S-1-3-4:(OI)(CI)F";

/// Makes the administrators the owner: an owner may always change the list.
#[cfg(any(windows, test))]
fn own(folder: &str) -> [&str; 5] {
    [folder, "/setowner", "*S-1-5-32-544", "/T", "/Q"]
}

#[cfg(any(windows, test))]
fn grant(folder: &str, owner: Owner) -> Vec<&str> {
    let mut arguments = vec![folder, "/inheritance:r", "/grant:r", SYSTEM, ADMINISTRATORS];
    match owner {
        Owner::Administrators => {}
        Owner::OneUser => arguments.push(THE_OWNER),
    }
    arguments.push("/Q");
    arguments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_for_the_system_and_its_administrators() {
        let expected =
            [r"C:\x", "/inheritance:r", "/grant:r", "*S-1-5-18:(OI)(CI)F", "*S-1-5-32-544:(OI)(CI)F", "/Q"];
        assert_eq!(grant(r"C:\x", Owner::Administrators), expected);
        assert_eq!(own(r"C:\x")[2], "*S-1-5-32-544");
    }

    #[test]
    fn a_user_without_rights_is_not_locked_out_of_their_own_folder() {
        assert!(grant(r"C:\x", Owner::OneUser).contains(&"*S-1-3-4:(OI)(CI)F"));
    }
}
