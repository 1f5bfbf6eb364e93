//! `cargo run --release -p stylus-upgrades-tests --bin bench`: what our proxy costs beside its
//! peers, on an embedded chain. The same figures are in git under `tests/snapshots`.
//!
//! `… --bin bench scale 10000 100000 1000000`: time and memory of `run-migration`.
//!
//! `… --bin bench census 1000 100000 1000000`: time and memory of a census of so many slots.
//!
//! `… --bin bench fuzz`: calls a second of the fuzzer.

mod census;
mod fuzz;
mod scale;

use std::io::Write;
use std::process::ExitCode;

use stylus_upgrades_harness::{Chain, HarnessError};
use stylus_upgrades_tests::snapshot::Figures;
use stylus_upgrades_tests::tools::figures::{Overhead, deploy_gas, overheads, sizes, tools};

fn main() -> ExitCode {
    let mut words: Vec<_> = std::env::args_os().collect();
    match words.get(1).and_then(|word| word.to_str()) {
        // The command line itself, so that what is measured is built as this program is.
        Some("cli") => {
            words.remove(1);
            stylus_upgrades::cli::run(words)
        }
        Some("scale") => print(scale::report),
        Some("census") => print(census::report),
        Some("census-of") => print(census::census),
        Some("fuzz") => print(fuzz::report),
        _ => print(report),
    }
}

#[tokio::main(flavor = "current_thread")]
async fn print(report: impl AsyncFnOnce() -> Result<String, HarnessError>) -> ExitCode {
    match report().await {
        Ok(text) => {
            // The reader that closed the pipe has read enough.
            let _ = write!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "{error}");
            ExitCode::FAILURE
        }
    }
}

async fn report() -> Result<String, HarnessError> {
    let mut text = String::from("What a proxy adds to a call, gas\n\n");
    text.push_str(&overhead_table(&overheads(&Chain::embedded()?).await?));
    text.push_str("\nDeployment and upgrade\n\n");
    text.push_str(&list(&deploy_gas().await?));
    text.push_str("\nCode\n\n");
    text.push_str(&list(&sizes().await?));
    text.push_str("\nTools\n\n");
    for (name, version) in tools()? {
        text.push_str(&format!("{name:<52} {version}\n"));
    }
    Ok(text)
}

/// A line per proxy, implementation and call; uncached beside cached.
fn overhead_table(overheads: &[Overhead]) -> String {
    let mut text = format!(
        "{:<26} {:<18} {:<22} {:>9} {:>9}\n",
        "proxy", "over", "call", "uncached", "cached"
    );
    for row in overheads.iter().filter(|row| !row.cached) {
        let same = |other: &&Overhead| {
            other.cached
                && (other.proxy, other.implementation, other.call)
                    == (row.proxy, row.implementation, row.call)
        };
        let cached = overheads.iter().find(same).map_or(0, |other| other.gas);
        let Overhead {
            proxy,
            implementation,
            call,
            gas,
            ..
        } = row;
        text.push_str(&format!(
            "{proxy:<26} {implementation:<18} {call:<22} {gas:>9} {cached:>9}\n"
        ));
    }
    text
}

fn list(figures: &Figures) -> String {
    figures
        .iter()
        .map(|(sentence, number)| format!("{sentence:<52} {number:>9}\n"))
        .collect()
}
