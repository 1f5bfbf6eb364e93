//! `transfer`: moves an instance to another registry, an adopted one to an account; or removes it.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::client::{ChainError, Revert};
use crate::context::prelude::*;
use crate::governance::{GovernedCall, kind_in_words};
use crate::model::definition_id;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::{Effects, Governed};
use crate::pipeline::judge::check_and_send;
use crate::registry::{decides, newest_of};
use alloy::sol_types::SolEvent;
use clap::Args;

/// `transfer`.
pub(crate) static SPEC: Spec<TransferArgs> = Spec {
    name: "transfer",
    about: "Transfer an instance to another registry, return an adopted proxy to an account, or remove an instance that the registry no longer controls",
    group: Group::Upgrade,
    examples: &[
        "transfer counter new-registry --account ana",
        "transfer counter new-registry Counter --account ana",
        "transfer counter --remove --account ana",
    ],
    writes: no_file,
    governed: Governs::Always,
    reports: || vec![report_type::<Governed<TransferReport>>()],
    run: |context, args| Box::pin(run(context, args)),
};

/// An instance to transfer or to remove.
#[derive(Debug, Args)]
pub(crate) struct TransferArgs {
    /// The instance, an address or an alias
    pub proxy: String,
    /// Who controls it afterwards: a registry; for an adopted proxy, any account
    #[arg(required_unless_present = "remove")]
    pub to: Option<String>,
    /// The definition of that registry that has accepted it [default: the same name]
    #[arg(requires = "to")]
    pub definition: Option<String>,
    /// Remove it, if it has no code, if the registry no longer controls it or if it is adopted
    #[arg(long, conflicts_with = "to")]
    pub remove: bool,
}

/// Transfers an instance to `to`, or removes it if that is `None`.
pub(crate) async fn run(context: &Context, args: &TransferArgs) -> Result<Outcome> {
    let (to, definition) = (args.to.as_deref(), args.definition.as_deref());
    let session = Session::sending(context, "transfer").await?;
    let proxy = context.manifest.address(&args.proxy)?;
    let to = to.map(|to| context.manifest.address(to)).transpose()?;
    let instance = match session.registry.instance(proxy).await {
        Err(error) if has_gone(session, (proxy, to, definition), &error).await => {
            let subject = TransferReport {
                name: None,
                proxy,
                kind: None,
                to,
            };
            let what = format!("{proxy} is transferred already");
            let effects = Effects::nothing_to_send(context, what)?;
            return Ok(context.outcome(&Governed { subject, effects }));
        }
        instance => instance?,
    };
    let name = instance.definition;
    let subject = TransferReport {
        name: Some(name.clone()),
        proxy,
        kind: Some(kind_in_words(instance.kind)),
        to,
    };
    let definition = match definition {
        Some(definition) => definition.to_owned(),
        None if instance.kind.is_adopted() => String::new(),
        None => name.clone(),
    };
    let nonce = session.registry.details(proxy).await?.nonce;
    let bytes = match to {
        None => abi::removeInstanceCall { name, proxy, nonce }.abi_encode(),
        Some(to) => abi::transferProxyCall {
            name,
            proxy,
            to,
            definition,
            nonce,
        }
        .abi_encode(),
    };
    let governed = GovernedCall::decode(session.registry.address, bytes.into(), U256::ZERO)?;
    let effects = check_and_send(session, governed, CheckOptions::proposer(session)).await?;
    Ok(context.outcome(&Governed { subject, effects }))
}

/// Whether an earlier command transferred the proxy so: the registry's newest event of it names that receiver, which the
/// proxy obeys, and it is an instance of that definition there.
async fn has_gone(
    session: Session<'_>,
    (proxy, to, definition): (Address, Option<Address>, Option<&str>),
    error: &ChainError,
) -> bool {
    let registry = session.registry;
    let is_unknown = error.revert().is_some_and(Revert::is::<abi::NotAnInstance>);
    let Some(to) = to.filter(|_| is_unknown) else {
        return false;
    };
    let event = abi::InstanceTransferred::SIGNATURE_HASH;
    let Ok(Some(log)) = newest_of(registry, event, proxy).await else {
        return false; // what the registry says stays
    };
    let Ok(transferred) = log.log_decode::<abi::InstanceTransferred>() else {
        return false;
    };
    let transferred = transferred.inner;
    let is_there = transferred.to == to && decides(registry.client, proxy).await.ok() == Some(to);
    let wanted = definition.map_or(transferred.definition, |name| definition_id(name).0);
    is_there
        && match registry.client.registry(to).instance(proxy).await {
            Ok(instance) => definition_id(&instance.definition).0 == wanted,
            // An account that receives an adopted proxy has no definitions.
            Err(error) => error.is_no_answer() && definition.is_none(),
        }
}

/// The instance that is transferred or removed.
#[derive(Serialize)]
pub(crate) struct TransferReport {
    /// Its definition; absent if it was transferred before.
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    proxy: Address,
    /// Its kind; absent if it was transferred before.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The receiver; `None` if it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Address>,
}

impl CommandReport for TransferReport {}
