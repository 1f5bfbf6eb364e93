//! Control of code in numbers: of a definition as it stands, and of what a call changes.

use super::verifiable::is_public;
use crate::assess::Finding;
use crate::client::ChainError;
use crate::context::prelude::*;
use crate::governance::{Call, ControlChange, DefinitionControl, DefinitionPolicies, HolderFacts};
use crate::registry::Registry;
use std::collections::BTreeMap;

/// The control of a definition with these policies by role; none of the registry itself, which has no code.
///
/// # Errors
/// Errors of the chain.
pub async fn of_policies(
    session: Session<'_>,
    policies: &BTreeMap<String, String>,
) -> Result<Option<DefinitionControl>> {
    let policies = policies.clone().into_iter().collect();
    Ok(of_these(session, &policies).await?)
}

/// The control of a definition as it stands; none of the registry itself.
///
/// # Errors
/// Errors of the chain.
pub async fn of_definition(session: Session<'_>, name: &str) -> Result<Option<DefinitionControl>> {
    if name.is_empty() {
        return Ok(None);
    }
    let policies =
        DefinitionPolicies::read(session.registry, name, &DefinitionPolicies::ROLES_OF_CODE)
            .await?;
    Ok(of_these(session, &policies).await?)
}

async fn of_these(
    session: Session<'_>,
    policies: &DefinitionPolicies,
) -> Result<Option<DefinitionControl>, ChainError> {
    let Session { context, registry } = session;
    let facts = HolderFacts::read(registry.client, policies.approvers()).await?;
    Ok(DefinitionControl::new(policies, &facts, &context.names()))
}

/// Reads the policies of a definition that control its code, or what users have against new code.
async fn read_policies(
    registry: Registry<'_>,
    name: &str,
) -> Result<DefinitionPolicies, ChainError> {
    DefinitionPolicies::read(registry, name, &DefinitionPolicies::ROLES).await
}

/// The control before and after a call; none of a call that does not change it.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn of_call(session: Session<'_>, call: &Call) -> Result<Option<ControlChange>> {
    let registry = session.registry;
    let name = call.name();
    let (before, after) = match call {
        Call::SetPolicy(set) if !name.is_empty() => {
            let before = read_policies(registry, name).await?;
            let after = before.clone().with(&set.role, &set.expression);
            (before, after)
        }
        Call::CreateDefinition(_) => {
            let policies = call.policies().into_iter();
            let policies = policies.map(|(role, text)| (role.to_owned(), text.to_owned()));
            (DefinitionPolicies::default(), policies.collect())
        }
        // An adopted proxy goes to an account, and to no definition.
        Call::TransferProxy(give) if !give.definition.is_empty() => {
            let receiver = registry.client.registry(give.to);
            let after = match read_policies(receiver, &give.definition).await {
                Err(error) if error.is_no_answer() => DefinitionPolicies::default(),
                after => after?,
            };
            (read_policies(registry, name).await?, after)
        }
        _ => return Ok(None),
    };
    let accounts = before.approvers().into_iter().chain(after.approvers());
    let facts = HolderFacts::read(registry.client, accounts.collect()).await?;
    let names = session.context.names();
    let control = |policies| DefinitionControl::new(policies, &facts, &names);
    let [before, after] = [&before, &after].map(control);
    Ok(after.is_some().then_some(ControlChange { before, after }))
}

/// Finds what a call makes worse about who controls the code, and in how long.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn findings(session: Session<'_>, call: &Call) -> Result<Vec<Finding>> {
    let is_public = is_public(session.registry.client.chain_id());
    let names = session.context.names();
    let change = of_call(session, call).await?;
    let found = change.map(|change| change.findings(call.name(), is_public, &names));
    Ok(found.unwrap_or_default())
}
