//! `coverage`: which lines of a contract's sources ran in transactions of the past.

use crate::app_error::Error;
use crate::context::Context;
use crate::context::spec::{Governs, Group, Spec, report_type};
use crate::error::Refusal;
use crate::ids::CodeHash;
use crate::line_coverage::{
    self, ExecutionCounts, FileLines, LineCoverage, LineTable, SourceMap, TransactionSelector,
};

use crate::output::Outcome;
use crate::own_file;
use crate::progress::Progress;
use clap::Args;
use std::path::PathBuf;

/// `coverage`.
pub(crate) static SPEC: Spec<CoverageArgs> = Spec {
    name: "coverage",
    about: "Show which lines of a deployed contract ran in past transactions",
    group: Group::Look,
    examples: &[
        "coverage 0x0b5ae3ab2ba1e4c63a0a6b7d2f3ad32a6a1c6d1b6b0f4bd5be5fd3d47a0b1c2d --source contracts/counter",
        "coverage 1200..1300 --source git:v1.0:contracts/counter --lcov lcov.info",
        "coverage 1200..1300 --source counter --json",
    ],
    writes: |args| args.lcov.as_ref().map(|_| "--lcov"),
    governed: Governs::Never,
    reports: || vec![report_type::<LineCoverage>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// Which lines of a contract ran in transactions of the past.
#[derive(Debug, Args)]
pub(crate) struct CoverageArgs {
    /// Hashes of transactions, and ranges of blocks: the first and the last one
    #[arg(required = true, value_name = "TX|BLOCK..BLOCK")]
    pub wanted: Vec<TransactionSelector>,
    /// The sources: a crate's folder, a contract of this workspace by name, git:REVISION:PATH; for Solidity a
    /// build-info, with FILE:NAME or FILE:SOURCE:NAME for one contract of several
    #[arg(long, value_name = "SOURCE")]
    pub source: String,
    /// Also write the lines into this file, in the format of lcov
    #[arg(long, value_name = "FILE")]
    pub lcov: Option<PathBuf>,
}

pub(crate) async fn run(context: &Context, args: &CoverageArgs) -> Result<Outcome, Error> {
    let client = context.reader().await?;
    let source_map = SourceMap::find(&args.source)?;
    let what = "carrying out the transactions again";
    context.output.begin(what);
    let counts = line_coverage::count_executions(&client, &args.wanted).await;
    context.output.end(what);
    let counts = counts?;
    let (codehash, files) = match &source_map {
        Some(map) => map.count(&counts.codes, &args.source)?,
        None => count_program(context, &args.source, &counts)?,
    };
    let coverage = LineCoverage::new(codehash, counts, files);
    if let Some(path) = &args.lcov {
        own_file::replace(path, coverage.lcov().as_bytes(), line_coverage::is_lcov)?;
    }
    Ok(context.outcome(&coverage))
}

/// Counts the lines of a Stylus program. Returns them with its code hash.
fn count_program(
    context: &Context,
    source: &str,
    counts: &ExecutionCounts,
) -> Result<(CodeHash, Vec<FileLines>), Error> {
    let program = context.builder()?.with_lines(source)?;
    let codehash = program.built.codehash();
    let Some(blocks) = counts.programs.get(&codehash) else {
        return Err(line_coverage::not_run(source, counts.programs.keys()).into());
    };
    let table = LineTable::read(&program).map_err(|reason| {
        let message = format!("the line table of {source} cannot be read: {reason}");
        Refusal::new("LineTable", message).with(
            "the line table that rustc writes",
            reason,
            "build with the compiler that rust-toolchain.toml names",
        )
    })?;
    Ok((codehash, table.count(blocks)))
}
