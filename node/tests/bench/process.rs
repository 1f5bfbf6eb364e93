//! A node as a process: started, measured, ended.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use crate::Fallible;

/// Set in the child that is to be the node: each benchmark is both.
pub(crate) const AS_NODE: &str = "STYLUS_BENCH_AS_NODE";

/// A running node, killed when dropped.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) host: String,
}

impl Process {
    /// Starts the command on a free port, and waits until it listens.
    pub(crate) fn start(command: &mut Command) -> Fallible<Self> {
        let program = command.get_program().to_string_lossy().into_owned();
        let mut child = command
            .args(["-p", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start {program}: {error}"))?;
        let mut lines = BufReader::new(child.stdout.take().ok_or("no stdout")?).lines();
        let host = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| Some(line.strip_prefix("Listening on ")?.trim().to_owned()));
        // Anvil keeps printing; it must neither wait for a reader nor meet a closed pipe.
        std::thread::spawn(move || lines.map_while(Result::ok).for_each(drop));
        let mut process = Self {
            child,
            host: String::new(),
        };
        process.host = host.ok_or_else(|| format!("{program} did not start to listen"))?;
        Ok(process)
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }
}

/// CPU seconds that a process has used, where the system tells them as Linux does.
pub(crate) fn cpu_seconds(process: u32) -> Option<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    // User and system time in hundredths of a second, fields 14 and 15; a name may have spaces.
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some((ticks(11)? + ticks(12)?) / 100.0)
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What the machine does beside: the load of the last minute, where the system tells it as Linux does.
pub(crate) fn load() -> Option<f64> {
    let text = std::fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}
