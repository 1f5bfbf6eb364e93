//! Processes whose duration and memory are measured.

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use stylus_upgrades_harness::{HarnessError, launcher};

/// Pause between two looks at the memory; `VmHWM` never falls, so the last look before the end
/// misses only what came behind it.
const LOOK: Duration = Duration::from_millis(20);

/// The chain's process.
pub struct Watched {
    child: Child,
    endpoint: String,
}

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

impl Watched {
    /// Starts the local chain on a free port; `leading` are the words in front of `node`.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`], [`HarnessError::NotListening`].
    pub fn node(program: &Path, leading: &[&str]) -> Result<Self, HarnessError> {
        use std::io::{BufRead, BufReader};
        let mut child = Command::new(launcher(program)?)
            .args(leading)
            .args(["node", "--port", "0"])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(|source| missing(program, source))?;
        let mut said = Vec::new();
        let lines = child.stdout.take().map(|out| BufReader::new(out).lines());
        for line in lines.into_iter().flatten().map_while(Result::ok) {
            if let Some(address) = line.strip_prefix("Listening on ") {
                let endpoint = format!("http://{}", address.trim());
                return Ok(Self { child, endpoint });
            }
            said.push(line);
        }
        let _ = child.kill();
        Err(HarnessError::NotListening {
            program: program.display().to_string(),
            said: said.join("\n"),
        })
    }

    /// `http://127.0.0.1:PORT`.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Memory that it has now, in KiB.
    pub fn memory(&self) -> u64 {
        memory(self.child.id(), "VmRSS:").unwrap_or_default()
    }

    /// Runs a command to its end and watches its memory and its work.
    ///
    /// # Errors
    /// [`HarnessError::ToolMissing`].
    pub async fn run(mut command: Command) -> Result<Ended, HarnessError> {
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
        Ok(Ended {
            is_good: output.status.success(),
            document: serde_json::from_slice(&output.stdout).unwrap_or_default(),
            errors: String::from_utf8_lossy(&output.stderr).into_owned(),
            milliseconds,
            processor_milliseconds: work,
            memory: most,
        })
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A line of `/proc/ID/status`, in KiB.
fn memory(id: u32, name: &str) -> Option<u64> {
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
