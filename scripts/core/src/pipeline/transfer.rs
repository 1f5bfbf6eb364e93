//! The checks of a transfer: who controls the instance afterwards.

use super::confirm;
use crate::assess::{Finding, FindingKind};
use crate::build::evm;
use crate::client::Client;
use crate::context::Unverified;
use crate::context::prelude::*;
use crate::governance::transfer_obstacle;
use crate::registry::{Receiver, Registry, Transfer, receiver, require_registry};

/// The checks of a transfer.
pub(crate) struct Checked {
    /// Lines that say who controls the instance afterwards.
    pub(crate) lines: Vec<String>,
    /// The same, if that is a definition of a registry.
    pub(crate) receiver: Option<Receiver>,
}

/// Checks the receiver of an instance, and refuses a transfer that cannot succeed: before it is proposed,
/// and before it is approved.
pub(crate) async fn check(session: Session<'_>, call: &abi::transferProxyCall) -> Result<Checked> {
    let Session { context, registry } = session;
    if let Some(obstacle) = transfer_obstacle(registry, call).await? {
        return Err(obstacle.refusal().into());
    }
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
pub(crate) async fn first_contact<'a>(
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
    pub(crate) fn notices(&self) -> Vec<Finding> {
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
        confirm::notice(FindingKind::OtherCode.id(), words)
    });
        notice.into_iter().collect()
    }
}

/// An adopted proxy cannot go to a definition.
fn require_account(call: &abi::transferProxyCall) -> Result<(), Refusal> {
    if call.definition.is_empty() {
        Ok(())
    } else {
        Err(Refusal::new("ToAccount", format!(
                "{} is adopted: it can only go to an account, which then owns it",
                call.proxy
            )).with("no definition", call.definition.as_str(), format!(
                "nothing was sent; run stylus-upgrades transfer {} ACCOUNT. To move it to another registry, transfer it \
                 to the account that `adopt` there prints, then run `adopt` there",
                call.proxy
            )))
    }
}

/// Says who controls an adopted proxy that goes to an account.
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
    vec![
        format!("receiver   {name} of {registry}"),
        format!(
            "  accepted as {}: {code}, code hash {hash}",
            receiver.version
        ),
        format!("  migrate   {}", names.policy(&receiver.migrate)),
        format!("  policy    {}", names.policy(&receiver.policy)),
    ]
}
