//! Programs that this process starts and that a signal to it ends too.

use crate::keys::SECRET_VARIABLES;
use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, ChildStderr, ChildStdout, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Between two looks whether a program that has said all has ended.
const PAUSE: Duration = Duration::from_millis(1);

/// The programs that run, by number, and whether nothing else may begin.
struct Running {
    all: BTreeMap<u32, (Pid, Kind)>,
    is_over: bool,
}

/// The scope of what is ended with a program.
#[derive(Debug, Clone, Copy)]
enum Kind {
    /// All that it has started.
    Group,
    /// Nothing else. In the group of this process it may ask at the terminal.
    Alone,
}

static RUNNING: Mutex<Running> = Mutex::new(Running {
    all: BTreeMap::new(),
    is_over: false,
});

fn running() -> MutexGuard<'static, Running> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// A program that runs.
#[derive(Debug)]
pub struct Started(Child);

impl Started {
    /// Starts a program that is ended with all that it starts, and asks nobody for anything.
    ///
    /// # Errors
    /// As [`Command::spawn`], and after [`end_all`].
    pub fn group(command: &mut Command) -> io::Result<Self> {
        Self::start(command.process_group(0), Kind::Group)
    }

    /// Starts a program that may ask at the terminal, as for a password.
    ///
    /// # Errors
    /// As [`Self::group`].
    pub fn at_terminal(command: &mut Command) -> io::Result<Self> {
        Self::start(command, Kind::Alone)
    }

    fn start(command: &mut Command, kind: Kind) -> io::Result<Self> {
        // Held meanwhile: what `end_all` does not find yet would keep running.
        let mut running = running();
        if running.is_over {
            return Err(io::Error::other("this process ends"));
        }
        hide(command);
        let child = command.spawn()?;
        let pid = Pid::from_child(&child);
        running.all.insert(child.id(), (pid, kind));
        Ok(Self(child))
    }

    /// Takes its output, once: stdout and stderr, where they are piped.
    pub fn pipes(&mut self) -> (Option<ChildStdout>, Option<ChildStderr>) {
        (self.0.stdout.take(), self.0.stderr.take())
    }

