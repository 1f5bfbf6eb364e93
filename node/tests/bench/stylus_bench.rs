//! `cargo bench -p stylus-upgrades-devnode --bench stylus-bench`: this node beside real anvil, in one
//! run, with the same client: start-up, transfers, and Stylus calls through a proxy.
#![forbid(unsafe_code)]

mod client;
mod peer;
mod process;
mod work;

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use serde_json::{Value, json};

use peer::Peer;
use process::{AS_NODE, load};
use work::{Recipients, Speed, Work};

#[global_allocator]
static ALLOCATOR: stylus_devnode::Allocator = stylus_devnode::Allocator;

/// How often anvil may fail in one measurement.
const ANVIL_TRIES: u32 = 2;
/// Whatever goes wrong, in words.
pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures this node beside real anvil.
#[derive(Parser)]
struct Options {
    /// Transactions of each measurement with one recipient, one measurement for each number: anvil becomes slower with
    /// the length of its chain.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [2_000, 10_000])]
    transactions: Vec<usize>,
    /// New accounts that are sent to, one transaction each; a minute of sending at most.
    #[arg(long, default_value_t = 20_000)]
    recipients: usize,
    /// Write the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
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
    /// Measure although the machine is busy: its load of the last minute is above 1.
    #[arg(long)]
    loaded: bool,
    /// Given by cargo to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

impl Options {
    fn text(&self) -> String {
        format!("{} connections", work::CONNECTIONS)
    }

    /// What both nodes are measured with.
    fn cases(&self) -> Vec<Case> {
        let lengths = self.transactions.iter();
        let to_one = lengths.map(|count| (Recipients::One, *count));
        let lengths = to_one.chain([(Recipients::Many, self.recipients)]);
        let case = |(recipients, count): (Recipients, usize)| {
            [100, 1].map(|batch| Case {
                recipients,
                batch,
                count,
            })
        };
        lengths.flat_map(case).collect()
    }

