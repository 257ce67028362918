//! What the machine's own people ask of a running agent: read the configuration again, tell what you cost, say goodbye
//! before the machine sleeps.
//!
//! They ask by signals, since the agent listens on nothing. Windows has none: its service manager tells of a sleep, and the
//! rest is asked by a restart. macOS tells nobody of a sleep who is not registered with IOKit, which the agent does not
//! link: there the clocks tell of it afterwards.

#[cfg(unix)]
#[path = "wishes/unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "wishes/windows.rs"]
mod imp;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// `SIGHUP`: read the configuration again.
    Reload,
    /// `SIGUSR1`: write down what you cost.
    TellCost,
    /// `SIGUSR2`, or the Windows service manager: the machine goes to sleep, say goodbye.
    Sleep,
    /// `SIGCONT`, or the Windows service manager: the machine is awake.
    Wake,
}

/// Whether a running agent can be asked on this system.
pub const ARE_HEARD: bool = imp::ARE_HEARD;

/// What is asked, one by one.
#[derive(Debug)]
pub struct Wishes(imp::Wishes);

impl Wishes {
    /// From now on signals are wishes and do not end the process.
    pub fn hear() -> Self {
        Self(imp::Wishes::new())
    }

    /// The next one.
    pub async fn next(&mut self) -> Wish {
        self.0.next().await
    }
}

/// Asks the agent that is this process. False when it cannot be asked.
pub fn ask(pid: u32, wish: Wish) -> bool {
    imp::ask(pid, wish)
}
