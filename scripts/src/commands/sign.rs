//! `sign`: an approval that is given offline, after the same checks as `approve`.

use super::approve::{check_as_approver, executed_by};
use super::args::SignArgs;
use super::calldata::decoded;
use super::context::Context;
use super::facts::Place;
use super::pending::named;
use super::propose::report_dry_run;
use super::storage;
use crate::app_error::Error;
use crate::assess::FindingId;
use crate::client::Client;
use crate::functions::DecodedCall;
use crate::governance::signed::{self, Approval, ApprovalFile, SignedError, current, require_here};
use crate::governance::{BuildFacts, GovernanceError, GovernedCall, Names, instead, proposed};
use crate::ids::ActionId;
use crate::output::Outcome;
use crate::own_file;
use crate::progress::Progress;
use crate::text::utc;
use alloy::primitives::{Address, Bytes, U256};
use alloy::signers::SignerSync;
use serde::Deserialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// What is to be signed.
pub(super) enum Subject {
    /// What somebody else signed: all of it is taken over.
    Approval(ApprovalFile),
    /// The calldata of a governed call.
    Call(Bytes),
    /// An action by its id, and its calldata.
    Action(ActionId, Bytes),
}

pub(super) async fn run(context: &Context, args: &SignArgs) -> Result<Outcome, Error> {
    let unverified = context.registry()?;
    let signer = context.global.key.signer(&context.output)?;
    let client = context.reader().await?;
    let registry = context.verified(&client, unverified).await?;
    let approval = approval(Place::of(context, &client, registry), args).await?;
    let (names, value) = (context.names(), U256::ZERO);
    let call = approval.call.clone();
    let mut governed = GovernedCall::decode(&client, registry, call, value, &names).await?;
    governed.allow_failing = context.accepted().contains(&FindingId::WOULD_FAIL);
    for line in governed.lines() {
        context.output.note(&line);
    }
    let decoded = decoded(Place::of(context, &client, registry), &governed.call).await?;
    for line in decoded.iter().flat_map(DecodedCall::lines) {
        context.output.note(&format!("  {line}"));
    }
    let builds = context.builds(&governed.call, |why| context.output.note(&why))?;
    for line in builds.iter().flat_map(BuildFacts::lines) {
        context.output.note(&format!("  {line}"));
    }
    let digests = approval.digests().map_err(GovernanceError::from)?;
    let mut outcome = Outcome::default();
    // Without a key nobody knows who signs what is written.
    let place = Place::of(context, &client, registry);
    let said = (&args.review, signer.as_ref().map(|signer| signer.address()));
    let checks = check_as_approver(place, &governed.call, said).await?;
    storage::report(&mut outcome, &checks);
    if let (Some(signer), None) = (&signer, &args.typed_data) {
        let client = client.with_signer(signer.clone());
        let simulated = governed.simulate(&client).await?;
        governed.require_success(simulated.dry_run.as_ref())?;
        report_dry_run(context, &governed, simulated.dry_run.as_ref(), &mut outcome);
        outcome.line(match simulated.executes {
            true => "alone it completes the policy".into(),
            false => format!("with it {}/{}", simulated.approvals, simulated.required),
        });
    }
    let (path, signed) = match (&args.typed_data, signer) {
        (Some(path), _) => (path.clone(), None),
        (None, None) => return Err(no_key()),
        (None, Some(signer)) => {
            let signature = signer.sign_hash_sync(&digests.eip712).map_err(|error| {
                GovernanceError::from(SignedError::Untyped {
                    reason: error.to_string(),
                })
            })?;
            let bytes = Bytes::from(signature.as_bytes());
            let path = args.out.clone();
            let path = path.unwrap_or_else(|| default_path(&approval, signer.address()));
            (path, Some((signer.address(), bytes)))
        }
    };
    let (approval_action, deadline) = (approval.action(), approval.deadline);
    let file = ApprovalFile {
        path,
        approval,
        signed,
    };
    file.write().map_err(GovernanceError::from)?;
    outcome.field("action", approval_action);
    outcome.field("display", &governed.display);
    outcome.field("facts", &governed.facts);
    outcome.field("decoded", &decoded);
    outcome.field("builds", builds);
    outcome.field("digests", digests);
    outcome.field("deadline", deadline);
    outcome.field("file", &file.path);
    outcome.field("executed", false);
    outcome.line(format!("action     {approval_action}"));
    for line in digests.lines() {
        outcome.line(line);
    }
    outcome.line(format!("holds until {}", utc(deadline)));
    match &file.signed {
        Some((signer, _)) => {
            outcome.field("signer", signer);
            outcome.line(format!("signed by  {}", names.long(*signer)));
            outcome.line(format!("next: stylus-upgrades submit {}, with the files of the others", file.path.display()));
        }
        None => outcome.line(format!(
            "next: have a wallet sign {}, then stylus-upgrades submit it with --signature 0x… --signer ADDRESS",
            file.path.display()
        )),
    }
    Ok(outcome)
}

