//! `coverage`: which lines of a contract's sources ran in transactions of the past.

use super::args::CoverageArgs;
use super::context::Context;
use crate::app_error::Error;
use crate::line_coverage::{self, LineCoverage, LineCoverageError, LineTable};
use crate::output::Outcome;
use crate::own_file;
use crate::progress::Progress;

pub(super) async fn run(context: &Context, args: &CoverageArgs) -> Result<Outcome, Error> {
    let client = context.reader().await?;
    let what = "carrying out the transactions again";
    context.output.begin(what);
    let gathered = line_coverage::gather(&client, &args.wanted).await;
    context.output.end(what);
    let gathered = gathered?;
    let artifact = context.artifact(&args.source)?;
    let codehash = artifact.codehash();
    let Some(blocks) = gathered.programs.get(&codehash) else {
        let programs = gathered.programs.into_keys().collect();
        let source_name = args.source.clone();
        return Err(LineCoverageError::NotRun {
            source_name,
            codehash,
            programs,
        }
        .into());
    };
    let twin = context
        .builder()?
        .with_lines(&args.source, &artifact.wasm)?;
    let unreadable = |reason| LineCoverageError::LineTable {
        package: artifact.name.clone(),
        reason,
    };
    let table = LineTable::read(&twin).map_err(unreadable)?;
    let jumps = line_coverage::jumps(&twin.wasm, blocks);
    let jumps = jumps.map_err(|error| unreadable(error.to_string()))?;
    let files = table.count(blocks, &jumps);
    let coverage = LineCoverage::of(codehash, gathered, files);
    if let Some(path) = &args.lcov {
        own_file::replace(path, coverage.lcov().as_bytes(), line_coverage::is_lcov)?;
    }
    Ok(Outcome::of(&coverage, &context.names()))
}
