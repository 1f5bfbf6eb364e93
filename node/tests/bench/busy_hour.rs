//! `cargo bench -p stylus-upgrades-devnode --bench busy-hour`: the clients of a team at work, one kind after the other and
//! all 200 together, while one more asks `eth_call` of the same node. It fails where the node needs too much memory,
//! refuses something, or keeps that one waiting.
#![forbid(unsafe_code)]

mod busy;
mod client;
mod process;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;

use busy::clients::{KINDS, Kind, Scene};
use busy::measure::{Phase, measure};
use process::{AS_NODE, Process, load};

#[global_allocator]
static ALLOCATOR: stylus_devnode::Allocator = stylus_devnode::Allocator;

/// Most bytes of memory that the node may have.
const MEMORY: u64 = 512 << 20;
/// The longest that 99 of 100 measured calls may take.
const CALL: Duration = Duration::from_millis(200);
/// How much longer all clients work together than those of each kind alone.
const TOGETHER: u32 = 4;

/// Whatever goes wrong, in words.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Lets clients work, and measures what one more notices.
#[derive(Parser)]
struct Options {
    /// Minutes that all of it takes together.
    #[arg(long, default_value_t = 5)]
    minutes: u32,
    /// Given by cargo to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

fn main() -> ExitCode {
    if std::env::var_os(AS_NODE).is_some() {
        return stylus_devnode::process::main();
    }
    match report(&Options::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints a row for each phase; whether all of them were within the bounds.
fn report(options: &Options) -> Fallible<bool> {
    let parts = u32::try_from(KINDS.len())? + 1 + TOGETHER;
    let each = Duration::from_secs(60) * options.minutes / parts;
    print(&format!(
        "load {:?}, {} threads\n{:<36}{:>10}{:>8}{:>8}{:>9}{:>9}{:>9}{:>7}{:>8}\n",
        load(),
        std::thread::available_parallelism().map_or(0, usize::from),
        "clients, each kind for so long:",
        "requests",
        "calls",
        "failed",
        "p50 ms",
        "p99 ms",
        "max ms",
        "MiB",
        "node s",
    ))?;
    let mut command = Command::new(std::env::current_exe()?);
    command.env(AS_NODE, "1").arg("--until-parent-exits");
    let node = Process::start(&mut command)?;
    let scene = Scene::prepare(&node.host)?;
    let mut within = true;
    let mut run = |name: &str, kinds: &[&Kind], time| -> Fallible<()> {
        let phase = measure(&node, &scene, kinds, time)?;
        let is_quick = phase.percentile(99) < CALL;
        within &= phase.peak < MEMORY && phase.failures.is_empty() && is_quick;
        print(&row(name, &phase))
    };
    run("(none)", &[], each)?;
    for kind in &KINDS {
        run(kind.name, &[kind], each)?;
    }
    run("all at once", &KINDS.each_ref(), each * TOGETHER)?;
    print(&format!(
        "each for {each:?}, all at once {TOGETHER} times as long; expected: less than {} MiB, p99 below {CALL:?}, none \
         failed; load {:?}\n",
        MEMORY >> 20,
        load()
    ))?;
    Ok(within)
}

fn row(name: &str, phase: &Phase) -> String {
    let failed = phase.failures.len();
    let mut text = format!(
        "{name:<36}{:>10}{:>8}{failed:>8}",
        phase.requests,
        phase.calls()
    );
    for percent in [50, 99, 100] {
        let milliseconds = phase.percentile(percent).as_secs_f64() * 1_000.0;
        let _ = write!(text, "{milliseconds:>9.1}");
    }
    let _ = writeln!(text, "{:>7}{:>8.1}", phase.peak >> 20, phase.cpu);
    if let Some(failure) = phase.failures.first() {
        let _ = writeln!(text, "  {failure}");
    }
    text
}

fn print(text: &str) -> Fallible<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