/// What is signed: as another's file says, or the action that the call would approve now.
async fn approval(place: Place<'_>, args: &SignArgs) -> Result<Approval, Error> {
    let (context, client, registry) = place.parts();
    let (call, given, named) = match subject(place, &args.subject).await? {
        Subject::Call(call) => (call, None, None),
        Subject::Action(action, call) => (call, None, Some(action)),
        Subject::Approval(file) => (file.approval.call.clone(), Some(file), None),
    };
    let of_file = given.as_ref().map(|file| file.approval.deadline);
    let deadline = match args.deadline.or(of_file) {
        Some(deadline) => deadline,
        None => signed::deadline(client).await?,
    };
    if let Some(mut file) = given.clone() {
        file.approval.deadline = deadline;
        require_here(client, registry, &file).await?;
    }
    let approval = current(client, registry, &call, deadline).await?;
    if let Some(action) = named.filter(|named| *named != approval.action()) {
        let names = context.names();
        return Err(ended(client, registry, action, &names).await);
    }
    if let Some(file) = given {
        let (expected, found) = (approval.action(), file.approval.action());
        if expected != found {
            let outdated = SignedError::Outdated { expected, found };
            return Err(GovernanceError::from(outdated).into());
        }
    }
    let here = ApprovalFile {
        path: args.subject.clone().into(),
        approval: approval.clone(),
        signed: None,
    };
    require_here(client, registry, &here).await?;
    Ok(approval)
}

/// What was named: a file, calldata, or an action.
async fn subject(place: Place<'_>, text: &str) -> Result<Subject, Error> {
    let (context, client, registry) = place.parts();
    let path = Path::new(text);
    if path.is_file() {
        return read(path, (client.chain_id(), registry));
    }
    if text.len() > 66
        && let Ok(call) = text.parse()
    {
        return Ok(Subject::Call(call));
    }
    let digits = text.strip_prefix("0x").unwrap_or(text);
    if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return Err(Error::Usage {
            message: format!("there is no file {text}, and it is no action's id"),
            expected: "an open action, calldata of a governed call, or a file with them".into(),
            found: "no such file".into(),
            next: "give the path of the file; stylus-upgrades pending lists what is open".into(),
        });
    }
    let action = named(client, registry, text, &context.names()).await?;
    let call = proposed(client, registry, action).await?.call;
    Ok(Subject::Action(action, call))
}

/// Why an action is not signed that is not open any more: a signature would be of the same call, as it
/// would be proposed anew.
async fn ended(client: &Client, registry: Address, action: ActionId, names: &Names) -> Error {
    let not_open = GovernanceError::NotOpen { action };
    match instead(client, registry, action, not_open).await {
        Ok(submitted) => {
            let by = executed_by(&submitted, names);
            let found = "nothing was signed".into();
            GovernanceError::Executed { action, by, found }.into()
        }
        Err(error) => error.into(),
    }
}

/// A file of `sign`, or one that --export wrote for that chain and registry.
pub(super) fn read(path: &Path, here: (u64, Address)) -> Result<Subject, Error> {
    let text = own_file::read(path).map_err(SignedError::from);
    let text = text.map_err(GovernanceError::from)?.unwrap_or_default();
    if let Ok(call) = text.trim().parse::<Bytes>() {
        return Ok(Subject::Call(call));
    }
    let exported: Option<Value> = serde_json::from_str(&text).ok();
    let has = |name| exported.as_ref().is_some_and(|one| one.get(name).is_some());
    if has("transactions") {
        return Err(Error::Usage {
            message: format!("{} is a Safe batch", path.display()),
            expected: "a file of sign, or one that --export wrote as json or text".into(),
            found: "transactions of a Safe".into(),
            next: "this is a Safe batch: export it with --export-format json".into(),
        });
    }
    if has("data") && !has("approval") {
        let call = exported_call(path, &text, here).map_err(GovernanceError::from)?;
        return Ok(Subject::Call(call));
    }
    let file = ApprovalFile::read(path).map_err(GovernanceError::from)?;
    Ok(Subject::Approval(file))
}

/// The members of a file that --export wrote as JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct ExportedCall {
    chain_id: u64,
    #[serde(rename = "from")]
    _from: Address,
    to: Address,
    value: String,
    data: Bytes,
    #[serde(rename = "gas")]
    _gas: u64,
}

/// The calldata of such a file. What a signature does not bind is refused, and so is a call of another
/// chain or account.
fn exported_call(
    path: &Path,
    text: &str,
    (chain_id, registry): (u64, Address),
) -> Result<Bytes, SignedError> {
    let path = path.to_owned();
    let call: ExportedCall = match serde_json::from_str(text) {
        Ok(call) => call,
        Err(error) => {
            let reason = error.to_string();
            return Err(SignedError::Malformed { path, reason });
        }
    };
    if call.chain_id != chain_id {
        let (expected, found) = (chain_id, call.chain_id);
        return Err(SignedError::OtherChain {
            path,
            expected,
            found,
        });
    }
    if call.to != registry {
        let (expected, found) = (registry, call.to);
        return Err(SignedError::OtherRegistry {
            path,
            expected,
            found,
        });
    }
    if call.value.parse() != Ok(U256::ZERO) {
        let reason = format!(
            "{} wei go along with it, which no signature says",
            call.value
        );
        return Err(SignedError::Malformed { path, reason });
    }
    Ok(call.data)
}

/// A name that tells files of several signers and actions apart.
fn default_path(approval: &Approval, signer: Address) -> PathBuf {
    let (action, signer) = (approval.action().to_string(), format!("{signer:#x}"));
    format!("approval-{:.8}-{:.8}.json", &action[2..], &signer[2..]).into()
}

fn no_key() -> Error {
    Error::Usage {
        message: "nobody to sign".into(),
        expected: "a key (--private-key-path, --keystore, …), or --typed-data FILE for a wallet"
            .into(),
        found: "neither".into(),
        next: "give one of them".into(),
    }
}
