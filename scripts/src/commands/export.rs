//! `--as ADDRESS --export FILE`: a governed call goes to a file, for an approver that is a contract.

use super::args::{ApproveArgs, Command, MigrationArgs, OfflineArgs, PolicyCommand};
use super::context::Context;
use super::propose::report_dry_run;
use super::waiting::has_adopted;
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::export::{Account, ExportError, Exported, Format, require_chain_id};
use crate::governance::{Call, GovernedCall, Simulated};
use crate::output::Outcome;
use crate::progress::Progress;
use crate::text::shell_word;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use clap::Args;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use stylus_upgrades_interface::limits::INSTANCES_AT_ONCE;

/// An approver that signs nothing itself.
#[derive(Debug, Clone, Default, Args)]
pub struct ExportArgs {
    /// Write what this approver is to send instead of sending it: a contract, as an address, an
    /// alias, or behind its chain (arb1:0x…); `rollback` calls this flag --sender
    #[arg(
        id = "sender",
        long = "as",
        visible_alias = "sender",
        value_name = "ADDRESS",
        global = true,
        help_heading = "Approvers that are contracts"
    )]
    pub sender: Option<String>,
    /// The file that the call is written to
    #[arg(
        long,
        value_name = "FILE",
        global = true,
        help_heading = "Approvers that are contracts"
    )]
    pub export: Option<PathBuf>,
    /// What the file holds
    #[arg(
        long,
        value_enum,
        value_name = "FORMAT",
        default_value_t,
        global = true,
        help_heading = "Approvers that are contracts"
    )]
    pub export_format: Format,
}

impl ExportArgs {
    /// Who sends the call, and the file that it goes to; `None` where it is sent here.
    ///
    /// # Errors
    /// [`ExportError::Incomplete`] where only one of both was given.
    pub(super) fn wanted(&self) -> Result<Option<(&str, &Path)>, ExportError> {
        let incomplete = |given, missing| Err(ExportError::Incomplete { given, missing });
        match (&self.sender, &self.export) {
            (None, None) => Ok(None),
            (Some(sender), Some(file)) => Ok(Some((sender, file))),
            (Some(_), None) => incomplete("--as", "--export FILE"),
            (None, Some(_)) => incomplete("--export", "--as ADDRESS"),
        }
    }

    /// Refuses the flags for a command that makes no call for approvers.
    pub(super) fn require_for(&self, command: &Command) -> Result<(), ExportError> {
        let is_governed = matches!(
            command,
            Command::Define { .. }
                | Command::Register(_)
                | Command::CreateProxy { .. }
                | Command::Migrate(_)
                | Command::Rollback(_)
                | Command::RunMigration(MigrationArgs {
                    handler: Some(_),
                    ..
                })
                | Command::RunMigration(MigrationArgs { abort: true, .. })
                | Command::Adopt(_)
                | Command::Transfer { .. }
                | Command::Pause { .. }
                | Command::Resume { .. }
                | Command::Policy {
                    command: PolicyCommand::Update { .. },
                }
                | Command::Approve(ApproveArgs {
                    offline: OfflineArgs { offline: false, .. },
                    ..
                })
                | Command::Revoke { .. }
                | Command::Cancel { .. }
        );
        match self.wanted()? {
            Some(_) if !is_governed => Err(ExportError::NotGoverned),
            _ => Ok(()),
        }
    }
}

/// The client as the approver asks, if one was named.
pub(super) fn acting(context: &Context, client: Client) -> Result<Client, Error> {
    let Some((sender, _)) = context.global.export.wanted()? else {
        return Ok(client);
    };
    let account = Account::parse(sender)?;
    account.require_on(client.chain_id())?;
    let address = context.manifest.address(&account.name)?;
    Ok(client.acting_as(address))
}

