//! `transfer`: moves an instance to another registry, an adopted one to an account; or removes it.

use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::context::prelude::*;
use crate::governance::{GovernedCall, definitions, kind_in_words};
use crate::model::definition_id;
use crate::pipeline::check_options::CheckOptions;
use crate::pipeline::effects::Governed;
use crate::pipeline::judge::check_and_send;
use crate::registry::{held_by, left};
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
    let (name, kind) = match session.registry.known_instance(proxy).await? {
        Some(instance) => (instance.definition, Some(instance.kind)),
        None => (left_behind(session, proxy).await?, None),
    };
    let is_of_others = match (kind, to) {
        (Some(kind), _) => kind.is_adopted(),
        (None, Some(to)) => held_by(session.registry.client, to, proxy)
            .await?
            .is_empty(),
        (None, None) => false,
    };
    let subject = TransferReport {
        name: name.clone(),
        proxy,
        kind: kind.map(kind_in_words),
        to,
    };
    let definition = match definition {
        Some(definition) => definition.to_owned(),
        None if is_of_others => String::new(),
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

/// The definition that a proxy was an instance of before it left.
///
/// # Errors
/// `NotAnInstance`, if it never was one.
async fn left_behind(session: Session<'_>, proxy: Address) -> Result<String> {
    let registry = session.registry;
    if let Some(left) = left(registry, proxy).await? {
        let mut names = definitions(registry).await?.into_iter();
        if let Some(name) = names.find(|name| definition_id(name).0 == left.definition) {
            return Ok(name);
        }
    }
    Ok(registry.instance(proxy).await?.definition)
}

/// The instance that is transferred or removed.
#[derive(Serialize)]
pub(crate) struct TransferReport {
    /// Its definition.
    name: String,
    proxy: Address,
    /// Its kind; absent if it left before.
    #[serde(skip_serializing_if = "Option::is_none")]
    kind: Option<String>,
    /// The receiver; `None` if it is removed.
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<Address>,
}

impl CommandReport for TransferReport {}
