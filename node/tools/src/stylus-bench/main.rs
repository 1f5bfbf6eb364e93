//! `cargo run --release -p stylus-upgrades-devnode-tools --bin stylus-bench`: this node beside real anvil, in one
//! run, with the same client: start-up, transfers, and Stylus calls through a proxy.
#![forbid(unsafe_code)]

mod client;
mod peer;
mod work;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

use peer::Peer;
use work::Work;

/// Set in the child that is to be the node: this binary is both.
const AS_NODE: &str = "STYLUS_BENCH_AS_NODE";
/// Whatever goes wrong, in words.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures this node beside real anvil.
#[derive(Parser)]
struct Options {
    /// Transactions of each measurement.
    #[arg(long, default_value_t = 2_000)]
    transactions: usize,
    /// Runs of each measurement, nodes in turn; the best one counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// The anvil to measure; without it, the one of npm's package `@foundry-rs/anvil`, which is
    /// installed into `target/npm`.
    #[arg(long, env = "ANVIL")]
    anvil: Option<PathBuf>,
    /// Exit with 1 unless transfers per second are at least anvil's and the first answer comes
    /// within 100 ms.
    #[arg(long)]
    check: bool,
}

fn main() -> ExitCode {
    if std::env::var_os(AS_NODE).is_some() {
        return stylus_devnode::process::main();
    }
    let mut out = std::io::stdout();
    match report(&Options::parse()) {
        Ok((text, met)) => {
            // Whoever closed the pipe has read enough.
            let _ = out.write_all(text.as_bytes());
            ExitCode::from(u8::from(!met))
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// Best figures of a node.
#[derive(Default)]
struct Figures {
    start_ms: f64,
    batched: f64,
    single: f64,
}

/// One round on one node; each measurement has a fresh one.
fn measure(peer: &Peer, figures: &mut Figures, work: &Work) -> Fallible<()> {
    let (node, start_ms) = peer.start()?;
    if figures.start_ms == 0.0 || start_ms < figures.start_ms {
        figures.start_ms = start_ms;
    }
    figures.batched = figures.batched.max(work.transfers(&node, 100)?);
    drop(node);
    let (node, _) = peer.start()?;
    figures.single = figures.single.max(work.transfers(&node, 1)?);
    Ok(())
}

/// The report, and whether the targets are met.
fn report(options: &Options) -> Fallible<(String, bool)> {
    let anvil = Peer::anvil(options.anvil.clone())?;
    let ours = Peer::this()?;
    let work = Work::new(options.transactions)?;
    let (mut here, mut there) = (Figures::default(), Figures::default());
    let (mut calls, mut stylus) = (0f64, 0f64);
    let rounds = options.rounds.max(1);
    for round in 0..rounds {
        let _ = writeln!(std::io::stderr(), "round {} of {rounds}", round + 1);
        // In turn, and each first in every other round.
        let mut pair = [(&ours, &mut here), (&anvil, &mut there)];
        if round % 2 == 1 {
            pair.reverse();
        }
        for (peer, figures) in pair {
            let Err(error) = measure(peer, figures, &work) else {
                continue;
            };
            let error = format!("{}: {error}", peer.name());
            // Anvil stops answering now and then; another round may do.
            if peer.name() != anvil.name() || (round + 1 == rounds && figures.single == 0.0) {
                return Err(error.into());
            }
            let _ = writeln!(std::io::stderr(), "{error}; the round does not count");
        }
        let (node, _) = ours.start()?;
        let proxy = work.install_proxy(&node)?;
        stylus = stylus.max(work.stylus_transactions(&node, proxy)?);
        calls = calls.max(work.stylus_calls(&node, proxy)?);
    }
    let ratio = |ours: f64, theirs: f64| ours / theirs.max(f64::MIN_POSITIVE);
    let rows = [
        (
            "transfers per second, 100 to a request",
            here.batched,
            there.batched,
        ),
        (
            "transfers per second, one to a request",
            here.single,
            there.single,
        ),
    ];
    let mut text = format!(
        "{:<48}{:>12}{:>12}{:>8}\n",
        "", "this node", "anvil", "ratio"
    );
    for (name, ours, theirs) in rows {
        let ratio = ratio(ours, theirs);
        text.push_str(&format!(
            "{name:<48}{ours:>12.0}{theirs:>12.0}{ratio:>8.2}\n"
        ));
    }
    text.push_str(&format!(
        "{:<48}{:>12.1}{:>12.1}\n",
        "start to first answer, ms", here.start_ms, there.start_ms
    ));
    text.push_str(&format!(
        "{:<48}{stylus:>12.0}\n{:<48}{calls:>12.0}\n",
        "Stylus transactions through a proxy per second",
        "Stylus eth_calls through a proxy per second"
    ));
    text.push_str(&format!(
        "best of {}, {} transactions each, {} connections, beside {}\n",
        rounds,
        options.transactions,
        work::CONNECTIONS,
        anvil.version()?
    ));
    let met = here.batched >= there.batched && here.single >= there.single && here.start_ms < 100.0;
    Ok((text, met || !options.check))
}
