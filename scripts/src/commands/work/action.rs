//! What `approve` checks of an action: the same as the command that proposed it.

use super::super::adopt;
use super::super::args::ReviewArgs;
use super::super::facts::Place;
use super::super::transfer;
use super::{Becomes, Work};
use crate::app_error::Error;
use crate::assess::Role;
use crate::checks::{Assessment, Built, Code, Runs, Stage, Subject};
use crate::governance::Call;
use crate::registry::RecordedCode;

/// Checks what `call` decides about a version. What refuses it is among what was found.
///
/// # Errors
/// What the chain says, and what could not be looked at for another reason.
pub(in crate::commands) async fn check_action(
    place: Place<'_>,
    call: &Call,
    (args, role): (&ReviewArgs, Role),
) -> Result<Assessment, Error> {
    match call {
        Call::CreateProxy(create) => {
            return place.assess(Subject::Creation(create, ""), role).await;
        }
        Call::Adopt(adopt) => return adopt::check(place, adopt, (&args.storage, role)).await,
        Call::AcceptTransfer(accept) => {
            return adopt::check_acceptance(place, accept, (&args.storage, role)).await;
        }
        Call::TransferProxy(give) => {
            transfer::check(place, give).await?;
        }
        _ => {}
    }
    let Some((version, code, _)) = call.version() else {
        return Ok(Assessment::default());
    };
    let name = call.definition();
    let code = match code {
        Some(code) => RecordedCode::from(code),
        None => place.reader().code(name, version).await?,
    };
    let mut work = Work::on(place.context, place.client.clone(), (name, version), false).await?;
    work.checks.role = role;
    work.check_proposed(call, code, args).await?;
    Ok(work.checks)
}

impl Work<'_> {
    /// Checks the version that a call is about, whose code it or the registry names.
    pub(in crate::commands) async fn check_proposed(
        &mut self,
        call: &Call,
        code: RecordedCode,
        args: &ReviewArgs,
    ) -> Result<Option<Code>, Error> {
        let Some((version, named, step)) = call.version() else {
            return Ok(None);
        };
        let kept = self.context.builds(call, |_| ())?;
        let is_built = args.source.is_some();
        let built = Built {
            // What is registered was built by who registered it; where nothing is taken over, nothing is compared.
            document: is_built
                || named.is_none()
                || step.from.is_empty()
                || kept.iter().any(|build| build.what == "code"),
            code: is_built,
            program: args.script_source.is_some(),
        };
        let place = self.place();
        let first = place.reader().first_with(&self.name, code.codehash).await?;
        let is_old = first.is_some_and(|first| first.version != version);
        let file = args.storage.layout.as_deref();
        let known = place.layout(version, &code, file).await?;
        let side = match built.document {
            true => known.side,
            false => known.unbuilt(),
        };
        let code = place.there(code, side, is_old).await?;
        let from = step.from.as_str();
        let runs = match from {
            "" => Runs::Nothing,
            _ => place.runs(step).await?,
        };
        let becomes = match call {
            Call::Migrate(_) => Becomes::Current,
            _ => Becomes::Registered,
        };
        let stage = (runs, Stage::Judged(built));
        self.check((version, from), &code, stage, &args.storage, becomes)
            .await?;
        Ok(Some(code))
    }
}