/// Writes a governed call, and says what it would do.
pub(super) async fn governed(
    context: &Context,
    client: &Client,
    call: &GovernedCall,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let simulated = call.simulate(client).await?;
    call.require_success(simulated.dry_run.as_ref())?;
    report_dry_run(context, call, simulated.dry_run.as_ref(), outcome);
    let title = call.what();
    let request = (call.registry, &call.bytes, call.value);
    write(context, client, &title, request, simulated.gas, outcome).await?;
    let Simulated {
        action,
        approvals,
        required,
        executes,
        ..
    } = simulated;
    outcome.field("action", action);
    outcome.field("approvals", approvals);
    outcome.field("required", required);
    outcome.field("executes", executes);
    outcome.line(format!("action     {action}"));
    outcome.line(match executes {
        true => format!("sent now   it completes the policy ({approvals}/{required}) and executes"),
        false => format!("sent now   it approves ({approvals}/{required})"),
    });
    if !executes
        && approvals >= required
        && is_contract(client).await?
        && call.orders_adopted(client).await?
    {
        outcome.line(format!(
            "next: stylus-upgrades approve {action}, by anybody with a key whose account has no code: that executes it"
        ));
    }
    rollout_follows(client, call, outcome).await
}

/// Whether who sends it has code.
async fn is_contract(client: &Client) -> Result<bool, ChainError> {
    let sender = client.caller("export")?;
    Ok(!client.code(sender).await?.is_empty())
}

/// Says of a call whose transaction does not reach all instances what has to follow it.
async fn rollout_follows(
    client: &Client,
    call: &GovernedCall,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    if !matches!(
        call.call,
        Call::Migrate(_) | Call::Pause(_) | Call::Resume(_)
    ) {
        return Ok(());
    }
    let name = call.call.definition();
    let instances = client.registry(call.registry).head(name).await?.instances;
    let why = if instances > INSTANCES_AT_ONCE {
        format!("its transaction does not reach all {instances} instances")
    } else if is_contract(client).await? && has_adopted((client, call.registry), name).await? {
        "what a contract sends does not move adopted proxies; anybody may, with a key whose account has no code".into()
    } else {
        return Ok(());
    };
    let next = format!("stylus-upgrades upgrade {}", shell_word(name));
    outcome.line(format!("next: {next}, once it is executed: {why}"));
    outcome.field("next", next);
    Ok(())
}

/// Writes another call to the registry that an approver sends, after trying it.
pub(super) async fn plain(
    context: &Context,
    client: &Client,
    title: &str,
    registry: Address,
    call: Bytes,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let request = TransactionRequest::default()
        .with_to(registry)
        .with_input(call.clone())
        .with_from(client.caller(title)?);
    let gas = client.provider().estimate_gas(request).await;
    let gas = gas.map_err(|error| client.error(title, error))?;
    let request = (registry, &call, U256::ZERO);
    write(context, client, title, request, gas, outcome).await
}

async fn write(
    context: &Context,
    client: &Client,
    title: &str,
    (to, data, value): (Address, &Bytes, U256),
    gas: u64,
    outcome: &mut Outcome,
) -> Result<(), Error> {
    let Some((_, file)) = context.global.export.wanted()? else {
        return Ok(());
    };
    require_chain_id(client).await?;
    let from = client.caller(title)?;
    // What has no code and has sent something has a key.
    if client.code(from).await?.is_empty() && client.transactions_of(from).await? == 0 {
        context.output.note(&format!(
            "warning: {} has neither code nor transactions on this chain: if it is a contract, it is \
             on another one",
            context.names().long(from)
        ));
    }
    let exported = Exported {
        chain_id: client.chain_id(),
        from,
        to,
        value,
        data: data.clone(),
        gas,
    };
    let format = context.global.export.export_format;
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.map(|now| now.as_millis()).unwrap_or_default();
    exported.write(file, format, title, u64::try_from(now).unwrap_or_default())?;
    outcome.field(
        "exported",
        json!({"file": file, "format": format, "call": exported}),
    );
    outcome.field("executed", false);
    outcome.line(format!("exported   {}: nothing was sent", file.display()));
    outcome.line(format!("from       {from}"));
    outcome.line(format!("to         {to}"));
    outcome.line(format!("value      {value}"));
    outcome.line(format!("calldata   {} bytes", data.len()));
    Ok(())
}
