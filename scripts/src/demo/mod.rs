//! The whole scenario on a private chain: what the framework promises, done and checked.

pub mod abi;
mod fixture;
pub mod openzeppelin;
mod record;
mod scenario;

pub use record::{Check, Document, Size, Step};

use crate::app_error::Error;
use crate::build::Builder;
use crate::output::Output;
use alloy::primitives::Address;
use fixture::{Fixture, Programs};
use record::Record;
use std::sync::Arc;
use stylus_devnode::{NodeConfig, NodeError, NodeHandle, spawn};

/// What a run of the scenario leaves behind.
pub struct Played {
    /// What was done and found.
    pub document: Document,
    /// Its chain and registry, or why the scenario ended early.
    pub chain: Result<(NodeHandle, Address), Error>,
}

/// Starts a chain, runs the scenario on it. The chain ends with its handle.
pub async fn run(output: Arc<Output>, builder: Builder) -> Played {
    let mut record = Record::new(output);
    let chain = play(&builder, &mut record).await;
    let document = record.finish(chain.is_ok());
    Played { document, chain }
}

async fn play(builder: &Builder, record: &mut Record) -> Result<(NodeHandle, Address), Error> {
    let programs = Programs::get(builder, record)?;
    let node = spawn(NodeConfig::default())?;
    record.chapter("A contract is upgraded while it is in use, on a chain of its own");
    record.fact(
        "chain",
        format!("{} at {}", node.chain_id(), node.endpoint()),
    );
    let people = people(&node)?;
    let fixture = Fixture::set(&node.endpoint(), people, programs).await?;
    let registry = scenario::run(&fixture, record).await?;
    Ok((node, registry))
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
