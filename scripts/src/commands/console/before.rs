//! What would happen if an account did something about an action now, and what its wallet is asked for.
//! Of a contract that approves, such as a Safe, it is the file that its owners load.

use super::super::approve::{require_current, require_part};
use super::super::context::Context;
use super::super::facts::Place;
use super::super::pending::named;
use super::super::shown::shown;
use super::checks::Checked;
use super::documents;
use super::reader::account;
use super::stamp::{Decided, Planned};
use crate::app_error::Error;
use crate::client::{ChainError, Client};
use crate::console::request::PageRequest;
use crate::export::{self, Exported, Format};
use crate::governance::signed::{calldata_digest, current, deadline};
use crate::governance::{
    Approved, Call, Display, DryRun, GovernanceError, GovernedCall, ShownCall, action_of, proposed,
    readiness,
};
use crate::ids::ActionId;
use crate::output::Outcome;
use crate::registry::{Topics, all_logs};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, Bytes, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolEvent};
use serde_json::{Value, json};
use stylus_upgrades_interface::registry::IRegistry as abi;

/// The operation of a contract, and what names it.
const SAFE: &str = "safe";

/// Answers `do=OPERATION&id=ACTION&account=ADDRESS`.
pub(super) async fn run(context: &Context, request: &PageRequest) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let operation = request.value("do");
    let account = account(request.value(match operation {
        SAFE => SAFE,
        _ => "account",
    }))?;
    let client = context.snapshot().await?.acting_as(account);
    let registry = context.verified(&client, unverified).await?;
    let names = context.names();
    let action = named(&client, registry, request.value("id")).await?;
    readiness(&client, registry, action).await?;
    let event = proposed(&client, registry, action).await?;
    let subject = Subject {
        context,
        client: &client,
        registry,
        account,
        action,
    };
    let mut page = Page {
        outcome: Outcome::default(),
        decided: Decided {
            operation: operation.into(),
            account,
            action,
            display: Display::of(&event.call, &names)?,
            sentence: String::new(),
            signers: [Vec::new(), Vec::new()],
            digests: None,
            transaction_digest: None,
            findings: Vec::new(),
            consent: None,
            untried: None,
            plan: None,
        },
    };
    let Page { outcome, decided } = &mut page;
    outcome.field("operation", operation);
    outcome.field("account", account);
    outcome.field("action", action);
    outcome.field("display", &decided.display);
    match operation {
        "approve" => {
            approve(subject, &event.call, &mut page).await?;
        }
        SAFE => {
            let title = approve(subject, &event.call, &mut page).await?;
            builder(subject, &title, &event.call, &mut page)?;
        }
        "sign" => sign(subject, &event.call, &mut page).await?,
        "revoke" => {
            let call = abi::revokeCall { action: action.0 }.abi_encode();
            let sentence = "Sent now, your approval of this action is withdrawn.";
            plain(subject, operation, call.into(), sentence, &mut page).await?;
        }
        "cancel" => {
            let call = abi::cancelCall { action: action.0 }.abi_encode();
            let sentence =
                "Sent now, this action ends: its approvals are void, and nothing comes of it.";
            let tried = plain(subject, operation, call.into(), sentence, &mut page).await;
            let proposer = event.proposer;
            tried.map_err(|error| GovernanceError::not_cancelled(action, proposer, error))?;
        }
        _ => return Err(documents::nothing_there(&request.path)),
    }
    let Page {
        mut outcome,
        decided,
    } = page;
    decided.report(&mut outcome);
    Ok(outcome)
}

/// What is shown, and what of it is decided on.
struct Page {
    outcome: Outcome,
    decided: Decided,
}

