//! What the scenario runs on: a chain of its own, three people, the contracts.

use super::record::Record;
use crate::build::examples;
use crate::build::{Artifact, BuildError, Builder, Framework};
use crate::client::{ChainError, Client};
use alloy::signers::local::PrivateKeySigner;

/// The programs of the scenario.
pub(super) struct Programs {
    pub(super) framework: Framework,
    pub(super) counter_v1: Artifact,
    pub(super) counter_v2: Artifact,
    pub(super) counter_back: Artifact,
    /// Version 2 in other bytes: another code hash, which nobody activated.
    pub(super) inactive: Artifact,
    pub(super) kinds: Kinds,
}

/// The programs of the five kinds of migration, beside the counter.
pub(super) struct Kinds {
    pub(super) points_v1: Artifact,
    pub(super) points_v2: Artifact,
    pub(super) points_cursor: Artifact,
    pub(super) ledger_v1: Artifact,
    pub(super) ledger_v2: Artifact,
    pub(super) erc721_basic: Artifact,
    pub(super) erc721_full: Artifact,
    pub(super) erc721_enumerate: Artifact,
}

impl Kinds {
    fn get(contract: &impl Fn(&str) -> Result<Artifact, BuildError>) -> Result<Self, BuildError> {
        Ok(Self {
            points_v1: contract("points-v1")?,
            points_v2: contract("points-v2")?,
            points_cursor: contract("points-cursor")?,
            ledger_v1: contract("ledger-v1")?,
            ledger_v2: contract("ledger-v2")?,
            erc721_basic: contract("erc721-basic")?,
            erc721_full: contract("erc721-full")?,
            erc721_enumerate: contract("erc721-enumerate")?,
        })
    }

    fn all(&self) -> [&Artifact; 8] {
        [
            &self.points_v1,
            &self.points_v2,
            &self.points_cursor,
            &self.ledger_v1,
            &self.ledger_v2,
            &self.erc721_basic,
            &self.erc721_full,
            &self.erc721_enumerate,
        ]
    }
}

/// The programs, the chain and who acts on it.
pub(super) struct Fixture {
    pub(super) programs: Programs,
    /// Satisfies every policy of the scenario.
    pub(super) operator: Client,
    /// Uses the contract.
    pub(super) user: Client,
    /// Tries what is not his.
    pub(super) stranger: Client,
}

impl std::ops::Deref for Fixture {
    type Target = Programs;

    fn deref(&self) -> &Programs {
        &self.programs
    }
}

impl Programs {
    /// Gets everything, and records the sizes. The contracts are the pinned ones, unless the
    /// framework is another: some of them hold its addresses.
    pub(super) fn get(builder: &Builder, record: &mut Record) -> Result<Self, BuildError> {
        let framework = builder.framework()?;
        let is_pinned = framework.is_pinned();
        let contract = |name: &str| match is_pinned {
            true => examples::program(name),
            false => builder.contract(name),
        };
        let counter_v1 = contract("counter-v1")?;
        let counter_v2 = contract("counter-v2")?;
        let counter_back = contract("counter-back")?;
        let inactive = counter_v2.in_other_bytes();
        for part in framework.shared() {
            record.artifact(&part.artifact);
        }
        let kinds = Kinds::get(&contract)?;
        let counters = [&framework.registry, &counter_v1, &counter_v2, &counter_back];
        for artifact in counters.into_iter().chain(kinds.all()) {
            record.artifact(artifact);
        }
        Ok(Self {
            framework,
            counter_v1,
            counter_v2,
            counter_back,
            inactive,
            kinds,
        })
    }
}

impl Fixture {
    /// Connects the three people to the chain at `endpoint`.
    pub(super) async fn set(
        endpoint: &str,
        people: [PrivateKeySigner; 3],
        programs: Programs,
    ) -> Result<Self, ChainError> {
        let client = Client::connect(endpoint).await?;
        let [operator, user, stranger] = people.map(|signer| client.with_signer(signer));
        Ok(Self {
            programs,
            operator,
            user,
            stranger,
        })
    }
}
