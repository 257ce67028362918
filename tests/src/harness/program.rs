//! The programs under test: found beside the tests, run to their end, or kept running and ended by pid.

use std::{
    env,
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal};
use serde_json::Value;

use super::{
    PATIENCE,
    wait::{tail, wait_for},
};

/// What runs to its end has ended by then, or never will.
const END_LIMIT: Duration = Duration::from_secs(30);

/// A program that `cargo build --workspace` made.
///
/// # Panics
/// When it is not there.
#[track_caller]
pub fn built(name: &str) -> PathBuf {
    let me = env::current_exe().expect("a test knows where it lies");
    // Tests lie in target/PROFILE/deps, the programs one above.
    let program = me.ancestors().skip(1).take(2).map(|folder| folder.join(name)).find(|path| path.is_file());
    program.unwrap_or_else(|| panic!("no program {name} near {}: cargo build --workspace", me.display()))
}

/// What came of a program that ran to its end.
#[derive(Debug, Clone)]
pub struct Finished {
    /// The command, to say what failed.
    pub command: String,
    /// Exit code; absent when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
}

impl Finished {
    /// Runs a command to its end.
    #[track_caller]
    pub fn of(command: &mut Command) -> Self {
        Self::fed(command, "")
    }

    /// The same with a text to read.
    #[track_caller]
    pub fn fed(command: &mut Command, input: &str) -> Self {
        let text = format!("{command:?}");
        let stdin = if input.is_empty() { Stdio::null() } else { Stdio::piped() };
        let child = command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
        let mut child = child.unwrap_or_else(|error| panic!("{text}: {error}"));
        if let Some(mut stdin) = child.stdin.take() {
            // A few lines always fit into the pipe; whoever ends without reading them had its reasons.
            let _ = stdin.write_all(input.as_bytes());
        }
        let pid = Pid::from_child(&child);
        let (tell, told) = mpsc::channel();
        thread::spawn(move || tell.send(child.wait_with_output()));
        let output = told.recv_timeout(END_LIMIT).unwrap_or_else(|_| {
            // It may have ended in this very moment.
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            let said = told.recv().ok().and_then(Result::ok);
            panic!("{text} did not end within {END_LIMIT:?}: {said:?}")
        });
        let output = output.unwrap_or_else(|error| panic!("{text}: {error}"));
        Self {
            command: text,
            code: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// It must have gone well.
    #[track_caller]
    pub fn succeeds(self) -> Self {
        assert_eq!(self.code, Some(0), "{self:#?}");
        self
    }

    /// It must have failed with this code and one line that has all these words.
    #[track_caller]
    pub fn fails_saying(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        let lines: Vec<&str> = self.stderr.lines().filter(|line| !line.trim().is_empty()).collect();
        let [line] = lines[..] else { panic!("an error is one line, not {}: {self:#?}", lines.len()) };
        for word in words {
            assert!(line.contains(word), "no {word:?} in: {line}");
        }
        assert!(!line.contains("panicked") && !line.contains("Error {"), "not for people: {line}");
    }

    /// It must have failed with this code and say this among what it says.
    #[track_caller]
    pub fn fails_with(&self, code: i32, words: &str) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        assert!(self.stderr.contains(words), "no {words:?} in {self:#?}");
    }

    /// What it printed, as JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("{error} in the output of {self:#?}"))
    }
}

/// A program that goes on running. Dropping it kills it.
#[derive(Debug)]
pub struct Running {
    child: Child,
    log: PathBuf,
}

impl Running {
    /// Starts a program; all that it prints goes behind what the log already has.
    #[track_caller]
    pub fn start(command: &mut Command, log: &Path) -> Self {
        let file = File::options().create(true).append(true).open(log).expect("a log can be opened");
        let errors = file.try_clone().expect("a log can be opened twice");
        let child = command.stdin(Stdio::null()).stdout(file).stderr(errors).spawn();
        let child = child.unwrap_or_else(|error| panic!("cannot start {command:?}: {error}"));
        Self { child, log: log.to_owned() }
    }

    /// Its pid.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// The exit status, once it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child can be waited for")
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self, limit: Duration) -> ExitStatus {
        let log = self.log.clone();
        let ended = wait_for(
            &format!("the end of the program that logs to {}", log.display()),
            limit,
            || self.ended().ok_or_else(|| tail(&log)),
            Result::is_ok,
        );
        ended.expect("it was just seen")
    }

    /// SIGKILL, and its end.
    pub fn kill(&mut self) {
        self.child.kill().expect("our own child can be killed");
        self.child.wait().expect("a child can be waited for");
    }

    /// A signal.
    pub fn signal(&self, signal: Signal) {
        rustix::process::kill_process(Pid::from_child(&self.child), signal)
            .expect("our own child takes signals");
    }

    /// SIGTERM, and its end in order.
    #[track_caller]
    pub fn stop(&mut self) {
        self.signal(Signal::TERM);
        let status = self.wait(PATIENCE);
        assert!(status.success(), "{status} after SIGTERM; {}", tail(&self.log));
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only for a child that has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
