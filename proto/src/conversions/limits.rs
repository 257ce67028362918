//! How much of anything one message may hold.
//!
//! A frame is at most [`MESSAGE_BYTES`] before anything is decoded; these limits keep what is inside from
//! multiplying afterwards, in memory and on every screen that shows it.

use super::characters;

/// One message on the wire. Far above an ordinary report (under 2 KiB), above a patch report of a thousand updates
/// (about 170 KiB), and small enough that a thousand hostile peers cost 256 MiB at worst.
pub const MESSAGE_BYTES: usize = 256 * 1024;

/// A name: of a job, package, product, sensor, service.
pub const NAME_BYTES: usize = 512;

/// A text: path, message, error, reason. The longest path of Linux is 4096 bytes.
pub const TEXT_BYTES: usize = 4096;

/// Mounted volumes in a sample. A container host shows its own few dozen; the rest are overlays that are left out.
pub const DISKS: usize = 64;

/// Temperature sensors in a sample.
pub const TEMPERATURES: usize = 64;

/// Network interfaces in a sample.
pub const INTERFACES: usize = 64;

/// Columns that a stream of packed health may declare: a sample that is full to its limits has 734.
pub const PACKED_COLUMNS: usize = 1024;

/// Subjects of those columns: a sample that is full to its limits has 192.
pub const PACKED_SUBJECTS: usize = 256;

/// The bytes of their names together: what one stream's memory of them may take.
pub const PACKED_SUBJECT_BYTES: usize = 64 * 1024;

/// The busiest processes, of each kind.
pub const TOP: usize = 5;

/// Physical drives of one endpoint. A storage shelf has sixty.
pub const DRIVES: usize = 64;

/// Problems of one drive.
pub const DRIVE_PROBLEMS: usize = 32;

/// Installed products and packages. A desktop distribution has some three thousand.
pub const SOFTWARE: usize = 8192;

/// Incidents in a report.
pub const INCIDENTS: usize = 64;

/// Sources of an agent.
pub const SOURCES: usize = 64;

/// Addresses, and hardware addresses, in an inventory.
pub const ADDRESSES: usize = 64;

/// Services in a report.
pub const SERVICES: usize = 256;

/// Checks in a report.
pub const CHECKS: usize = 256;

/// Services that one policy names.
pub const WATCHED_SERVICES: usize = 64;

/// Checks that one policy names.
pub const WATCHED_CHECKS: usize = 64;

/// The shortest time between two looks of a check, seconds.
pub const CHECK_EVERY_SECONDS: u32 = 30;

/// Available updates in a patch status. A system two releases behind has some two thousand.
pub const UPDATES: usize = 4096;

/// Patch sources of one endpoint: there are a dozen package managers, and few machines have more than three.
pub const PATCH_SOURCES: usize = 16;

/// CVE names, and KB numbers, of one update. A kernel update names a few hundred.
pub const ADVISORIES: usize = 512;

/// Reasons for a pending reboot.
pub const REBOOT_REASONS: usize = 64;

/// Backup jobs of one endpoint.
pub const JOBS: usize = 256;

/// Agent events in a report.
pub const EVENTS: usize = 64;

/// The highest sequence and mark. At a thousand reports a second it lasts for three hundred million years, and whatever
/// counts on from it cannot overflow.
pub const MAX_SEQUENCE: u64 = (1 << 63) - 1;

/// A name or a text of one line as the peer takes it: what steers a screen is replaced, and `limit` bytes are kept, up
/// to a character's border.
pub fn clip(text: &str, limit: usize) -> String {
    cut(characters::tame_line(text), limit)
}

/// The same for a message, which keeps its lines.
pub fn clip_message(text: &str, limit: usize) -> String {
    cut(characters::tame_message(text), limit)
}

fn cut(mut text: String, limit: usize) -> String {
    text.truncate(text.floor_char_boundary(limit));
    text
}
