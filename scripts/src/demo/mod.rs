//! The whole scenario on a private chain: what the framework promises, done and checked.

pub mod abi;
mod fixture;
pub mod openzeppelin;
pub mod programs;
mod record;
mod scenario;

pub use record::{Check, Document, Size, Step};

use crate::app_error::Error;
use crate::build::Builder;
use crate::output::Output;
use fixture::{Fixture, Programs};
use record::Record;
use std::sync::Arc;
use stylus_devnode::{NodeConfig, NodeError, NodeHandle, spawn};

/// Starts a chain, runs the scenario on it. The chain ends with it. The document
/// is there in any case; the error says why the scenario ended early.
pub async fn run(output: Arc<Output>, builder: Builder) -> (Document, Option<Error>) {
    let mut record = Record::new(output);
    let outcome = play(&builder, &mut record).await;
    let document = record.finish(outcome.is_ok());
    (document, outcome.err())
}

async fn play(builder: &Builder, record: &mut Record) -> Result<(), Error> {
    let programs = Programs::get(builder, record)?;
    let node = spawn(NodeConfig::default())?;
    record.chapter("A contract is upgraded while it is in use, on a chain of its own");
    record.fact(
        "chain",
        format!("{} at {}", node.chain_id(), node.endpoint()),
    );
    let people = people(&node)?;
    let fixture = Fixture::set(&node.endpoint(), people, programs).await?;
    scenario::run(&fixture, record).await
}

fn people(node: &NodeHandle) -> Result<[alloy::signers::local::PrivateKeySigner; 3], Error> {
    match node.accounts().mnemonic() {
        [operator, user, stranger, ..] => Ok([operator.clone(), user.clone(), stranger.clone()]),
        few => {
            let reason = format!("{} dev accounts, and the scenario needs three", few.len());
            Err(NodeError::Chain(reason).into())
        }
    }
}
