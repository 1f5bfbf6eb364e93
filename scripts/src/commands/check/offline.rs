//! What is known of a way without a chain: the code that would come, and a version that is kept, a revision or a file.

use super::super::calldata;
use super::super::context::Context;
use super::CheckArgs;
use super::baseline::{Baseline, Before};
use crate::app_error::Error;
use crate::assess::{Fact, Origin};
use crate::build::Artifact;
use crate::checks::{Callers, Ending, Program, Runs, Stage, Way, reserved, size};
use crate::interface::{Callable, NOT_DECLARED};
use crate::layout::Side;
use alloy::primitives::Address;
use stylus_layout::Declarations;
use stylus_upgrades_interface::reasons::step;

/// Why nothing is known of instances.
pub(super) const NOT_ASKED: &str = "--against was given, so no chain was asked";

/// The way from a version to what was built.
pub(super) fn way(
    context: &Context,
    args: &CheckArgs,
    (base, before): (&Baseline, &Before),
    artifact: &Artifact,
    to: &str,
) -> Result<Way, Error> {
    let (of_step, step) = (&args.step, &base.label);
    let program = match &of_step.complex {
        Some(source) => Some(Program {
            declared: match context.artifact(source)?.steps {
                Some(declared) => Fact::of(declared, Origin::Build),
                None => Fact::unknown(""),
            },
            // Only a chain tells whether what it is linked to is there.
            ending: Fact::of(ENDING, Origin::Build),
        }),
        None => None,
    };
    let runs = match step {
        None => Runs::Nothing,
        Some(_) => Runs::Step {
            kind: of_step.kind().into(),
            data: calldata::encode(&of_step.call, &context.manifest)?,
            typed: calldata::typed(&of_step.call).to_owned(),
            program: program.filter(|_| of_step.kind() == step::COMPLEX),
        },
    };
    let said = args.storage.said();
    let from = step.clone().unwrap_or_else(|| base.what.clone());
    Ok(Way {
        name: args.name.clone(),
        to: to.to_owned(),
        stage: Stage::Proposed,
        declarations: match before.side.known.value() {
            Some(old) => said.declarations(&old.layout)?,
            None => Declarations::none(),
        },
        old: Some(before.side.clone()),
        new: Side {
            hash: artifact.layout_hash(),
            known: match artifact.document() {
                Some(document) => Fact::of(document, Origin::Build),
                None => Fact::unknown("the contract declares none"),
            },
        },
        goes_back: false,
        live: Fact::unknown(NOT_ASKED),
        callers: Callers::Of {
            old: before.callable.clone().into(),
            new: callable(artifact).into(),
        },
        published: None,
        declared: match &artifact.steps {
            Some(steps) => Fact::of(steps.clone(), Origin::Build),
            None => {
                Fact::unknown("the code does not say which initializers and migrations it declares")
            }
        },
        reserved: reserved(&artifact.code, &artifact.fragments),
        size: size(&artifact.code, &artifact.fragments, Origin::Build),
        sources: vec![match artifact.source_hash().is_zero() {
            true => Fact::unknown("it was not built from sources here"),
            false => Fact::of((), Origin::Build),
        }],
        runs,
        open_to_constructor: Fact::of(Vec::new(), Origin::Chain),
        code: artifact.name.clone(),
        labels: base.labels(context, &args.name)?,
        same_code: vec![from.clone()],
        current: String::new(),
        from,
    })
}

/// What a program is taken to be linked to where no chain is asked.
const ENDING: Ending = Ending {
    storage: Address::ZERO,
    is_linked: true,
    is_there: true,
};

fn callable(artifact: &Artifact) -> Fact<Callable> {
    match &artifact.interface {
        None => Fact::unknown(NOT_DECLARED),
        Some(interface) => Fact::of(interface.clone(), Origin::Build),
    }
}
