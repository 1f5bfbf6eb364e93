//! A process whose duration and memory are measured.

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use stylus_upgrades_harness::HarnessError;

/// Pause between two looks at the memory; `VmHWM` never falls, so the last look before the end
/// misses only what came after it.
const LOOK: Duration = Duration::from_millis(20);

/// A process that has ended.
#[derive(Debug)]
pub struct Ended {
    /// Whether it ended with code 0.
    pub is_good: bool,
    /// Its document.
    pub document: Value,
    /// What it said besides.
    pub errors: String,
    /// Milliseconds it took.
    pub milliseconds: u64,
    /// Milliseconds that processors worked for it alone, without its children: the load of the machine adds little.
    pub processor_milliseconds: u64,
    /// Most memory it had, in KiB.
    pub memory: u64,
}

impl Ended {
    /// Runs a command to its end and watches its memory and its work.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`].
    pub async fn of(mut command: Command) -> Result<Self, HarnessError> {
        let program = command.get_program().to_owned();
        let begun = Instant::now();
        let child = command
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| missing(program.as_ref(), source))?;
        let id = child.id();
        let ending = tokio::task::spawn_blocking(move || child.wait_with_output());
        let (mut most, mut work) = (0, 0);
        while !ending.is_finished() {
            most = memory(id, "VmHWM:").unwrap_or(0).max(most);
            work = processor_milliseconds(id).unwrap_or(0).max(work);
            tokio::time::sleep(LOOK).await;
        }
        let milliseconds = begun.elapsed().as_millis() as u64;
        let output = ending
            .await
            .map_err(std::io::Error::other)
            .and_then(|output| output)
            .map_err(|source| missing(program.as_ref(), source))?;
        Ok(Self {
            is_good: output.status.success(),
            document: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
            milliseconds,
            processor_milliseconds: work,
            memory: most,
        })
    }
}

/// A line of `/proc/ID/status`, in KiB.
pub(super) fn memory(id: u32, name: &str) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

/// The time of a process in user mode and in the kernel: fields 14 and 15 of `/proc/ID/stat`, in hundredths of seconds.
fn processor_milliseconds(id: u32) -> Option<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // Field 2 is the program's name in brackets, which may have blanks.
    let (_, fields) = stat.rsplit_once(')')?;
    let fields = fields.split_whitespace().skip(11).take(2);
    let ticks: u64 = fields.filter_map(|one| one.parse::<u64>().ok()).sum();
    Some(10 * ticks)
}

fn missing(program: &Path, source: std::io::Error) -> HarnessError {
    HarnessError::ToolMissing {
        program: program.display().to_string(),
        source,
    }
}
