//! `submit`: approvals that others signed, in one transaction of anybody.

use super::args::SubmitArgs;
use super::context::Context;
use super::pause;
use super::propose::propose_signed;
use super::storage::StorageContext;
use crate::app_error::Error;
use crate::governance::signed::{
    Accepted, ApprovalFile, Given, SignedError, accepted, require_here, submission,
};
use crate::governance::{Call, GovernanceError};
use crate::output::Outcome;
use crate::progress::Progress;
use alloy::primitives::Address;

pub(super) async fn run(context: &Context, args: &SubmitArgs) -> Result<Outcome, Error> {
    let registry = context.registry()?;
    let client = context.working_client("submit").await?;
    let mut given = Vec::new();
    for path in &args.files {
        let file = ApprovalFile::read(path).map_err(GovernanceError::from)?;
        require_here(&client, registry, &file).await?;
        given.extend(signed(file, args)?);
    }
    let names = context.names();
    let accepted = accepted(&client, registry, &given, &names).await?;
    let digests = accepted.approval.digests().map_err(GovernanceError::from)?;
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
    outcome.field("signers", &signers);
    outcome.field("left_out", left_out);
    outcome.field("digests", digests);
    let place = StorageContext {
        context,
        client: &client,
        registry,
    };
    let mut outcome = propose_signed(place, &approval.call, submission(&accepted), outcome).await?;
    if outcome.exit.is_none() {
        let decoded = Call::decode(&approval.call)?;
        pause::finish(place, &decoded, &mut outcome).await?;
    }
    Ok(outcome)
}

/// The approvals of a file: the one that it holds, or those that wallets made of it.
fn signed(file: ApprovalFile, args: &SubmitArgs) -> Result<Vec<Given>, Error> {
    if args.signature.len() != args.signer.len() {
        return Err(Error::Usage {
            message: "a signature without its signer, or the other way round".into(),
            expected: "as many --signature as --signer, in the same order".into(),
            found: format!("{} and {}", args.signature.len(), args.signer.len()),
            next: "give one --signer for each --signature".into(),
        });
    }
    let ApprovalFile {
        path,
        approval,
        signed,
    } = file;
    let of_wallets = args
        .signer
        .iter()
        .copied()
        .zip(args.signature.iter().cloned());
    let all: Vec<_> = match signed {
        Some(signed) => vec![signed],
        None => of_wallets.collect(),
    };
    if all.is_empty() {
        return Err(GovernanceError::from(SignedError::Unsigned { path }).into());
    }
    let given = all.into_iter().map(|(signer, signature)| Given {
        path: path.clone(),
        approval: approval.clone(),
        signer,
        signature,
    });
    Ok(given.collect())
}