    /// Waits for the end of the program. What it writes is read before, or not piped.
    ///
    /// # Errors
    /// As [`Child::wait`].
    pub fn wait(mut self) -> io::Result<ExitStatus> {
        loop {
            {
                // After this answer its process id may belong to another program: it leaves the list under the same
                // lock.
                let mut running = running();
                if let Some(status) = self.0.try_wait()? {
                    running.all.remove(&self.0.id());
                    return Ok(status);
                }
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Runs a [`group`](Self::group) to its end, as [`Command::output`].
    ///
    /// # Errors
    /// As [`Self::group`] and [`Self::wait`].
    pub fn output(command: &mut Command) -> io::Result<Output> {
        Self::piped(command)?.collected()
    }

    /// Like [`Self::output`], for a time at most: then it is ended, with all that it started.
    ///
    /// # Errors
    /// As [`Self::output`], and `TimedOut`.
    pub fn output_within(command: &mut Command, limit: Duration) -> io::Result<Output> {
        Self::piped(command)?.collected_within(limit)
    }

    /// Runs a program that writes to a file, for a time at most: some end before a pipe has taken all of it.
    ///
    /// # Errors
    /// As [`Self::output_within`], and of the file.
    pub fn written_within(
        command: &mut Command,
        file: &Path,
        limit: Duration,
    ) -> io::Result<Vec<u8>> {
        let command = command.stdout(File::create(file)?).stderr(Stdio::piped());
        Self::group(command)?.collected_within(limit)?;
        std::fs::read(file)
    }

    fn collected_within(self, limit: Duration) -> io::Result<Output> {
        let id = self.0.id();
        let (ended, is_ended) = channel::<()>();
        std::thread::scope(|scope| {
            let watch = scope.spawn(move || {
                let is_late = is_ended.recv_timeout(limit) == Err(RecvTimeoutError::Timeout);
                if is_late {
                    end(id);
                }
                is_late
            });
            let output = self.collected();
            drop(ended);
            let is_late = watch.join().unwrap_or(false);
            if is_late {
                Err(io::ErrorKind::TimedOut.into())
            } else {
                output
            }
        })
    }

    fn piped(command: &mut Command) -> io::Result<Self> {
        Self::group(command.stdout(Stdio::piped()).stderr(Stdio::piped()))
    }

    /// All that a group writes, up to its end.
    fn collected(mut self) -> io::Result<Output> {
        let (out, errors) = self.pipes();
        let (stdout, stderr) = std::thread::scope(|scope| {
            let stdout = scope.spawn(|| read(out));
            let stderr = read(errors);
            (stdout.join(), stderr)
        });
        Ok(Output {
            status: self.wait()?,
            stdout: stdout.unwrap_or_else(|_| Ok(Vec::new()))?,
            stderr: stderr?,
        })
    }
}

/// Keeps other programs of this user from reading this process's memory and environment, as from /proc. Elsewhere than
/// on Linux this does nothing.
pub fn keep_memory_private() {
    // No kernel refuses it.
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
}

/// Keeps from a program what is this process's own: its memory and environment, and the secrets among the variables,
/// unless the program is given one.
fn hide(command: &mut Command) {
    keep_memory_private();
    let given: Vec<_> = command
        .get_envs()
        .map(|(name, _)| name.to_owned())
        .collect();
    for name in SECRET_VARIABLES {
        if given.iter().all(|given| given != name) {
            command.env_remove(name);
        }
    }
}

/// All that comes through a pipe.
fn read(pipe: Option<impl Read>) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    if let Some(mut pipe) = pipe {
        pipe.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

/// Ends a program that was not waited for yet.
fn end(id: u32) {
    if let Some((pid, kind)) = running().all.get(&id) {
        kill(*pid, *kind);
    }
}

fn kill(pid: Pid, kind: Kind) {
    // It may have ended.
    let _ = match kind {
        Kind::Group => kill_process_group(pid, Signal::KILL),
        Kind::Alone => kill_process(pid, Signal::KILL),
    };
}

/// Ends all that runs, at once. From then on nothing is started.
pub fn end_all() {
    let mut running = running();
    running.is_over = true;
    for (pid, kind) in std::mem::take(&mut running.all).into_values() {
        kill(pid, kind);
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    #[test]
    fn a_program_gets_no_key_of_this_process_and_reads_none_from_it() {
        let mut command = Command::new("true");
        command.env("ETH_PRIVATE_KEY", "given").env_remove("A");
        Started::output(&mut command).expect("true");
        let found = |name: &str| {
            let mut all = command.get_envs();
            all.find_map(|(key, value)| (key == name).then(|| value.map(ToOwned::to_owned)))
        };
        assert_eq!(found("PRIVATE_KEY"), Some(None));
        assert_eq!(found("ETH_PASSWORD"), Some(None));
        assert_eq!(found("ETH_PRIVATE_KEY"), Some(Some("given".into())));
        let behavior = dumpable_behavior().expect("known");
        assert_eq!(behavior, DumpableBehavior::NotDumpable);
    }

    #[test]
    fn a_program_is_ended_after_its_time_with_what_it_started() {
        let mut command = Command::new("sh");
        // The inner program holds the pipe open, so that its reader waits.
        command.args(["-c", "sleep 3600 & sleep 3600"]);
        let error = Started::output_within(&mut command, Duration::from_millis(10));
        let kind = error.map(drop).map_err(|error| error.kind());
        assert_eq!(kind, Err(io::ErrorKind::TimedOut));
        let mut command = Command::new("echo");
        let said = Started::output_within(command.arg("said"), Duration::from_secs(3600));
        assert_eq!(said.expect("it ends").stdout, b"said\n");
    }
}
