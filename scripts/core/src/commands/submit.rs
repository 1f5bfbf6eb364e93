//! `submit`: offline approvals in one transaction of any account.

use super::approve;
use super::approve::AlreadyExecuted;
use super::spec::{Governs, Group, Spec, no_file, report_type};
use crate::assess::Role;
use crate::context::prelude::*;
use crate::governance::signed::{
    Accepted, ApprovalFile, Digests, accepted, require_here, submission,
};
use crate::governance::{Call, GovernedCall, outcome_of_ended_action};
use crate::options::ReviewArgs;

use crate::pipeline::effects::Governed;
use crate::pipeline::judge::Approver;
use clap::Args;
use std::path::PathBuf;

/// `submit`.
pub(crate) static SPEC: Spec<SubmitArgs> = Spec {
    name: "submit",
    about: "Submit offline approvals in one transaction, with any key",
    group: Group::Approve,
    examples: &[
        "submit ana.json ben.json --account cleo",
        "submit typed.json --signature 0x00 --signer ben --account cleo",
        "submit ben.json --source . --account cleo",
    ],
    writes: no_file,
    governed: Governs::Never,
    reports: || {
        vec![
            report_type::<Governed<Submission<'_>>>(),
            report_type::<AlreadyExecuted>(),
        ]
    },
    run: |context, args| Box::pin(run(context, args)),
};

/// Approvals of one action that others signed.
#[derive(Debug, Args)]
pub(crate) struct SubmitArgs {
    /// Files that `approve --offline` wrote
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// A signature of the typed data by a wallet; one for each --signer
    #[arg(long, value_name = "HEX", requires = "signer")]
    pub signature: Vec<Bytes>,
    /// The signer: the address or alias of a key, or of a contract (ERC-1271)
    #[arg(long, value_name = "ADDRESS", requires = "signature")]
    pub signer: Vec<String>,
    /// Comparisons before the submission.
    #[command(flatten)]
    pub review: ReviewArgs,
}

pub(crate) async fn run(context: &Context, args: &SubmitArgs) -> Result<Outcome> {
    let session = Session::sending(context, "submit").await?;
    let registry = session.registry;
    let mut files = Vec::new();
    for path in &args.files {
        let file = ApprovalFile::read(path)?;
        require_here(registry, &file).await?;
        files.push(file);
    }
    let given = given(context, files, args)?;
    if let Some(ApprovalFile { approval, .. }) = given.first()
        && registry.action_of(&approval.call).await? != approval.action()
        && let Ok(executed) = outcome_of_ended_action(registry, approval.action()).await
    {
        let call = &Call::decode(&approval.call)?;
        approve::require_nothing_asked(context, &args.review, &executed)?;
        return approve::report_executed(session, executed, call, false).await;
    }
    let names = context.names();
    let accepted = accepted(registry, &given, &names).await?;
    let Accepted {
        approval,
        signatures,
        left_out,
    } = &accepted;
    let signers: Vec<Address> = signatures
        .iter()
        .map(|signature| signature.signer)
        .collect();
    let digests = signers.iter().map(|signer| approval.by(*signer).digests());
    let digests = digests.collect::<std::result::Result<Vec<_>, _>>()?;
    if context.global.full {
        let lines = digests.iter().flat_map(Digests::lines);
        lines.for_each(|line| context.note(line));
    }
    context.note(format!("signed by        {}", names.list(&signers)));
    for signer in left_out {
        let name = names.short(*signer);
        context.note(format!(
            "{name} has approved already: that signature is left out"
        ));
    }
    let subject = Submission {
        signers,
        left_out,
        digests,
    };
    let mut governed = GovernedCall::decode(registry.address, approval.call.clone(), U256::ZERO)?;
    governed.submission = Some(submission(&accepted));
    // The signers confirmed when they signed; the sender need not be an approver.
    let approver = Approver {
        review: &args.review,
        account: None,
        role: Role::Approver,
    };
    let effects = approve::check_and_send_as_approver(session, governed, approver).await?;
    Ok(Outcome::of(&Governed { subject, effects }, &names))
}

/// The signers that are submitted.
#[derive(Serialize)]
pub(crate) struct Submission<'a> {
    signers: Vec<Address>,
    /// Signers that have approved already.
    left_out: &'a [Address],
    /// The digests that each of them signed.
    digests: Vec<Digests>,
}

impl CommandReport for Submission<'_> {}

/// The approvals in the files, and the signatures of wallets for the file without a signature, else
/// for the first one.
fn given(
    context: &Context,
    files: Vec<ApprovalFile>,
    args: &SubmitArgs,
) -> Result<Vec<ApprovalFile>> {
    if args.signature.len() != args.signer.len() {
        return Err(Error::Usage {
            message: "the numbers of --signature and --signer differ".into(),
            expected: "as many --signature as --signer, in the same order".into(),
            found: format!("{} and {}", args.signature.len(), args.signer.len()),
            next: "give one --signer for each --signature".into(),
        });
    }
    let mut of_wallets = Vec::new();
    for (signer, signature) in args.signer.iter().zip(&args.signature) {
        of_wallets.push((context.manifest.address(signer)?, signature.clone()));
    }
    // If all files are signed, wallets signed the payload of the first one.
    let position = files.iter().position(|file| file.signature.is_none());
    let position = position.unwrap_or_default();
    let mut all = files;
    if let Some(file) = all
        .get(position)
        .cloned()
        .filter(|_| !of_wallets.is_empty())
    {
        let of_wallets = of_wallets
            .into_iter()
            .map(|(signer, signature)| ApprovalFile {
                approval: file.approval.by(signer),
                signature: Some(signature),
                ..file.clone()
            });
        let replaced = position..position + usize::from(file.signature.is_none());
        let of_wallets: Vec<_> = of_wallets.collect();
        all.splice(replaced, of_wallets);
    }
    Ok(all)
}
