//! What `approve` checks of an action: the same as the command that proposed it.

use super::super::args::ApproveArgs;
use super::super::context::Context;
use super::super::{create_proxy, storage};
use super::{Run, Work};
use crate::client::Client;
use crate::coverage::{Coverage, Extent, Part};
use crate::error::Error;
use crate::governance::Call;
use crate::layout::Judgement;
use alloy::primitives::Address;
use stylus_upgrades_interface::reasons::step as kind;
use stylus_upgrades_interface::registry::IRegistry as abi;

/// Judges what `call` decides about a version.
///
/// # Errors
/// What the command that proposes the call would refuse, and what nobody could judge.
pub(in crate::commands) async fn judge_action(
    context: &Context,
    client: &Client,
    registry: Address,
    call: &Call,
    args: &ApproveArgs,
) -> Result<(Vec<Judgement>, Coverage), Error> {
    if let Call::CreateProxy(create) = call {
        let said = (args.no_init, args.storage.allow_absent.as_slice());
        let coverage = create_proxy::check(context, client, registry, create, said).await?;
        return Ok((Vec::new(), coverage));
    }
    let Some((version, code, step)) = call.version() else {
        return Ok(Default::default());
    };
    let name = call.definition();
    let code = match code {
        Some(code) => code.clone(),
        None => {
            let asked = abi::getVersionCall {
                name: name.into(),
                version: version.into(),
            };
            client.call(registry, &asked).await?.code
        }
    };
    let mut work = Work::on(context, client.clone(), name, false).await?;
    let first = storage::recorded(client, registry, name, code.codehash).await?;
    let is_old = first.is_some_and(|(label, _)| label != version);
    if args.source.is_none() && !code.sourceHash.is_zero() {
        let why = "their hash is named; only a build compares them with the code (--source)";
        work.coverage.lower(Part::Source, Extent::Partial, why);
    }
    if args.source.is_some() && matches!(step.kind, kind::SCRIPT | kind::COMPLEX) {
        let why = "the new code was built and compared, the code of its migration was not";
        work.coverage.lower(Part::Source, Extent::Partial, why);
    }
    let run = Run {
        kind: step.kind,
        data: step.data.clone(),
        program: None,
        omitted: args.no_migration,
    };
    let pair = (version, step.from.as_str());
    work.judge_recorded(pair, &code, &run, &args.storage, is_old)
        .await?;
    Ok((work.storage, work.coverage))
}
