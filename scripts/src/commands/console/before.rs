//! What would happen if an account did something about an action now, and what its wallet is asked for.
//! Of a contract that approves, such as a Safe, it is the file that its owners load.

use super::super::approver::{require_current, require_part};
use super::super::context::Context;
use super::super::facts::Place;
use super::super::pending::named;
use super::super::shown::shown;
use super::checks::Checked;
use super::documents;
use super::reader::account;
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::console::decision::{Before, Decision, Planned};
use crate::console::request::PageRequest;
use crate::export::{self, Exported, Format};
use crate::governance::signed::{calldata_digest, current, deadline};
use crate::governance::{
    Call, Display, DryRun, GovernanceError, GovernedCall, ShownCall, proposed, readiness,
};
use crate::ids::ActionId;
use crate::registry::{Topics, all_logs};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::{TransactionInput, TransactionRequest};
use alloy::sol_types::{SolCall, SolEvent};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The operation of a contract, and what names it.
const SAFE: &str = "safe";

/// Answers `do=OPERATION&id=ACTION&account=ADDRESS`.
pub(super) async fn run(context: &Context, request: &PageRequest) -> Result<Before, Error> {
    let operation = request.value("do");
    let account = account(request.value(match operation {
        SAFE => SAFE,
        _ => "account",
    }))?;
    let (client, registry) = context.verified_snapshot().await?;
    let client = client.acting_as(account);
    let names = context.names();
    let action = named(&client, registry, request.value("id")).await?;
    let open = readiness(&client, registry, action).await?;
    let open = open.ok_or_else(|| GovernanceError::not_open(action))?;
    let event = proposed(&client, registry, action).await?;
    let subject = Subject {
        context,
        client: &client,
        registry,
        account,
        action,
    };
    let mut page = Before::of(Decision {
        operation: operation.into(),
        account,
        action,
        display: Display::of(&event.call, &names)?,
        policy_change: None,
        sentence: String::new(),
        signers: Vec::new(),
        left_out: Vec::new(),
        digests: None,
        transaction_digest: None,
        callers: Vec::new(),
        findings: Vec::new(),
        consent: None,
        untried: None,
        planned: None,
    });
    match operation {
        "approve" => {
            approve(subject, &event.call, &mut page).await?;
        }
        SAFE => {
            let title = approve(subject, &event.call, &mut page).await?;
            page.builder = Some(builder(subject, &title, &event.call)?);
        }
        "sign" => sign(subject, &event.call, &mut page).await?,
        "revoke" => {
            known(subject, &event.call, &mut page).await?;
            let call = abi::revokeCall { action: action.0 }.abi_encode();
            plain(subject, call.into(), &mut page).await?;
            page.decision.sentence = match open.approved.contains(&account) {
                true => "Sent now, your approval of this action is withdrawn.",
                false => {
                    "Sent now, you refuse this action: everybody sees it, and no signature of yours counts for it any \
                     more. It stays open for the others; a transaction with which you approve it still counts."
                }
            }
            .into();
        }
        "cancel" => {
            known(subject, &event.call, &mut page).await?;
            let call = abi::cancelCall { action: action.0 }.abi_encode();
            let tried = plain(subject, call.into(), &mut page).await;
            let proposer = event.proposer;
            tried.map_err(|error| GovernanceError::not_cancelled(action, proposer, error))?;
            page.decision.sentence =
                "Sent now, this action ends: its approvals are void, and nothing comes of it."
                    .into();
        }
        _ => return Err(documents::nothing_there(&request.path)),
    }
    Ok(page.stamped())
}

/// Who would do something, and about what.
#[derive(Clone, Copy)]
struct Subject<'a> {
    context: &'a Context,
    /// Asks as the account.
    client: &'a Client,
    registry: Address,
    account: Address,
    action: ActionId,
}

impl<'a> Subject<'a> {
    fn place(self) -> Place<'a> {
        Place::of(self.context, self.client, self.registry)
    }
}

/// What the action does, in words, where something else is done about it.
async fn known(subject: Subject<'_>, call: &Bytes, page: &mut Before) -> Result<(), Error> {
    let governed = GovernedCall::decode(subject.registry, call.clone(), U256::ZERO)?;
    page.take(&shown(subject.place(), &governed).await?);
    Ok(())
}

