//! `--as ADDRESS --export FILE`: a governed call goes to a file, for an approver that is a contract.

use super::simulate::simulate;
use crate::client::{ChainError, Client};
use crate::context::prelude::*;
use crate::export::{
    Exported, ExportedCall, ExportedFile, Follows, Written, now, require_chain_id,
};
use crate::governance::{Call, GovernedCall, ShownCall};
use crate::ids::ActionId;
use crate::text::{count, shell_word};
use alloy::network::TransactionBuilder;
use alloy::rpc::types::TransactionRequest;
use std::path::Path;

/// Writes a governed call, and reports what it would do.
pub(crate) async fn governed(
    session: Session<'_>,
    file: &Path,
    call: &GovernedCall,
    shown: ShownCall,
) -> Result<ExportedCall> {
    let context = session.context;
    let client = session.registry.client;
    let simulation = simulate(context, client, call).await?;
    let request = (&call.bytes, call.value);
    let file = write((session, file), &call.what(), request, simulation.gas).await?;
    Ok(ExportedCall {
        shown,
        file,
        simulated: simulation.simulated,
        report: simulation.report,
        follows: follows(client, call).await?,
    })
}

/// Returns true if the sender has code.
async fn is_contract(client: &Client) -> Result<bool, ChainError> {
    let sender = client.caller("export")?;
    Ok(!client.code(sender).await?.is_empty())
}

/// The next command after a call whose transaction does not reach all instances.
async fn follows(client: &Client, call: &GovernedCall) -> Result<Option<Follows>> {
    if !matches!(
        call.call,
        Call::Migrate(_) | Call::Pause(_) | Call::Resume(_)
    ) {
        return Ok(None);
    }
    let name = call.call.definition();
    let instances = client.registry(call.registry).head(name).await?.instances;
    let pauses =
        matches!(&call.call, Call::Pause(pause) if pause.first.len() == instances as usize);
    let why = if is_contract(client).await? && has_adopted((client, call.registry), name).await? {
        "a transaction of a contract does not move adopted proxies; run this with any account without code".into()
    } else if instances == 0 || pauses {
        return Ok(None);
    } else {
        let follow = if instances == 1 { "follows" } else { "follow" };
        format!(
            "its transaction only decides; {} of {name} {follow} by a rollout, which anybody may send",
            count(instances, "instance")
        )
    };
    let next = format!("stylus-upgrades upgrade {}", shell_word(name));
    Ok(Some(Follows { next, why }))
}

/// Simulates and writes another call of an approver about an action. `what` is the name of the call.
pub(crate) async fn order(
    session: Session<'_>,
    file: &Path,
    what: &str,
    action: ActionId,
    call: Bytes,
) -> Result<Outcome> {
    let client = session.registry.client;
    let title = format!("{what} {action}");
    let request = TransactionRequest::default()
        .with_to(session.registry.address)
        .with_input(call.clone())
        .with_from(client.caller(&title)?);
    let gas = client.estimate(&title, &request).await?;
    let written = ExportedFile {
        action: Some(action),
        ..write((session, file), &title, (&call, U256::ZERO), gas).await?
    };
    Ok(session.context.outcome(&written))
}

async fn write(
    (session, file): (Session<'_>, &Path),
    title: &str,
    (data, value): (&Bytes, U256),
    gas: u64,
) -> Result<ExportedFile> {
    let Session { context, registry } = session;
    let client = registry.client;
    require_chain_id(client).await?;
    let from = client.caller(title)?;
    // An account without code that has sent something has a key.
    if client.code(from).await?.is_empty() && client.transactions_of(from).await? == 0 {
        context.note(format!(
            "warning: {} has neither code nor transactions on this chain: if it is a contract, it is \
             on another chain",
            context.names().long(from)
        ));
    }
    let call = Exported {
        chain_id: client.chain_id(),
        from,
        to: registry.address,
        value,
        data: data.clone(),
        gas,
    };
    let format = context.global.export.export_format;
    call.write(file, format, title, now())?;
    Ok(ExportedFile {
        exported: Written {
            file: file.to_owned(),
            format,
            call,
        },
        executed: false,
        action: None,
    })
}

/// Returns true if an instance of the definition is adopted, so that a contract's call does not upgrade it.
async fn has_adopted(
    (client, registry): (&Client, Address),
    name: &str,
) -> Result<bool, ChainError> {
    let instances = client.registry(registry).instances(name).await?;
    Ok(instances.iter().any(|instance| instance.kind.is_adopted()))
}
