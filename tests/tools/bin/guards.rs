//! `cargo run -p stylus-upgrades-tests --bin guards`: disables guards of the contracts, one by
//! one, in a copy of the sources, and shows that a test notices each. Exit code 1 if one survives.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use stylus_upgrades_harness::{HarnessError, home};
use stylus_upgrades_tests::tools::guards::{
    Guard, Record, Report, Table, build_it, chosen, commit, prove,
};

/// Shows that a test fails for every guard that is disabled.
#[derive(Debug, Parser)]
#[command(name = "guards", arg_required_else_help = true)]
struct Arguments {
    /// Guards whose names contain one of these.
    names: Vec<String>,
    /// Every guard.
    #[arg(long, conflicts_with_all = ["names", "sample"])]
    all: bool,
    /// So many, chosen by the seed.
    #[arg(long, value_name = "N", conflicts_with = "names")]
    sample: Option<usize>,
    /// What chooses them; the commit that is checked out unless given.
    #[arg(long, value_name = "COMMIT", requires = "sample")]
    seed: Option<String>,
    /// Keeps the result in tests/snapshots/guards.json.
    #[arg(long)]
    record: bool,
    /// Shows the names and ends.
    #[arg(long)]
    list: bool,
    /// The tests' binary `it`, if it is built already.
    #[arg(long, value_name = "FILE")]
    it: Option<PathBuf>,
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            say(&mut std::io::stderr(), &format!("error: {error}"));
            ExitCode::FAILURE
        }
    }
}

/// Whether every guard asked for was noticed.
fn run(arguments: &Arguments) -> Result<bool, HarnessError> {
    let home = home();
    let table = Table::read(&home)?;
    if arguments.list {
        for guard in &table.guards {
            say(&mut std::io::stdout(), &guard.name);
        }
        return Ok(true);
    }
    let guards = requested_for(arguments, &table)?;
    let it = match &arguments.it {
        Some(it) => it.clone(),
        None => build_it(&home)?,
    };
    let report = prove(&home, &it, guards, &mut |row| {
        say(&mut std::io::stdout(), &row.to_string());
    })?;
    say(&mut std::io::stdout(), &summary(&report));
    if arguments.record {
        record(arguments, &table, &report)?;
    }
    Ok(report.is_proven())
}

/// Replaces the file by a full result; any other goes into the one that is there.
fn record(arguments: &Arguments, table: &Table, report: &Report) -> Result<(), HarnessError> {
    let home = home();
    if arguments.all {
        return Record::of(report, commit(&home, table))?.write(&home);
    }
    let mut record = Record::read(&home)?;
    record.update(report);
    record.write(&home)
}

fn requested_for(arguments: &Arguments, table: &Table) -> Result<Vec<Guard>, HarnessError> {
    if arguments.all {
        return Ok(table.guards.clone());
    }
    if let Some(count) = arguments.sample {
        let seed = arguments.seed.clone();
        let seed = seed.unwrap_or_else(|| commit(&home(), table));
        say(&mut std::io::stdout(), &format!("chosen by {seed}"));
        return Ok(chosen(table, count, &seed));
    }
    table.named(&arguments.names)
}

fn summary(report: &Report) -> String {
    let missing = report.missing().count();
    format!(
        "\n{} guards, {} noticed, {missing} not",
        report.rows.len(),
        report.rows.len() - missing
    )
}

/// The reader that closed the pipe has read enough.
fn say(out: &mut dyn Write, text: &str) {
    let _ = writeln!(out, "{text}");
    let _ = out.flush();
}