impl Page {
    fn sentence(&mut self, sentence: String) {
        self.outcome.field("sentence", &sentence);
        self.decided.sentence = sentence;
    }
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

/// The very bytes that were proposed, sent by the account. Gives what they do, in words.
async fn approve(subject: Subject<'_>, call: &Bytes, page: &mut Page) -> Result<String, Error> {
    let governed = decoded(subject, call).await?;
    let shown = in_words(subject, &governed, page).await?;
    let simulated = governed.simulate(subject.client).await?;
    let what = governed.what();
    let Approved {
        approvals,
        required,
    } = simulated.approved;
    page.sentence(match simulated.executes {
            true => format!(
                "Sent now, your call completes the policy ({approvals}/{required}) and executes at once: {what}."
            ),
            false => format!(
                "Sent now, your call is approval {approvals} of {required} for: {what}. It is not executed yet."
            ),
        });
    page.outcome.field("approvals", approvals);
    page.outcome.field("required", required);
    page.outcome.field("executes", simulated.executes);
    transaction(subject, call, simulated.gas, page);
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
fn builder(subject: Subject<'_>, title: &str, call: &Bytes, page: &mut Page) -> Result<(), Error> {
    let exported = Exported {
        chain_id: subject.client.chain_id(),
        from: subject.account,
        to: subject.registry,
        value: U256::ZERO,
        data: call.clone(),
        gas: 0,
    };
    let text = exported.text(Format::Safe, title, export::now())?;
    page.outcome.field("builder", text);
    Ok(())
}

/// An approval that is given offline.
async fn sign(subject: Subject<'_>, call: &Bytes, page: &mut Page) -> Result<(), Error> {
    let governed = decoded(subject, call).await?;
    require_not_withdrawn(subject).await?;
    let shown = in_words(subject, &governed, page).await?;
    let what = governed.what();
    page.sentence(format!(
            "Signed now, nothing is sent: the signature approves {what}, and counts once somebody submits it."
        ));
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

/// What the calldata in the call do.
async fn in_words(
    subject: Subject<'_>,
    governed: &GovernedCall,
    page: &mut Page,
) -> Result<ShownCall, Error> {
    let place = Place::of(subject.context, subject.client, subject.registry);
    let shown = shown(place, governed).await?;
    page.outcome.field("decoded", &shown.decoded);
    Ok(shown)
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
    if action_of(client, registry, call).await? != action {
        return Err(GovernanceError::NotOpen { action }.into());
    }
    require_part(client, registry, call).await?;
    Ok(governed)
}

/// Another call about the action, tried as the account.
async fn plain(
    subject: Subject<'_>,
    what: &str,
    call: Bytes,
    sentence: &str,
    page: &mut Page,
) -> Result<(), ChainError> {
    let Subject {
        client,
        registry,
        account,
        ..
    } = subject;
    let transaction_request = TransactionRequest::default()
        .with_from(account)
        .with_to(registry)
        .with_input(call.clone());
    let tried = client.provider().call(transaction_request.clone()).await;
    tried.map_err(|error| client.error(what, error))?;
    let gas = client.provider().estimate_gas(transaction_request).await;
    let gas = gas.map_err(|error| client.error(what, error))?;
    page.sentence(sentence.into());
    transaction(subject, &call, gas, page);
    Ok(())
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

/// What the wallet is asked to send.
fn transaction(subject: Subject<'_>, call: &Bytes, gas: u64, page: &mut Page) {
    let transaction = json!({
        "from": subject.account,
        "to": subject.registry,
        "data": call,
        "value": "0x0",
        "gas": format!("{gas:#x}"),
        "chainId": format!("{:#x}", subject.client.chain_id()),
    });
    page.outcome.field("transaction", transaction);
    let digest = calldata_digest(call);
    page.outcome.field("transaction_digest", digest);
    page.decided.transaction_digest = Some(digest);
}

/// What a wallet would sign for the same call, and what its user compares with the device.
async fn digests(subject: Subject<'_>, call: &Bytes, page: &mut Page) -> Result<(), Error> {
    let end = deadline(subject.client).await?;
    let approval = current(subject.client, subject.registry, call, end).await?;
    let digests = approval.digests()?;
    let typed = approval.typed_data()?;
    page.outcome.field("digests", digests);
    page.decided.digests = Some(digests);
    page.outcome.field("typed_data", typed);
    page.outcome.field("approval", &approval);
    Ok(())
}

/// The checks of `approve`, its dry run, and of a migration a plan: it is tried on a copy, now.
async fn check(
    subject: Subject<'_>,
    (governed, shown): (&GovernedCall, &ShownCall),
    dry_run: Option<&DryRun>,
    page: &mut Page,
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
                let planned = (ran.plan.verdict(), ran.warnings.as_slice());
                checked.with_plan(Some(planned));
                page.decided.plan = Some(Planned::of(&ran));
                page.outcome
                    .field("plan", Value::Object(ran.outcome.document));
            }
            false => {
                checked.with_plan(None);
                let why = "another action for the same version was proposed before, and a plan tries that one";
                page.outcome.field("untried", why);
                page.decided.untried = Some(why.into());
            }
        }
    }
    checked.report(&mut page.outcome, &mut page.decided);
    Ok(())
}
