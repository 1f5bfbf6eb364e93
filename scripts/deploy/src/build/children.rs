//! The compilers that run for us: they end when we do.
//!
//! Every cargo leads a process group of its own, so that ending the group ends its compilers too.

use super::error::BuildError;
use rustix::process::{Pid, Signal, kill_process_group};
use std::process::{Child, Command, ExitStatus};
use std::sync::{Mutex, PoisonError};

/// The process groups that are running.
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// A cargo with all that it started; ended when this is dropped.
pub(super) struct Running {
    /// The leader of the group.
    pub(super) child: Child,
    group: Pid,
}

impl Running {
    /// Starts `command` as the leader of a process group.
    pub(super) fn start(mut command: Command) -> Result<Self, BuildError> {
        let child = command.spawn();
        let child = child.map_err(BuildError::not_started(command.get_program()))?;
        let group = Pid::from_child(&child);
        groups(|groups| groups.push(group));
        Ok(Self { child, group })
    }

    /// Waits for the leader.
    pub(super) fn wait(mut self) -> std::io::Result<ExitStatus> {
        self.child.wait()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        groups(|groups| groups.retain(|group| *group != self.group));
        if matches!(self.child.try_wait(), Ok(None)) {
            end(self.group);
            let _ = self.child.wait();
        }
    }
}

/// Ends every compiler that runs for this process; for a process that is about to end.
pub fn end_compilers() {
    groups(|groups| groups.drain(..).for_each(end));
}

/// A group that has ended already is no error.
fn end(group: Pid) {
    let _ = kill_process_group(group, Signal::TERM);
}

fn groups<T>(work: impl FnOnce(&mut Vec<Pid>) -> T) -> T {
    work(&mut GROUPS.lock().unwrap_or_else(PoisonError::into_inner))
}
