//! `approve --offline`: an approval that is signed into a file, after the same checks as `approve`.

use crate::assess::{FindingKind, Role};
use crate::client::ChainError;
use crate::context::prelude::*;
use crate::export::Exported;
use crate::governance::signed::{
    self, Approval, ApprovalFile, Digests, current, malformed, outdated, require_here,
    require_place, untyped,
};
use crate::governance::{GovernedCall, ShownCall, SimulatedCall, SimulationReport};
use crate::ids::ActionId;
use crate::options::ReviewArgs;
use crate::own_file;
use crate::pipeline::action::{proposal_event, resolve_action, why_ended};
use crate::pipeline::approver::require_current;
use crate::pipeline::checked::Checks;
use crate::pipeline::judge::{Approver, judge_as_approver};
use crate::pipeline::shown::show;
use crate::pipeline::simulate::simulate;
use crate::text::{shell_word, utc};
use alloy::signers::SignerSync;
use clap::Args;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// An approval that is signed into a file.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Offline")]
pub(crate) struct OfflineArgs {
    /// Sign into a file and send nothing; the chain is read. For a key on a machine without network use --typed-data
    #[arg(long)]
    pub offline: bool,
    /// The file that is written [default: named after action and signer]
    #[arg(long, value_name = "FILE", requires = "offline")]
    pub out: Option<PathBuf>,
    /// Sign nothing: write the EIP-712 typed data for a wallet
    #[arg(
        long,
        value_name = "FILE",
        requires = "offline",
        conflicts_with = "out"
    )]
    pub typed_data: Option<PathBuf>,
    /// Whose approval it is, an address or an alias: the wallet of --typed-data, or a contract (ERC-1271) [default: the
    /// account of the key]
    #[arg(long, value_name = "ADDRESS", requires = "offline")]
    pub approver: Option<String>,
    /// Expiry of the signature in Unix seconds, at most a year ahead; all signatures of one submission have the
    /// same [default: that of the file, else 30 days, up to the end of the day in UTC]
    #[arg(long, value_name = "SECONDS", requires = "offline")]
    pub deadline: Option<u64>,
    /// Sign for the same call once it was cancelled N more times: the answer to a proposer who cancels again and again
    #[arg(long, value_name = "N", requires = "offline", default_value_t = 0)]
    pub after_cancels: u8,
}

/// The subject of a signature.
pub(crate) enum Subject {
    /// An approval that another account signed: all of it is taken over.
    Approval(ApprovalFile),
    /// The calldata of a governed call.
    Call(Bytes),
    /// An action by its id, and its calldata.
    Action(ActionId, Bytes),
}

/// Signs an approval of what `text` names into a file.
pub(crate) async fn run(
    context: &Context,
    text: &str,
    review: &ReviewArgs,
    args: &OfflineArgs,
) -> Result<Outcome> {
    let unverified = context.registry()?;
    let signer = context.global.key.signer(&context.output)?;
    let client = context.reader().await?;
    let registry = context.verified(&client, unverified).await?;
    let session = Session { context, registry };
    let approver = approver(
        context,
        signer.as_ref().map(|signer| signer.address()),
        args,
    )?;
    let approval = approval(session, text, args, approver).await?;
    let mut governed = GovernedCall::decode(registry.address, approval.call.clone(), U256::ZERO)?;
    require_current(registry, &governed.call).await?;
    governed.allow_failing = context.accepted().contains(&FindingKind::WouldFail.id());
    let shown = show(session, &governed).await?;
    let digests = approval.digests()?;
    let approver = Approver {
        review,
        account: Some(approver),
        role: Role::Approver,
    };
    let cleared = judge_as_approver(session, &governed, approver).await?;
    let simulated = match (&signer, &args.typed_data) {
        (Some(signer), None) => {
            let client = client.with_signer(signer.clone());
            Some(simulate(context, &client, &governed).await?)
        }
        _ => None,
    };
    let (path, signature) = match (&args.typed_data, signer) {
        (Some(path), _) => (path.clone(), None),
        (None, None) => return Err(no_key()),
        (None, Some(signer)) => {
            let signature = signer.sign_hash_sync(&digests.eip712);
            let signature = signature.map_err(|error| untyped(&error.to_string()))?;
            let bytes = Bytes::from(signature.as_bytes());
            let path = args.out.clone();
            let path = path.unwrap_or_else(|| default_path(&approval));
            (path, Some(bytes))
        }
    };
    let file = ApprovalFile {
        path,
        approval,
        signature,
    };
    file.write()?;
    let (simulated, report) = simulated.map(|one| (one.simulated, one.report)).unzip();
    let report = SignedOffline {
        action: file.approval.action(),
        deadline: file.approval.deadline,
        signer: file.signature.map(|_| file.approval.approver),
        file: file.path,
        shown,
        checks: Checks::of(&cleared.checks),
        digests,
        executed: false,
        report: report.unwrap_or_default(),
        simulated,
    };
    Ok(context.outcome(&report))
}

/// The report of `approve --offline`.
#[derive(Serialize)]
pub(crate) struct SignedOffline {
    action: ActionId,
    #[serde(flatten)]
    shown: ShownCall,
    #[serde(flatten)]
    report: SimulationReport,
    #[serde(flatten)]
    checks: Checks,
    digests: Digests,
    deadline: u64,
    file: PathBuf,
    executed: bool,
    /// The signer; `None` if a wallet is to sign.
    #[serde(skip_serializing_if = "Option::is_none")]
    signer: Option<Address>,
    #[serde(skip)]
    simulated: Option<SimulatedCall>,
}

