//! `submit`: approvals that others signed, in one transaction of anybody.

use super::approve;
use super::args::SubmitArgs;
use super::context::Context;
use super::facts::Place;
use crate::app_error::Error;
use crate::governance::GovernedCall;
use crate::governance::signed::{
    Accepted, ApprovalFile, Digests, accepted, require_here, submission,
};
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::primitives::{Address, U256};
use serde::Serialize;

pub(super) async fn run(context: &Context, args: &SubmitArgs) -> Result<Outcome, Error> {
    let (client, registry) = context.verified_working("submit").await?;
    let mut files = Vec::new();
    for path in &args.files {
        let file = ApprovalFile::read(path)?;
        require_here(&client, registry, &file).await?;
        files.push(file);
    }
    let given = given(context, files, args)?;
    let names = context.names();
    let accepted = accepted(&client, registry, &given, &names).await?;
    let digests = accepted.approval.digests()?;
    for line in digests.lines() {
        context.output.note(&line);
    }
    let Accepted {
        approval,
        signatures,
        left_out,
    } = &accepted;
    let signers: Vec<Address> = signatures.iter().map(|one| one.signer).collect();
    context
        .output
        .note(&format!("signed by        {}", names.list(&signers)));
    for signer in left_out {
        let name = names.short(*signer);
        let line = format!("{name} has approved already: that signature is left out");
        context.output.note(&line);
    }
    let mut outcome = Outcome::default();
    outcome.fields(&Submission {
        signers,
        left_out,
        digests,
    });
    let mut governed = GovernedCall::decode(registry, approval.call.clone(), U256::ZERO)?;
    governed.submission = Some(submission(&accepted));
    let place = Place::of(context, &client, registry);
    // Those who signed were asked then; whoever sends it need be no approver.
    approve::send(place, governed, (&args.review, None), outcome).await
}

/// What is submitted.
#[derive(Serialize)]
struct Submission<'a> {
    signers: Vec<Address>,
    /// Who signed and has approved already.
    left_out: &'a [Address],
    digests: Digests,
}

/// The approvals that the files hold, and those that wallets made of the file without a signature,
/// or of the first one.
fn given(
    context: &Context,
    files: Vec<ApprovalFile>,
    args: &SubmitArgs,
) -> Result<Vec<ApprovalFile>, Error> {
    if args.signature.len() != args.signer.len() {
        return Err(Error::Usage {
            message: "a signature without its signer, or the other way round".into(),
            expected: "as many --signature as --signer, in the same order".into(),
            found: format!("{} and {}", args.signature.len(), args.signer.len()),
            next: "give one --signer for each --signature".into(),
        });
    }
    let mut of_wallets = Vec::new();
    for (signer, signature) in args.signer.iter().zip(&args.signature) {
        of_wallets.push((context.manifest.address(signer)?, signature.clone()));
    }
    // Without one that is not signed, wallets signed what the first one says.
    let place = files.iter().position(|file| file.signed.is_none());
    let place = place.unwrap_or_default();
    let mut all = files;
    if let Some(file) = all.get(place).cloned().filter(|_| !of_wallets.is_empty()) {
        let of_wallets = of_wallets.into_iter().map(|signed| ApprovalFile {
            signed: Some(signed),
            ..file.clone()
        });
        let replaced = place..place + usize::from(file.signed.is_none());
        let of_wallets: Vec<_> = of_wallets.collect();
        all.splice(replaced, of_wallets);
    }
    Ok(all)
}
