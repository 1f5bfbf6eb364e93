//! The contracts of `contracts/` as definitions: with an instance at 1.0, and the program of 2.0 on the
//! chain.

use std::path::Path;

use alloy::primitives::Address;
use alloy::sol_types::SolCall;
use stylus_upgrades_harness::{Definition, Harness, HarnessError, Instance, Program, step};
use stylus_upgrades_interface::registry::Step;

use crate::abi::points_v2::IPoints;
use crate::abi::{ICollection, ILedger};
use crate::calls;

/// A definition with version 1.0, and an instance of it.
pub struct Example<'h> {
    /// The chain that it is on.
    pub harness: &'h Harness,
    /// The definition.
    pub definition: Definition<'h>,
    /// The program of 1.0.
    pub first: Program,
    /// The program that 2.0 is to have.
    pub second: Program,
    /// At 1.0.
    pub instance: Instance<'h>,
}

type Made<'h> = Result<Example<'h>, HarnessError>;

/// The contract of one folder as 1.0, and that of another one for 2.0; the instance is initialized.
///
/// # Errors
/// Whatever keeps a contract from being built, registered or created, as in all of these.
pub async fn example<'h>(
    harness: &'h Harness,
    name: &str,
    folders: [impl AsRef<Path>; 2],
    initialize: &impl SolCall,
) -> Made<'h> {
    let definition = harness.define(name).await?;
    let [first, second] = folders;
    let first = harness.build_and_deploy(first).await?;
    let second = harness.build_and_deploy(second).await?;
    definition.add_first(&first).await?;
    let instance = definition.create_proxy("1.0", initialize).await?;
    Ok(Example {
        harness,
        definition,
        first,
        second,
        instance,
    })
}

/// A counter that started at 7.
pub async fn counter(harness: &Harness) -> Made<'_> {
    let folders = ["contracts/counter_v1", "contracts/counter_v2"];
    example(harness, "Counter", folders, &calls::initialize_counter(7)).await
}

/// A points register without members, whose steward is account 0.
pub async fn points(harness: &Harness) -> Made<'_> {
    let folders = ["contracts/points_v1", "contracts/points_v2"];
    let steward = harness.account(0);
    let initialize = IPoints::initializeCall { steward };
    example(harness, "Points", folders, &initialize).await
}

/// A ledger in which accounts have so many cents each, and 2.0, which converts it lazily.
pub async fn ledger(harness: &Harness, accounts: Vec<Address>, cents: u64) -> Made<'_> {
    let folders = ["contracts/ledger_v1", "contracts/ledger_v2"];
    let initialize = ILedger::initializeCall { fee: 3 };
    let example = example(harness, "Ledger", folders, &initialize).await?;
    let migrate = ILedger::migrateCall {
        accounts: accounts.len() as u64,
    };
    example
        .instance
        .send(&ILedger::writeCall { accounts, cents })
        .await?;
    example.add_second(step::call("1.0", &migrate)).await?;
    Ok(example)
}

/// A basic collection that account 0 mints, and 2.0, which enumerates it.
pub async fn collection(harness: &Harness) -> Made<'_> {
    let folders = ["contracts/erc721_basic", "contracts/erc721_full"];
    let minter = harness.account(0);
    let initialize = ICollection::initializeCall { minter };
    let example = example(harness, "Acorn", folders, &initialize).await?;
    let program = "contracts/migrations/erc721_enumerate";
    example.add_complex(program).await?;
    Ok(example)
}

impl Example<'_> {
    /// Adds 2.0, reached by a step.
    ///
    /// # Errors
    /// What the registry reverts with.
    pub async fn add_second(&self, step: Step) -> Result<(), HarnessError> {
        let added = self.definition.add_version("2.0", &self.second, step);
        added.await.map(drop)
    }

    /// Makes 2.0 current, reached by a complex migration by the program of a folder, which account 5 handles. The
    /// instance stays at 1.0.
    ///
    /// # Errors
    /// Whatever keeps the program from being built, or the registry reverts with.
    pub async fn add_complex(&self, folder: impl AsRef<Path>) -> Result<Program, HarnessError> {
        let program = self.harness.build_and_deploy(folder).await?;
        let handler = self.harness.account(5);
        let step = step::complex("1.0", &program, handler);
        self.definition.migrate("2.0", &self.second, step).await?;
        Ok(program)
    }
}