/// The very bytes that were proposed, sent by the account. Gives what they do, in words.
async fn approve(subject: Subject<'_>, call: &Bytes, page: &mut Before) -> Result<String, Error> {
    let governed = decoded(subject, call).await?;
    let shown = shown(subject.place(), &governed).await?;
    page.take(&shown);
    let simulated = governed.simulate(subject.client).await?;
    let (what, approved) = (governed.what(), simulated.approved);
    page.decision.sentence = match simulated.executes {
        true => format!(
            "Sent now, your call completes the policy ({approved}) and executes at once: {what}."
        ),
        false => format!(
            "Sent now, your call is approval {} of {} for: {what}. It is not executed yet.",
            approved.approvals, approved.required
        ),
    };
    page.progress = Some(simulated.clone());
    sends(subject, call, simulated.gas, page)?;
    digests(subject, call, page).await?;
    check(
        subject,
        (&governed, &shown),
        simulated.dry_run.as_ref(),
        page,
    )
    .await?;
    Ok(what)
}

/// The file for Safe's Transaction Builder, as `approve --as SAFE --export FILE` writes it.
fn builder(subject: Subject<'_>, title: &str, call: &Bytes) -> Result<String, Error> {
    let exported = Exported {
        chain_id: subject.client.chain_id(),
        from: subject.account,
        to: subject.registry,
        value: U256::ZERO,
        data: call.clone(),
        gas: 0,
    };
    Ok(exported.text(Format::Safe, title, export::now())?)
}

/// An approval that is given offline.
async fn sign(subject: Subject<'_>, call: &Bytes, page: &mut Before) -> Result<(), Error> {
    let governed = decoded(subject, call).await?;
    require_not_withdrawn(subject).await?;
    let shown = shown(subject.place(), &governed).await?;
    page.take(&shown);
    let what = governed.what();
    page.decision.sentence = format!(
        "Signed now, nothing is sent: the signature approves {what}, and counts once somebody submits it."
    );
    digests(subject, call, page).await?;
    let simulated = governed.simulate(subject.client).await?;
    check(
        subject,
        (&governed, &shown),
        simulated.dry_run.as_ref(),
        page,
    )
    .await
}

/// Refuses a signature of who withdrew an approval: the registry takes none of him for that action.
async fn require_not_withdrawn(subject: Subject<'_>) -> Result<(), Error> {
    let Subject {
        client,
        registry,
        account,
        action,
        ..
    } = subject;
    let topics: Topics<'_> = [&[abi::Revoked::SIGNATURE_HASH], &[], &[action.0]];
    let logs = all_logs(client, registry, topics).await?;
    let decoded = logs
        .iter()
        .filter_map(|log| log.log_decode::<abi::Revoked>().ok());
    let mut withdrawn = decoded.map(|log| log.inner.data.approver);
    match withdrawn.any(|who| who == account) {
        false => Ok(()),
        true => Err(Error::Usage {
            message: format!("{account} has withdrawn its approval of this action"),
            expected: "an account that has not: the registry takes no signature of one that has"
                .into(),
            found: "a withdrawal".into(),
            next: "approve with a transaction".into(),
        }),
    }
}

/// The call, if the action is still what was proposed and the account has a part in it.
async fn decoded(subject: Subject<'_>, call: &Bytes) -> Result<GovernedCall, Error> {
    let Subject {
        client,
        registry,
        action,
        ..
    } = subject;
    let governed = GovernedCall::decode(registry, call.clone(), U256::ZERO)?;
    require_current(client, registry, &governed.call).await?;
    if client.registry(registry).action_of(call).await? != action {
        return Err(GovernanceError::not_open(action).into());
    }
    require_part(client, registry, call).await?;
    Ok(governed)
}

/// Another call about the action, tried as the account.
async fn plain(subject: Subject<'_>, call: Bytes, page: &mut Before) -> Result<(), ChainError> {
    let (client, what) = (subject.client, page.decision.operation.clone());
    let request = TransactionRequest::default()
        .with_from(subject.account)
        .with_to(subject.registry)
        .with_input(call.clone());
    let tried = client.provider().call(request.clone()).await;
    tried.map_err(|error| client.error(&what, error))?;
    let gas = client.provider().estimate_gas(request).await;
    let gas = gas.map_err(|error| client.error(&what, error))?;
    sends(subject, &call, gas, page)
}

