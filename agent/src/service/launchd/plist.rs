//! The property list of the daemon, as launchd.plist(5) describes it.

use std::path::Path;

use super::{LABEL, LOG};
use crate::service::ServiceError;

/// The list's text for a program.
///
/// # Errors
/// When the path cannot stand in XML.
pub(super) fn text(program: &Path) -> Result<String, ServiceError> {
    let path =
        program
            .to_str()
            .filter(|path| path.starts_with('/') && !path.chars().any(char::is_control))
            .ok_or_else(|| ServiceError::Program(format!("{} is no path for a daemon", program.display())))?;
    let path = path.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // KeepAlive: started again whatever it ends with. Background: the scheduler and the disk put it behind what people do.
    // ExitTimeOut: the goodbye is bounded at a few seconds. Umask 63 is 077.
    Ok(format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>{LABEL}</string>
	<key>ProgramArguments</key>
	<array>
		<string>{path}</string>
		<string>run</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
	<key>KeepAlive</key>
	<true/>
	<key>ThrottleInterval</key>
	<integer>5</integer>
	<key>ExitTimeOut</key>
	<integer>15</integer>
	<key>ProcessType</key>
	<string>Background</string>
	<key>Umask</key>
	<integer>63</integer>
	<key>StandardErrorPath</key>
	<string>{LOG}</string>
</dict>
</plist>
"#
    ))
}
