//! Runs one of the fixed local tools, with a time limit and a bounded output.
//!
//! The environment is empty but for a plain PATH, the C locale and what [`PASSED_ON`] names, so that output is what the
//! parsers know, and no TMPDIR, proxy or library path of whoever started the agent gets in. The tool has a process
//! group of its own, which is killed whole when its time is over.

#[cfg(unix)]
#[path = "process/unix.rs"]
mod imp;
#[cfg(windows)]
#[path = "process/windows.rs"]
mod imp;
mod text;

use std::{ffi::OsString, io, path::Path, process::Stdio, time::Duration};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _},
    process::{Child, Command},
    time::timeout,
};

/// Variables that configure a tool itself: who sets one for the agent means that tool.
const PASSED_ON: [&str; 1] = ["APT_CONFIG"];
/// A simulated upgrade of two thousand packages prints half a megabyte.
const OUTPUT_BYTES: u64 = 4 * 1024 * 1024;
/// A tool that has ended may have left a child that holds its pipes: what it says after this is not waited for.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// What a tool said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Output {
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    pub(crate) success: bool,
    /// Exit code; absent when a signal ended it.
    pub(crate) code: Option<i32>,
}

/// Why there is no output.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("cannot run {program}: {cause}")]
    Start { program: String, cause: io::Error },
    #[error("{program} did not end within {limit:?} and was stopped")]
    TimedOut { program: String, limit: Duration },
    #[error("{program} printed more than {OUTPUT_BYTES} bytes and was stopped")]
    TooMuch { program: String },
}

/// Where packaged tools lie.
const FOLDERS: [&str; 4] = ["/usr/bin", "/usr/sbin", "/bin", "/sbin"];
/// Where tools lie that no distribution packaged, and those of macOS.
const ELSEWHERE: [&str; 3] = ["/usr/local/bin", "/opt/homebrew/bin", "/snap/bin"];

/// Runs a tool to its end.
pub(crate) async fn run(program: &str, arguments: &[&str], limit: Duration) -> Result<Output, ProcessError> {
    run_with(program, arguments, &[], limit).await
}

/// The path of a tool that may have been installed by hand; its name alone when it is nowhere.
pub(super) fn installed(program: &str) -> String {
    let folders = FOLDERS.into_iter().chain(ELSEWHERE);
    let found = folders.map(|folder| Path::new(folder).join(program)).find(|path| path.is_file());
    found.map_or_else(|| program.to_owned(), |path| path.to_string_lossy().into_owned())
}

/// Runs a tool to its end with more in its environment.
pub(super) async fn run_with(
    program: &str,
    arguments: &[&str],
    environment: &[(String, OsString)],
    limit: Duration,
) -> Result<Output, ProcessError> {
    let start = |cause| ProcessError::Start { program: program.to_owned(), cause };
    let mut command = Command::new(program);
    command.args(arguments);
    imp::plain(&mut command);
    command.envs(PASSED_ON.iter().filter_map(|name| std::env::var_os(name).map(|value| (name, value))));
    command.envs(environment.iter().map(|(name, value)| (name, value)));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let mut child = command.spawn().map_err(start)?;
    let leader = child.id();
    match timeout(limit, finish(&mut child)).await {
        Ok(Err(error)) if error.kind() == io::ErrorKind::FileTooLarge => {
            imp::kill(leader).await;
            Err(ProcessError::TooMuch { program: program.to_owned() })
        }
        Ok(output) => output.map_err(start),
        Err(_) => {
            imp::kill(leader).await;
            Err(ProcessError::TimedOut { program: program.to_owned(), limit })
        }
    }
}

async fn finish(child: &mut Child) -> io::Result<Output> {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    let mut pipes = Box::pin(async { tokio::try_join!(read(stdout, &mut out), read(stderr, &mut err)) });
    let status = tokio::select! {
        read = &mut pipes => {
            read?;
            child.wait().await?
        }
        status = child.wait() => {
            if let Ok(read) = timeout(LAST_WORDS, &mut pipes).await {
                read?;
            }
            status?
        }
    };
    drop(pipes);
    let (stdout, stderr) = (text::decode(out), text::decode(err));
    Ok(Output { stdout, stderr, success: status.success(), code: status.code() })
}

/// Reads a pipe to its end; half an answer is none, so more than the bound is an error.
async fn read(pipe: Option<impl AsyncRead + Unpin>, bytes: &mut Vec<u8>) -> io::Result<()> {
    let Some(pipe) = pipe else { return Ok(()) };
    let read = pipe.take(OUTPUT_BYTES + 1).read_to_end(bytes).await?;
    if read as u64 > OUTPUT_BYTES { Err(io::ErrorKind::FileTooLarge.into()) } else { Ok(()) }
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[tokio::test]
    async fn output_and_result_come_back_with_a_clean_environment() {
        let script = "echo out $LC_ALL $HOME; echo err >&2; exit 3";
        let output = run("sh", &["-c", script], Duration::from_secs(20)).await.unwrap();
        let expected =
            Output { stdout: "out C\n".into(), stderr: "err\n".into(), success: false, code: Some(3) };
        assert_eq!(output, expected);
    }

    #[tokio::test]
    async fn a_tool_that_hangs_is_stopped_with_its_children() {
        let folder = tempfile::tempdir().unwrap();
        let pid_file = folder.path().join("pid");
        let script = format!("sleep 600 & echo $! > {}; wait", pid_file.display());
        let error = run("sh", &["-c", &script], Duration::from_millis(300)).await.unwrap_err();
        assert!(matches!(error, ProcessError::TimedOut { .. }), "{error}");
        let child = std::fs::read_to_string(&pid_file).unwrap();
        let state = || std::fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        let gone = async {
            while !(state().is_empty() || state().contains(") Z ")) {
                tokio::task::yield_now().await;
            }
        };
        timeout(Duration::from_secs(20), gone).await.unwrap();
    }

    #[tokio::test]
    async fn a_child_that_holds_the_pipes_of_a_tool_that_ended_is_not_waited_for() {
        let output = run("sh", &["-c", "sleep 60 & echo done"], Duration::from_secs(30)).await.unwrap();
        assert_eq!((output.stdout.as_str(), output.success), ("done\n", true));
    }

    #[tokio::test]
    async fn half_an_answer_is_none() {
        let error = run("sh", &["-c", "yes | head -c 5000000"], Duration::from_secs(60)).await.unwrap_err();
        assert!(matches!(error, ProcessError::TooMuch { .. }), "{error}");
    }

    #[tokio::test]
    async fn a_tool_that_is_not_there_is_named() {
        let error = run("no-such-tool", &[], Duration::from_secs(1)).await.unwrap_err();
        assert!(error.to_string().starts_with("cannot run no-such-tool:"), "{error}");
    }
}