impl CommandReport for SignedOffline {
    fn lines(&self, names: &Names) -> Vec<String> {
        let mut lines = self.checks.lines();
        if let Some(SimulatedCall {
            approved, executes, ..
        }) = &self.simulated
        {
            lines.push(if *executes {
                "this signature alone satisfies the policy".into()
            } else {
                format!("with this signature: {approved}")
            });
        }
        lines.push(format!("action     {}", self.action));
        lines.extend(self.digests.lines());
        lines.push(format!("holds until {}", utc(self.deadline)));
        let file = shell_word(&self.file.display().to_string());
        match self.signer {
            Some(signer) => lines.extend([
                format!("signed by  {}", names.long(signer)),
                format!("next: stylus-upgrades submit {file}, with the files of the others"),
            ]),
            None => lines.push(format!(
                "next: have a wallet sign {file}, then stylus-upgrades submit it with --signature 0x… --signer ADDRESS"
            )),
        }
        lines
    }
}

/// Returns the approver: that of `--approver`, else of the key.
fn approver(context: &Context, key: Option<Address>, args: &OfflineArgs) -> Result<Address> {
    if let Some(named) = &args.approver {
        return Ok(context.manifest.address(named)?);
    }
    if key.is_none() && args.typed_data.is_none() {
        return Err(no_key());
    }
    key.ok_or_else(|| Error::Usage {
        message: "whose approval it is has to be known: the signature names its approver".into(),
        expected: "--approver ADDRESS, or a key".into(),
        found: "neither".into(),
        next: "give --approver with the address or alias of the wallet".into(),
    })
}

/// Returns the approval to sign: that of another file, or that of the action that the call would approve now.
async fn approval(
    session: Session<'_>,
    text: &str,
    args: &OfflineArgs,
    approver: Address,
) -> Result<Approval> {
    let registry = session.registry;
    let (call, given, named) = match subject(session, text).await? {
        Subject::Call(call) => (call, None, None),
        Subject::Action(action, call) => (call, None, Some(action)),
        Subject::Approval(file) => (file.approval.call.clone(), Some(file), None),
    };
    let of_file = given.as_ref().map(|file| file.approval.deadline);
    let deadline = match args.deadline.or(of_file) {
        Some(deadline) => deadline,
        None => signed::deadline(registry.client).await?,
    };
    if let Some(mut file) = given.clone() {
        file.approval.deadline = deadline;
        require_here(registry, &file).await?;
    }
    let mut approval = current(registry, &call, deadline, approver).await?;
    if let Some(action) = named.filter(|named| *named != approval.action()) {
        // A signature would be for a new proposal of the same call.
        return Err(why_ended(session, action, "nothing was signed").await);
    }
    approval.round = approval.round.saturating_add(args.after_cancels.into());
    if let Some(file) = given {
        let expected = approval.action();
        if expected != file.approval.action() {
            return Err(outdated(&file.approval, expected).into());
        }
    }
    let here = ApprovalFile {
        path: text.into(),
        approval: approval.clone(),
        signature: None,
    };
    require_here(registry, &here).await?;
    Ok(approval)
}

/// Returns the subject that the argument names: a file, calldata, or an action.
async fn subject(session: Session<'_>, text: &str) -> Result<Subject> {
    let registry = session.registry;
    let path = Path::new(text);
    if path.is_file() {
        return read(path, (registry.client.chain_id(), registry.address));
    }
    if text.len() > 66
        && let Ok(call) = text.parse::<Bytes>()
    {
        return Ok(Subject::Call(call));
    }
    let action = resolve_action(session, text).await?;
    let call = proposal_event(session, action).await?.call;
    Ok(Subject::Action(action, call))
}

/// A file of `approve --offline`, or one that --export wrote for that chain and registry.
pub(crate) fn read(path: &Path, here: (u64, Address)) -> Result<Subject> {
    let text = own_file::read(path)?;
    let text = text.unwrap_or_default();
    if let Ok(call) = text.trim().parse::<Bytes>() {
        return Ok(Subject::Call(call));
    }
    let exported: Option<Value> = serde_json::from_str(&text).ok();
    let has = |name| exported.as_ref().is_some_and(|one| one.get(name).is_some());
    if has("data") && !has("approval") {
        let call = exported_call(path, &text, here)?;
        return Ok(Subject::Call(call));
    }
    let file = ApprovalFile::read(path)?;
    Ok(Subject::Approval(file))
}

/// The calldata of a file that --export wrote as JSON. Refuses what a signature does not cover, and a call for another
/// chain or account.
fn exported_call(path: &Path, text: &str, here: (u64, Address)) -> Result<Bytes, ChainError> {
    let call: Exported =
        serde_json::from_str(text).map_err(|error| malformed(path, &error.to_string()))?;
    require_place(path, here, (call.chain_id, call.to))?;
    if call.value.is_zero() {
        Ok(call.data)
    } else {
        let value = call.value;
        let reason = format!("the call sends {value} wei, which an offline signature cannot cover");
        Err(malformed(path, &reason))
    }
}

/// A name that is different for each signer and action.
fn default_path(approval: &Approval) -> PathBuf {
    let signer = format!("{:#x}", approval.approver);
    let action = approval.action().to_string();
    format!("approval-{:.8}-{:.8}.json", &action[2..], &signer[2..]).into()
}

fn no_key() -> Error {
    Error::Usage {
        message: "no key is given that signs without its endpoint".into(),
        expected: "a key (--private-key-path, --keystore, …), or --typed-data FILE for a wallet"
            .into(),
        found: "neither; an --unlocked account signs only what it sends".into(),
        next: "give one of them".into(),
    }
}
