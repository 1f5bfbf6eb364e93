//! Where the story plays: a chain of its own, three people, the contracts.

use super::record::Record;
use crate::build::{Artifact, BuildError, Builder, Framework};
use crate::client::{ChainError, Client};
use alloy::signers::local::PrivateKeySigner;

alloy::sol! {
    /// The counter, versions 1 and 2, and the script of its way back.
    interface ICounter {
        function initialize(uint256 value) external;
        function migrate(uint256 step) external;
        function value() external view returns (uint256);
        function step() external view returns (uint256);
        function increment() external;
        function back() external;
    }
}

/// The programs of the story.
pub(super) struct Programs {
    pub(super) framework: Framework,
    pub(super) counter_v1: Artifact,
    pub(super) counter_v2: Artifact,
    pub(super) counter_back: Artifact,
    /// Version 2 in other bytes: another code hash, which nobody activated.
    pub(super) inactive: Artifact,
}

/// The programs, the chain and who acts on it.
pub(super) struct Stage {
    pub(super) programs: Programs,
    /// Satisfies every policy of the story.
    pub(super) operator: Client,
    /// Uses the contract.
    pub(super) user: Client,
    /// Tries what is not his.
    pub(super) stranger: Client,
}

impl std::ops::Deref for Stage {
    type Target = Programs;

    fn deref(&self) -> &Programs {
        &self.programs
    }
}

impl Programs {
    /// Builds everything, and records the sizes.
    pub(super) fn build(builder: &Builder, record: &mut Record) -> Result<Self, BuildError> {
        let framework = builder.framework()?;
        let counter_v1 = builder.contract("counter-v1")?;
        let counter_v2 = builder.contract("counter-v2")?;
        let counter_back = builder.contract("counter-back")?;
        let inactive = counter_v2.in_other_bytes();
        let Framework {
            storage,
            proxy,
            governance,
            factory,
            registry,
            ..
        } = &framework;
        for part in [storage, proxy, governance, factory] {
            record.artifact(&part.artifact);
        }
        for artifact in [registry, &counter_v1, &counter_v2, &counter_back] {
            record.artifact(artifact);
        }
        Ok(Self {
            framework,
            counter_v1,
            counter_v2,
            counter_back,
            inactive,
        })
    }
}

impl Stage {
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
