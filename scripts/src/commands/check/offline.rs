//! A way without a chain: the code that would come, and a version that is kept, a revision or a file.

use super::super::context::Context;
use super::super::facts::{Asked, Before, way};
use super::CheckArgs;
use super::baseline::Baseline;
use crate::app_error::Error;
use crate::assess::{Fact, Origin, Role};
use crate::build::Artifact;
use crate::checks::{Code, Runs, Stage, Version, Way};
use crate::layout::Who;
use alloy::primitives::Address;

/// The way from a version to what was built.
pub(super) async fn against(
    context: &Context,
    args: &CheckArgs,
    (base, before): (&Baseline, Before),
    artifact: &Artifact,
    to: &str,
) -> Result<Way, Error> {
    let labels = base.labels(context, &args.name)?;
    let asked = Asked::Kept(context, &labels);
    let document = match artifact.document() {
        Some(document) => Fact::of(document, Origin::Build),
        None => Fact::unknown("the contract declares none"),
    };
    let there = artifact.code_at(Address::ZERO).into();
    let version = Version {
        name: &args.name,
        from: base.label.as_ref().unwrap_or(&base.what),
        to,
        stage: Stage::Proposed,
        code: &Code::built(artifact.clone(), there, document, false),
        runs: match base.label {
            None => Runs::Nothing,
            Some(_) => asked.runs(&args.step).await?,
        },
        who: Who::All,
        said: &args.storage.said(),
        current: "",
    };
    way(asked, &version, Some(before), (Role::Ci, Vec::new())).await
}