/// Whether the registry lets an account cancel the action: it is asked.
pub(super) async fn may_cancel(
    context: &Context,
    account: Address,
    action: ActionId,
) -> Result<bool, Error> {
    let client = context.reader().await?;
    let registry = context.verified(&client, context.registry()?).await?;
    let call = abi::cancelCall { action: action.0 }.abi_encode();
    let request = TransactionRequest::default()
        .with_from(account)
        .with_to(registry)
        .with_input(call);
    let tried = client.provider().call(request).await;
    match tried.map_err(|error| client.error("cancel", error)) {
        Ok(_) => Ok(true),
        Err(error) if error.revert().is_some() => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Whether an account has code, or a delegation to code.
pub(super) async fn has_code(context: &Context, account: Address) -> Result<bool, Error> {
    let client = context.reader().await?;
    let code = client.provider().get_code_at(account).await;
    let code = code.map_err(|error| client.error("eth_getCode", error))?;
    Ok(!code.is_empty())
}

/// What the wallet is asked to send, and its digest.
fn sends(
    subject: Subject<'_>,
    call: &Bytes,
    gas: u64,
    page: &mut Before,
) -> Result<(), ChainError> {
    page.transaction = Some(transaction(subject.client, subject.registry, call, gas)?);
    page.decision.transaction_digest = Some(calldata_digest(call));
    Ok(())
}

/// A transaction to the registry, as a wallet takes it: of the account that the client acts as.
pub(super) fn transaction(
    client: &Client,
    registry: Address,
    call: &Bytes,
    gas: u64,
) -> Result<TransactionRequest, ChainError> {
    let request = TransactionRequest::default()
        .with_from(client.caller("send")?)
        .with_to(registry)
        .with_value(U256::ZERO)
        .with_gas_limit(gas)
        .with_chain_id(client.chain_id());
    Ok(TransactionRequest {
        input: TransactionInput {
            data: Some(call.clone()),
            input: None,
        },
        ..request
    })
}

/// What a wallet would sign for the same call, and what its user compares with the device.
async fn digests(subject: Subject<'_>, call: &Bytes, page: &mut Before) -> Result<(), Error> {
    let end = deadline(subject.client).await?;
    let approval = current(subject.client, subject.registry, call, end).await?;
    let digests = approval.digests()?;
    page.decision.digests = Some(digests);
    page.typed_data = Some(approval.typed_data()?);
    page.approval = Some(approval);
    Ok(())
}

/// The checks of `approve`, its dry run, and of a migration a plan: it is tried on a copy, now.
async fn check(
    subject: Subject<'_>,
    (governed, shown): (&GovernedCall, &ShownCall),
    dry_run: Option<&DryRun>,
    page: &mut Before,
) -> Result<(), Error> {
    let Subject {
        context,
        client,
        registry,
        account,
        action,
    } = subject;
    let mut checked = Checked::new(
        context,
        client,
        (registry, action),
        (governed, shown),
        Some(account),
    )
    .await?;
    checked.with_dry_run(governed, dry_run);
    if let Call::Migrate(migrate) = &governed.call {
        let (name, version, id) = (&migrate.name, &migrate.version, action.to_string());
        let ran = documents::plan(context, name, version, Some(&id), None).await?;
        match ran.plan.call == governed.bytes {
            true => {
                let planned = (ran.trial, ran.warnings.as_slice());
                checked.with_plan(Some(planned));
                let planned = Planned::of(&ran.plan, &ran.checks, &ran.warnings);
                page.decision.planned = Some(planned);
                let (document, tried) = documents::tried(ran, false);
                (page.plan, page.tried) = (Some(document), Some(tried));
            }
            false => {
                checked.with_plan(None);
                let why = "another action for the same version was proposed before, and a plan tries that one";
                page.decision.untried = Some(why.into());
            }
        }
    }
    checked.report(&mut page.decision);
    Ok(())
}
