//! The complex migration that an instance is in, and who continues it.

use crate::client::{ChainError, Client};
use crate::migration;
use crate::model::Instance;
use alloy::primitives::Address;
use serde::Serialize;

/// A complex migration under way.
#[derive(Debug, Clone, Serialize)]
pub struct MigrationStatus {
    /// The version that it leaves.
    pub from: String,
    /// The version that it reaches.
    pub to: String,
    /// Its program.
    pub program: Address,
    /// The account whose batches count.
    pub handler: Address,
    /// True if it goes back.
    pub back: bool,
    /// Items that are done.
    pub done: u64,
    /// Items in all.
    pub total: u64,
    /// The command that continues it.
    pub next: String,
    #[serde(skip)]
    summary: String,
}

impl MigrationStatus {
    /// Of an instance; nothing where it is in none.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn of(client: &Client, instance: &Instance) -> Result<Option<Self>, ChainError> {
        if !instance.state.is_migrating() {
            return Ok(None);
        }
        let found = migration::look(client, instance.proxy).await?;
        Ok(found.map(|found| Self {
            next: format!("stylus-upgrades run-migration {}", instance.proxy),
            summary: found.summary(),
            from: found.from,
            to: found.to,
            program: found.program,
            handler: found.at.handler,
            back: found.at.back,
            done: found.at.done,
            total: found.at.total,
        }))
    }

    /// Lines for people.
    pub fn lines(&self) -> [String; 2] {
        [
            format!("    {}", self.summary),
            format!("    next: {}", self.next),
        ]
    }
}
