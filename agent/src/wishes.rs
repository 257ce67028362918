//! What the machine's own people ask of a running agent: read the configuration again, tell what you cost, say goodbye
//! before the machine sleeps.
//!
//! They ask by signals, since the agent listens on nothing. A system without signals asks by restarting it.

#[cfg(unix)]
#[path = "wishes/unix.rs"]
mod imp;
#[cfg(not(unix))]
mod imp {
    #[derive(Debug)]
    pub(super) struct Wishes;

    pub(super) const ARE_HEARD: bool = false;

    impl Wishes {
        pub(super) fn new() -> Self {
            Self
        }

        pub(super) async fn next(&mut self) -> super::Wish {
            std::future::pending().await
        }
    }

    pub(super) fn ask(_: u32, _: super::Wish) -> bool {
        false
    }
}

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wish {
    /// `SIGHUP`: read the configuration again.
    Reload,
    /// `SIGUSR1`: write down what you cost.
    TellCost,
    /// `SIGUSR2`: the machine goes to sleep, say goodbye.
    Sleep,
    /// `SIGCONT`: the machine is awake.
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