    /// The load of the machine, which must be small.
    fn load(&self) -> Fallible<Vec<f64>> {
        match load() {
            Some(load) if load > QUIET && !self.loaded => Err(format!(
                "the load of the machine is {load}, expected at most {QUIET}: the figures would be those of other work, too; \
                 wait, or measure all the same with --loaded"
            )
            .into()),
            load => Ok(load.into_iter().collect()),
        }
    }
}

/// The load of a machine that does little else.
const QUIET: f64 = 1.0;

fn main() -> ExitCode {
    if std::env::var_os(AS_NODE).is_some() {
        return stylus_devnode::process::main();
    }
    let mut out = std::io::stdout();
    match report(&Options::parse()) {
        Ok((text, met)) => {
            // A reader that closed the pipe has read enough.
            let _ = out.write_all(text.as_bytes());
            ExitCode::from(u8::from(!met))
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

/// A measurement of both nodes.
struct Case {
    recipients: Recipients,
    /// Transfers to a request.
    batch: usize,
    /// Transfers.
    count: usize,
}

impl Case {
    fn name(&self) -> String {
        let whom = match self.recipients {
            Recipients::One => "one account",
            Recipients::Many => "a new account each",
        };
        let batch = match self.batch {
            1 => "one".to_owned(),
            many => many.to_string(),
        };
        format!("{} transfers to {whom}, {batch} to a request", self.count)
    }
}

/// Best figures of a node.
#[derive(Default)]
struct Figures {
    start_ms: f64,
    /// In the order of the cases.
    speeds: Vec<Speed>,
}

/// One round on one node; each measurement has a fresh one.
fn measure(peer: &Peer, figures: &mut Figures, (work, cases): (&Work, &[Case])) -> Fallible<()> {
    figures.speeds.resize(cases.len(), Speed::default());
    for (case, best) in cases.iter().zip(&mut figures.speeds) {
        let mut tries = ANVIL_TRIES;
        loop {
            let (node, start_ms) = peer.start()?;
            if figures.start_ms == 0.0 || start_ms < figures.start_ms {
                figures.start_ms = start_ms;
            }
            match work.transfers(&node, case.recipients, (case.count, case.batch)) {
                Ok(speed) => *best = best.best(speed),
                // Anvil stops answering now and then.
                Err(error) if peer.is_anvil() && tries > 1 => {
                    tries -= 1;
                    let _ = writeln!(std::io::stderr(), "anvil: {error}; once more");
                    continue;
                }
                Err(error) if peer.is_anvil() => {
                    let _ = writeln!(std::io::stderr(), "anvil: {error}; left out");
                }
                Err(error) => return Err(format!("{}: {error}", case.name()).into()),
            }
            break;
        }
    }
    Ok(())
}

/// The report, and whether the targets are met.
fn report(options: &Options) -> Fallible<(String, bool)> {
    let mut loads = options.load()?;
    let cases = options.cases();
    let anvil = Peer::anvil(options.anvil.clone())?;
    let own = Peer::this()?;
    let work = Work::new(&options.transactions, options.recipients)?;
    let (mut here, mut there) = (Figures::default(), Figures::default());
    let (mut calls, mut stylus) = (Speed::default(), Speed::default());
    let rounds = options.rounds.max(1);
    for round in 0..rounds {
        let _ = writeln!(std::io::stderr(), "round {} of {rounds}", round + 1);
        // In turn, and each first in every other round.
        let mut pair = [(&own, &mut here), (&anvil, &mut there)];
        if round % 2 == 1 {
            pair.reverse();
        }
        for (peer, figures) in pair {
            measure(peer, figures, (&work, &cases))?;
        }
        let (node, _) = own.start()?;
        let proxy = work.install_proxy(&node)?;
        stylus = stylus.best(work.stylus_transactions(&node, proxy)?);
        calls = calls.best(work.stylus_calls(&node, proxy)?);
        loads.extend(load());
    }
    let rows = cases.iter().map(Case::name);
    let rows: Vec<Row> = rows
        .zip(here.speeds.iter().zip(there.speeds))
        .map(|(name, (own, other))| Row::new(name, *own, Some(other)))
        .chain([
            Row::new("Stylus transactions through a proxy".into(), stylus, None),
            Row::new("Stylus eth_calls through a proxy".into(), calls, None),
        ])
        .collect();
    let record = json!({
        "anvil": anvil.version()?,
        "connections": work::CONNECTIONS,
        "load": loads,
        "recipients": options.recipients,
        "rounds": rounds,
        "rows": rows.iter().map(Row::json).collect::<Vec<_>>(),
        "start_ms": { "anvil": tenths(there.start_ms), "node": tenths(here.start_ms) },
        "threads": std::thread::available_parallelism().map_or(0, usize::from),
        "transactions": options.transactions,
    });
    if let Some(path) = &options.record {
        std::fs::write(path, format!("{record:#}\n"))?;
    }
    let mut text = format!(
        "{:<52}{:>12}{:>12}{:>8}{:>12}{:>12}{:>8}\n",
        "", "node per s", "anvil per s", "ratio", "node CPU s", "anvil CPU s", "ratio"
    );
    rows.iter().for_each(|row| text.push_str(&row.line()));
    text.push_str(&format!(
        "start to first answer, ms: {:.1} and {:.1}\nbest of {rounds}; CPU seconds of the node per 10,000; {}, \
         {} threads, load {loads:?}, beside {}\n",
        here.start_ms,
        there.start_ms,
        options.text(),
        record["threads"],
        anvil.version()?
    ));
    let faster = rows.iter().all(|row| row.is_faster());
    let met = faster && here.start_ms < 100.0;
    Ok((text, met || !options.check))
}

/// A line of the report.
struct Row {
    name: String,
    own: Speed,
    /// Where anvil can do it.
    other: Option<Speed>,
}

impl Row {
    fn new(name: String, own: Speed, other: Option<Speed>) -> Self {
        let other = other.filter(|other| other.per_second > 0.0);
        Self { name, own, other }
    }

    fn is_faster(&self) -> bool {
        let slower = |other: Speed| other.per_second > self.own.per_second;
        !self.other.is_some_and(slower)
    }

    /// Speed and CPU seconds of both, and anvil's share of each that this node has.
    fn figures(&self) -> [Option<f64>; 6] {
        let (own, other) = (self.own, self.other);
        let speed = other.map(|other| other.per_second);
        let cpu = other.and_then(|other| other.cpu);
        let ratio = |own: Option<f64>, other: Option<f64>| Some(own? / other?);
        [
            Some(own.per_second),
            speed,
            ratio(Some(own.per_second), speed),
            own.cpu,
            cpu,
            ratio(own.cpu, cpu),
        ]
    }

    fn line(&self) -> String {
        let [speed, of_anvil, times, cpu, its_cpu, share] = self.figures();
        let shown = |figure: Option<f64>, digits: usize| {
            figure.map_or_else(String::new, |figure| format!("{figure:.digits$}"))
        };
        format!(
            "{:<52}{:>12}{:>12}{:>8}{:>12}{:>12}{:>8}\n",
            self.name,
            shown(speed, 0),
            shown(of_anvil, 0),
            shown(times, 2),
            shown(cpu, 2),
            shown(its_cpu, 2),
            shown(share, 2)
        )
    }

    fn json(&self) -> Value {
        let [speed, of_anvil, _, cpu, its_cpu, _] = self.figures();
        let rounded = |figure: Option<f64>| figure.map(f64::round);
        let hundredths =
            |figure: Option<f64>| figure.map(|figure| (figure * 100.0).round() / 100.0);
        json!({
            "name": self.name,
            "anvil_per_second": rounded(of_anvil),
            "anvil_cpu_seconds_per_10000": hundredths(its_cpu),
            "node_per_second": rounded(speed),
            "node_cpu_seconds_per_10000": hundredths(cpu),
        })
    }
}

fn tenths(figure: f64) -> f64 {
    (figure * 10.0).round() / 10.0
}
