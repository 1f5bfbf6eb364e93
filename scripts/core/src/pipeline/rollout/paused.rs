//! The instances that the transaction of a pause or a resumption left.

use super::{DecidedState, Rollout};
use crate::assess::Role;
use crate::client::ChainError;
use crate::context::prelude::*;
use crate::governance::Call;
use crate::model::{DefinitionState, InstanceState};
use crate::pipeline::effects::Effects;
use crate::registry;

/// The state of the definition, if it is what a pause or a resumption decides.
async fn decided(session: Session<'_>, call: &Call) -> Result<Option<DefinitionState>, ChainError> {
    let wanted = match call {
        Call::Pause(_) => true,
        Call::Resume(_) => false,
        _ => return Ok(None),
    };
    let state = session.registry.head(call.definition()).await?.state;
    Ok(Some(state).filter(|state| (*state == DefinitionState::Paused) == wanted))
}

/// The instances that do not have the state that the call decides, and how many there are in all.
async fn waits(session: Session<'_>, call: &Call) -> Result<(Vec<Address>, usize), ChainError> {
    let before = match call {
        Call::Pause(_) => InstanceState::Live,
        _ => InstanceState::Paused,
    };
    let instances = session.registry.instances(call.definition()).await?;
    // A state that is not known here is not the one that was decided.
    let waits = instances.iter().filter(|instance| {
        instance.state == before || matches!(instance.state, InstanceState::Unknown(_))
    });
    let waits = waits.map(|instance| instance.proxy).collect();
    Ok((waits, instances.len()))
}

/// Pauses or resumes the instances that the transaction of the decision left, if it was executed. Whether it left some.
pub(crate) async fn finish(
    session: Session<'_>,
    call: &Call,
    effects: &mut Effects,
) -> Result<bool> {
    let Session { context, registry } = session;
    let name = call.definition();
    if decided(session, call).await?.is_none() {
        return Ok(false);
    }
    let (left, all) = waits(session, call).await?;
    if left.is_empty() {
        return Ok(false);
    }
    let rollout = Rollout::of(session, name, None, session.assessment(Role::Reader));
    let turn = match call {
        Call::Pause(_) => DecidedState::Pause,
        _ => DecidedState::Resume,
    };
    let rollout = rollout.turning(turn, left, all);
    if let Err(error) = rollout.run(effects).await {
        // The decision still holds.
        effects.stop(context, &error, Exit::Partial);
    }
    let (stayed, _) = waits(session, call).await?;
    let stayed = registry::waiting(registry, name, &stayed).await?;
    effects.set_waiting(stayed, name);
    Ok(true)
}
