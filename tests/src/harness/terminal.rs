//! A terminal with somebody at it: a real pseudo-terminal, and what a real one would show of what comes out of it.

use std::{
    fs::{File, OpenOptions},
    io::{Read as _, Write as _},
    num::NonZeroU16,
    os::unix::ffi::OsStrExt as _,
    process::{Child, Command, ExitStatus},
    sync::{Arc, Mutex, PoisonError},
    thread,
};

use rustix::{
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize},
};

use super::{PATIENCE, wait::wait_for};

/// A program in a terminal of its own.
pub struct Terminal {
    keyboard: File,
    line: File,
    child: Child,
    shown: Arc<Mutex<vt100::Parser>>,
    before: LocalModes,
}

impl Terminal {
    /// Starts a program in a terminal of this size.
    #[track_caller]
    pub fn start(program: &Command, columns: u16, rows: u16) -> Self {
        let master =
            openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a terminal");
        grantpt(&master).and_then(|()| unlockpt(&master)).expect("our own terminal");
        let name = ptsname(&master, Vec::new()).expect("a terminal has a name");
        let path = std::ffi::OsStr::from_bytes(name.as_bytes());
        let line = OpenOptions::new().read(true).write(true).open(path).expect("the other end");
        let keyboard = File::from(master);
        tcsetwinsize(&keyboard, size(columns, rows)).expect("a size");
        let before = tcgetattr(&line).expect("a terminal has modes").local_modes;
        let end = || line.try_clone().expect("another handle");
        // In a session whose terminal this is, so that keys and sizes reach it as they reach a shell's child.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program.get_program()).args(program.get_args());
        command.env("TERM", "xterm-256color").stdin(end()).stdout(end()).stderr(end());
        for (name, value) in program.get_envs() {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        let child = command.spawn().expect("setsid is a part of util-linux");
        let shown = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let mut screen = keyboard.try_clone().expect("another handle");
        let parser = Arc::clone(&shown);
        // Ends when the other end is closed for good.
        thread::spawn(move || {
            let mut bytes = [0; 4096];
            while let Ok(read @ 1..) = screen.read(&mut bytes) {
                parser.lock().unwrap_or_else(PoisonError::into_inner).process(&bytes[..read]);
            }
        });
        Self { keyboard, line, child, shown, before }
    }

    /// What is seen.
    pub fn seen(&self) -> String {
        self.shown.lock().unwrap_or_else(PoisonError::into_inner).screen().contents()
    }

    /// Waits until something is seen.
    #[track_caller]
    pub fn wait_for(&self, text: &str) -> String {
        wait_for(&format!("`{text}` on the screen"), PATIENCE, || self.seen(), |seen| seen.contains(text))
    }

    /// Types.
    #[track_caller]
    pub fn type_in(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).expect("the terminal takes keys");
    }

    /// Makes the window another size.
    #[track_caller]
    pub fn resize(&self, columns: u16, rows: u16) {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.screen_mut().set_size(cells(rows), cells(columns));
        tcsetwinsize(&self.keyboard, size(columns, rows)).expect("a size");
    }

    /// Waits for the program's end.
    #[track_caller]
    pub fn ended(&mut self) -> ExitStatus {
        let child = &mut self.child;
        let ended = wait_for(
            "the end of the program",
            PATIENCE,
            || child.try_wait().expect("our own child"),
            Option::is_some,
        );
        ended.expect("it was just seen")
    }

    /// Whether the terminal is as it was before the program: in its modes, on its own screen, with a cursor.
    pub fn is_as_before(&self) -> bool {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let modes = tcgetattr(&self.line).expect("a terminal has modes").local_modes;
        modes == self.before && !shown.screen().alternate_screen() && !shown.screen().hide_cursor()
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        // Fails only for a child that has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A side of the window as the screen counts it.
fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a window has a size")
}

const fn size(columns: u16, rows: u16) -> Winsize {
    Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 }
}
