//! `bench console [INSTANCES VERSIONS]`: how long each page of the console takes, on a chain with one instance and on one with as many as that. Chain, command line
//! and console are processes of their own, which are this program under its other name. Times differ
//! from run to run: nothing compares them.

mod chain;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use chain::Subject;
use stylus_upgrades_harness::{HarnessError, command_line};

/// How often each page is asked for.
const ASKS: usize = 21;
/// Bytes of a page with its style sheet and its script, at most.
const WEIGHT_MAX: usize = 150_000;
/// How long an answer may take at all.
const TIMEOUT: Duration = Duration::from_secs(120);
/// Instances and versions of the large chain, unless others are named.
const LARGE: (u32, u32) = (10_000, 1_000);

/// Measures both chains; rows go out as they come.
pub(crate) async fn report() -> Result<String, HarnessError> {
    let program = std::env::current_exe().map_err(|source| HarnessError::ToolMissing {
        program: "bench".into(),
        source,
    })?;
    let words: Vec<String> = std::env::args().skip(2).collect();
    let number = |at: usize, other| match words.get(at) {
        Some(word) => word
            .parse()
            .map_err(|_| failed(format!("{word} is no number"))),
        None => Ok(other),
    };
    let large = (number(0, LARGE.0)?, number(1, LARGE.1)?);
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    let build = match cfg!(debug_assertions) {
        true => "debug",
        false => "release",
    };
    print(&format!(
        "{build} build, {cores} cores, {ASKS} requests of each page"
    ));
    for (instances, versions) in [(1, 1), large] {
        let begun = Instant::now();
        let subject = Subject::begin(&program, instances, versions).await?;
        print(&format!(
            "\ninstances: {instances}, versions: {versions} and one that waits; made in {} s",
            begun.elapsed().as_secs()
        ));
        print(&format!(
            "{:<36} {:>8} {:>8} {:>9}",
            "ms, bytes", "median", "max", "weight"
        ));
        let console = Console::start(&program, subject.folder())?;
        for (name, path) in subject.pages() {
            print(&row(&console, name, &path)?);
        }
    }
    Ok(String::new())
}

/// What is known of one page.
fn row(console: &Console, name: &str, path: &str) -> Result<String, HarnessError> {
    let (mut took, mut weight) = (Vec::new(), 0);
    for _ in 0..ASKS {
        let begun = Instant::now();
        let page = console.get(path)?;
        took.push(begun.elapsed().as_millis());
        if !page.starts_with("HTTP/1.1 200") {
            let head = page.lines().next().unwrap_or_default();
            return Err(failed(format!("{path}: expected 200, found {head}")));
        }
        weight = page.len() + console.assets;
    }
    took.sort_unstable();
    let median = took.get(took.len() / 2).copied().unwrap_or_default();
    let max = took.last().copied().unwrap_or_default();
    let heavy = match weight > WEIGHT_MAX {
        true => "  heavy",
        false => "",
    };
    Ok(format!(
        "{name:<36} {median:>8} {max:>8} {weight:>9}{heavy}"
    ))
}

/// The console's process.
struct Console {
    child: Child,
    address: String,
    /// Bytes of what every page loads.
    assets: usize,
}

impl Console {
    fn start(program: &Path, folder: &Path) -> Result<Self, HarnessError> {
        let mut child = command_line(program)?
            .args(["cli", "console", "--port", "0"])
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        let lines = child.stdout.take().map(|out| BufReader::new(out).lines());
        let mut lines = lines.into_iter().flatten().map_while(Result::ok);
        let address = lines.find_map(|line| {
            let address = line.strip_prefix("Listening on http://")?;
            Some(address.trim_end_matches('/').to_owned())
        });
        // Ended with it, whatever comes next.
        let mut console = Self {
            child,
            address: address.unwrap_or_default(),
            assets: 0,
        };
        for path in ["/console.css", "/console.js"] {
            console.assets += console.get(path)?.len();
        }
        Ok(console)
    }

    /// An answer with its head, as a browser asks that may wait for so many seconds.
    fn get(&self, path: &str) -> Result<String, HarnessError> {
        let mut stream = TcpStream::connect(&self.address).map_err(failed)?;
        stream.set_read_timeout(Some(TIMEOUT)).map_err(failed)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\r\n",
            self.address
        );
        stream.write_all(request.as_bytes()).map_err(failed)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).map_err(failed)?;
        Ok(answer)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        // It may have ended by itself; then there is nothing to kill.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn print(line: &str) {
    // Whoever closed the pipe has read enough.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Something outside of this program went wrong.
fn failed(what: impl ToString) -> HarnessError {
    HarnessError::Library {
        name: "console".into(),
        message: what.to_string(),
    }
}
