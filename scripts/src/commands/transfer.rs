//! `transfer`: moves an instance to another registry, an adopted one to an account; or removes it.

use super::check_options::CheckOptions;
use super::confirm;
use super::context::Unverified;
use super::effects::{Effects, Governed};
use super::judge::check_and_send;
use super::prelude::*;
use crate::assess::{Finding, FindingId};
use crate::build::evm;
use crate::client::{ChainError, Client, Revert};
use crate::governance::{GovernedCall, kind_in_words};
use crate::model::definition_id;
use crate::registry::{
    Receiver, Registry, Transfer, decides, newest_of, receiver, require_registry,
};
use alloy::sol_types::SolEvent;

/// Transfers an instance to `to`, or removes it if that is `None`.
pub(super) async fn run(
    context: &Context,
    proxy: &str,
    to: Option<&str>,
    definition: Option<&str>,
) -> Result<Outcome> {
    let session = Session::sending(context, "transfer").await?;
    let proxy = context.manifest.address(proxy)?;
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
    let bytes = match to {
        None => abi::removeInstanceCall { name, proxy }.abi_encode(),
        Some(to) => abi::transferProxyCall {
            name,
            proxy,
            to,
            definition,
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
pub(super) struct TransferReport {
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

/// The checks of a transfer.
pub(super) struct Checked {
    /// Who controls the instance afterwards, in words.
    pub(super) lines: Vec<String>,
    /// The same, if that is a definition of a registry.
    pub(super) receiver: Option<Receiver>,
}

/// Checks the receiver of an instance, and refuses a transfer that cannot succeed: before it is proposed,
/// and before it is approved.
pub(super) async fn check(session: Session<'_>, call: &abi::transferProxyCall) -> Result<Checked> {
    let Session { context, registry } = session;
    if registry.instance(call.proxy).await?.kind.is_adopted() {
        require_account(call)?;
        return Ok(Checked {
            lines: vec![owner(context, registry.client, call.to).await?],
            receiver: None,
        });
    }
    let transfer = Transfer {
        registry: registry.address,
        name: &call.name,
        proxy: call.proxy,
        to: call.to,
        definition: &call.definition,
    };
    require_registry(registry.client, &transfer).await?;
    first_contact(context, registry.client, call.to).await?;
    let receiver = receiver(registry.client, &transfer).await?;
    Ok(Checked {
        lines: lines(context, &receiver),
        receiver: Some(receiver),
    })
}

/// First contact with the other registry of a transfer. Only this function verifies its origin, before any of
/// its answers is trusted.
pub(super) async fn first_contact<'a>(
    context: &Context,
    client: &'a Client,
    registry: Address,
) -> Result<Registry<'a>> {
    context
        .verified(client, Unverified::of_account(registry))
        .await
}

impl Checked {
    /// The finding that the version of the receiver has other code than the instance.
    pub(super) fn notices(&self) -> Vec<Finding> {
        let receiver = self
            .receiver
            .as_ref()
            .filter(|receiver| receiver.has_other_code());
        let notice = receiver.map(|receiver| {
        let words = format!(
            "version {} of {} has other code than the instance, and no migration will run. Code hashes: receiver \
             {}, running now {}, registered here {}",
            receiver.version,
            receiver.definition,
            receiver.codehash,
            receiver.runs,
            receiver.registered
        );
        confirm::notice(FindingId::OTHER_CODE, words)
    });
        notice.into_iter().collect()
    }
}

/// An adopted proxy cannot go to a definition.
fn require_account(call: &abi::transferProxyCall) -> Result<(), Refusal> {
    match call.definition.is_empty() {
        true => Ok(()),
        false => Err(Refusal::new("ToAccount", format!(
                "{} is adopted: it can only go to an account, which then owns it",
                call.proxy
            )).with("no definition", call.definition.as_str(), format!(
                "nothing was sent; run stylus-upgrades transfer {} ACCOUNT. To move it to another registry, transfer it \
                 to the account that `adopt` there prints, then run `adopt` there",
                call.proxy
            ))),
    }
}

/// Who controls an adopted proxy that goes to an account.
async fn owner(context: &Context, client: &Client, to: Address) -> Result<String> {
    let code = client.code(to).await?;
    Ok(match evm::registry_of_admin(&code) {
        Some(registry) => {
            let registry = first_contact(context, client, registry).await?;
            format!("{to} is the admin of a definition of {registry}, which can adopt it then")
        }
        None if code.is_empty() => {
            format!("{to} has no code: the holder of its key then controls the proxy alone")
        }
        None => format!("{to} then controls the proxy alone"),
    })
}

/// The policies of a receiver, and what the instance runs there.
fn lines(context: &Context, receiver: &Receiver) -> Vec<String> {
    let names = context.names();
    let (name, registry) = (&receiver.definition, names.long(receiver.registry));
    let (code, hash) = (receiver.implementation, receiver.codehash);
    let mut lines = vec![
        format!("receiver   {name} of {registry}"),
        format!(
            "  accepted as {}: {code}, code hash {hash}",
            receiver.version
        ),
        format!("  migrate   {}", names.policy(&receiver.migrate)),
        format!("  policy    {}", names.policy(&receiver.policy)),
    ];
    if let Some(relay) = receiver.relay {
        let relay = names.long(relay);
        lines.push(format!(
            "  relay     the code of this EVM proxy names registry {relay}, which will forward the receiver's calls: \
             its programs must stay activated"
        ));
    }
    lines
}
