//! Files of approvals that were signed offline: checked, and made into one transaction of anybody.

use super::super::context::Context;
use super::super::facts::Place;
use super::super::shown::shown;
use super::before::transaction;
use super::checks::Checked;
use super::reader::account;
use crate::app_error::Error;
use crate::console::decision::{Before, Decision};
use crate::governance::GovernedCall;
use crate::governance::signed::{
    Accepted, ApprovalFile, accepted, calldata_digest, require_here, submission,
};
use alloy::primitives::{Address, U256};
use hyper::body::Bytes;
use serde::Deserialize;
use std::path::PathBuf;

/// Files at once, at most.
const FILES_MAX: usize = 64;

/// What the page posts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Posted {
    account: String,
    files: Vec<File>,
}

/// A file, as the browser read it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    name: String,
    text: String,
}

/// Checks the files, and says what the wallet would send.
pub(super) async fn run(context: &Context, body: &Bytes) -> Result<Before, Error> {
    let posted: Posted =
        serde_json::from_slice(body).map_err(|error| refused(error.to_string()))?;
    if posted.files.is_empty() || posted.files.len() > FILES_MAX {
        return Err(refused(format!("{} files", posted.files.len())));
    }
    let account = account(&posted.account)?;
    let (client, registry) = context.verified_snapshot().await?;
    let client = client.acting_as(account);
    let mut given = Vec::new();
    for File { name, text } in posted.files {
        let path = PathBuf::from(name.chars().take(200).collect::<String>());
        let file = ApprovalFile::parse(&path, &text)?;
        require_here(&client, registry, &file).await?;
        given.push(file);
    }
    let names = context.names();
    let accepted = accepted(&client, registry, &given, &names).await?;
    let bytes = accepted.approval.call.clone();
    let mut governed = GovernedCall::decode(registry, bytes, U256::ZERO)?;
    let shown = shown(Place::of(context, &client, registry), &governed).await?;
    governed.submission = Some(submission(&accepted));
    let simulated = governed.simulate(&client).await?;
    let Accepted {
        approval,
        signatures,
        left_out,
    } = &accepted;
    let signers: Vec<Address> = signatures.iter().map(|one| one.signer).collect();
    let approved = simulated.approved;
    let then = match simulated.executes {
        true => "and executes at once",
        false => "and is not executed yet",
    };
    let sentence = format!(
        "Sent now, the signatures of {} count for: {}. That makes {} of {} approvals, {then}.",
        names.list(&signers),
        governed.what(),
        approved.approvals,
        approved.required,
    );
    let digests = approval.digests()?;
    let about = (registry, approval.action());
    let mut checked = Checked::new(context, &client, about, (&governed, &shown), None).await?;
    checked.with_dry_run(&governed, simulated.dry_run.as_ref());
    checked.without_plan(&governed);
    let mut before = Before::of(Decision {
        operation: "submit".into(),
        account,
        action: approval.action(),
        display: shown.display.clone(),
        policy_change: shown.policy_change.clone(),
        sentence,
        signers,
        left_out: left_out.clone(),
        digests: Some(digests),
        transaction_digest: Some(calldata_digest(governed.input())),
        callers: Vec::new(),
        findings: Vec::new(),
        consent: None,
        untried: None,
        planned: None,
    });
    before.transaction = Some(transaction(
        &client,
        registry,
        governed.input(),
        simulated.gas,
    )?);
    checked.report(&mut before.decision);
    Ok(before.stamped())
}

fn refused(found: String) -> Error {
    Error::Usage {
        message: "these are no files of signed approvals".into(),
        expected: format!("1 to {FILES_MAX} files that approvers signed"),
        found,
        next: "choose the files that `approve --offline` or this console wrote".into(),
    }
}
