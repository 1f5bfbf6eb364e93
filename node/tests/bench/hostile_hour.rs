//! `cargo bench -p stylus-upgrades-devnode --bench hostile-hour`: callers that mean harm, one kind after the other and
//! all together, while others ask `eth_call` of the same node. It fails where the node needs too much memory, or
//! keeps the others waiting.
#![forbid(unsafe_code)]

mod client;
mod hostile;
mod process;

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, ExitCode};
use std::time::Duration;

use clap::Parser;

use hostile::attack::{ATTACKS, FORKED, Scene};
use hostile::endpoint::{Endpoint, Manner};
use hostile::measure::{Phase, measure};
use process::{AS_NODE, Process, load};

#[global_allocator]
static ALLOCATOR: stylus_devnode::Allocator = stylus_devnode::Allocator;

/// Most bytes of memory that the node may have.
const MEMORY: u64 = 1 << 30;
/// The longest that 99 of 100 calls of others may take.
const CALL: Duration = Duration::from_millis(200);
/// How much longer all attacks last together than each alone.
const TOGETHER: u32 = 4;

/// Whatever goes wrong, in words.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Attacks a node, and measures what others notice.
#[derive(Parser)]
struct Options {
    /// Minutes that all attacks take together.
    #[arg(long, default_value_t = 10)]
    minutes: u32,
    /// Only the attacks and forks whose names have this in them.
    #[arg(long, value_name = "TEXT")]
    only: Option<String>,
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
    let wanted = options.only.as_deref().unwrap_or_default();
    let attacks: Vec<_> = ATTACKS
        .iter()
        .filter(|attack| attack.name.contains(wanted))
        .collect();
    let mut forks = vec![Manner::Lies, Manner::Limits];
    forks.retain(|manner| manner.name().contains(wanted));
    let parts = attacks.len() + forks.len();
    let parts = u32::try_from(parts)?.max(1) + TOGETHER;
    let each = Duration::from_secs(60) * options.minutes / parts;
    let mut within = true;
    let mut show = |name: &str, phase: &Phase| {
        within &= phase.peak < MEMORY && phase.failed == 0 && phase.percentile(99) < CALL;
        print(&row(name, phase))
    };
    print(&format!(
        "load {:?}, {} threads\n{:<34}{:>10}{:>9}{:>9}{:>9}{:>9}{:>9}{:>7}{:>8}{:>8}\n",
        load(),
        std::thread::available_parallelism().map_or(0, usize::from),
        "attack, each for so long:",
        "requests",
        "calls",
        "failed",
        "p50 ms",
        "p99 ms",
        "max ms",
        "MiB",
        "node s",
        "here s"
    ))?;
    let node = start(&[])?;
    let scene = Scene::prepare(&node.host)?;
    show("(none)", &measure(&node, &scene, &[], each)?)?;
    for attack in &attacks {
        let phase = measure(&node, &scene, &[attack], each)?;
        show(attack.name, &phase)?;
    }
    let phase = measure(&node, &scene, &attacks, each * TOGETHER)?;
    show("all at once", &phase)?;
    drop(node);
    for manner in forks {
        let origin = start(&[])?;
        let endpoint = Endpoint::before(&origin.host);
        let fork = start(&["--fork-url", &endpoint.url(), "--no-storage-caching"])?;
        let scene = Scene::prepare(&fork.host)?;
        endpoint.begin(manner);
        let phase = measure(&fork, &scene, &[&FORKED], each)?;
        show(manner.name(), &phase)?;
    }
    print(&format!(
        "each for {each:?}, all at once {TOGETHER} times as long; expected: less than {} MiB, p99 of others' calls below {CALL:?}, none \
         failed; load {:?}\nnode s, here s: CPU seconds of the node, and of its attackers and callers.\n",
        MEMORY >> 20,
        load()
    ))?;
    Ok(within)
}

/// This binary as a node.
fn start(args: &[&str]) -> Fallible<Process> {
    let mut command = Command::new(std::env::current_exe()?);
    command.env(AS_NODE, "1").arg("--until-parent-exits");
    Process::start(command.args(args))
}

fn row(name: &str, phase: &Phase) -> String {
    let mut text = format!("{name:<34}{:>10}{:>9}", phase.requests, phase.calls());
    let _ = write!(text, "{:>9}", phase.failed);
    for percent in [50, 99, 100] {
        let _ = write!(
            text,
            "{:>9.1}",
            phase.percentile(percent).as_secs_f64() * 1_000.0
        );
    }
    let [node, here] = phase.cpu;
    let _ = writeln!(text, "{:>7}{node:>8.1}{here:>8.1}", phase.peak >> 20);
    text
}

fn print(text: &str) -> Fallible<()> {
    let mut out = std::io::stdout();
    out.write_all(text.as_bytes())?;
    Ok(out.flush()?)
}
