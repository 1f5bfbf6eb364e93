//! The contracts that are migrated at scale: a points register and a collection, filled by real
//! transactions.

use super::Ended;
use crate::abi::{ICollection, points_v2::IPoints};
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::Command;
use stylus_upgrades_harness::{Chain, Harness, HarnessError, step};
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::implementationVersionCall;

/// The key of account 5, the handler, as every development chain has it.
const HANDLER_KEY: &str = "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba";
/// Items that one transaction makes.
const MADE_AT_ONCE: u64 = 500;
/// Gas of it: 44,200 for the words of an item, and the computation.
const MAKING_GAS: u64 = 30_000_000;
/// Whole points of every member.
const POINTS: u64 = 7;
/// Items that are looked at afterwards, spread evenly.
const LOOKED_AT: u64 = 1_000;

/// Who finds the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A list in a file.
    Batches,
    /// The contract.
    Cursor,
    /// The command line, in the collection's events.
    Gathered,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Batches, Self::Cursor, Self::Gathered];

    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batches => "complex, batches",
            Self::Cursor => "complex, cursor",
            Self::Gathered => "full, gathered",
        }
    }

    /// Gas of the words of an item that no migration can avoid to read and to store.
    pub fn floor(self) -> u64 {
        match self {
            Self::Batches => 5_000,
            // The member is read, then the points are changed.
            Self::Cursor => 2_100 + 5_000,
            // The token in both lists, and its word and its owner's word changed.
            Self::Gathered => 22_100 + 22_100 + 5_000,
        }
    }

    /// Both versions, and the program between them.
    fn contracts(self) -> [&'static str; 3] {
        match self {
            Self::Batches => [
                "contracts/points_v1",
                "contracts/points_v2",
                "tests/contracts/points_batches",
            ],
            Self::Cursor => [
                "contracts/points_v1",
                "contracts/points_v2",
                "contracts/migrations/points_cursor",
            ],
            Self::Gathered => [
                "contracts/erc721_basic",
                "contracts/erc721_full",
                "contracts/migrations/erc721_enumerate",
            ],
        }
    }
}

/// An instance whose migration has begun.
pub struct Subject {
    chain: Chain,
    address: Address,
    items: u64,
    form: Form,
    folder: tempfile::TempDir,
}

impl Subject {
    /// An instance with so many items, on the chain there, at the start of its migration.
    ///
    /// # Errors
    /// Whatever the chain or the builder refuses.
    pub async fn begin(endpoint: &str, items: u64, form: Form) -> Result<Self, HarnessError> {
        let harness = Harness::on(Chain::at(endpoint).await?).await?;
        let definition = harness.define("Subject").await?;
        let [first, second, program] = form.contracts();
        let first = harness.build_and_deploy(first).await?;
        let second = harness.build_and_deploy(second).await?;
        let program = harness.build_and_deploy(program).await?;
        definition.add_first(&first).await?;
        let (who, handler) = (harness.account(0), harness.account(5));
        let instance = definition
            .create_proxy("1.0", &IPoints::initializeCall { steward: who })
            .await?;
        let address = instance.address();
        make(harness.chain(), address, items, form).await?;
        let step = step::complex("1.0", &program, handler);
        definition.migrate("2.0", &second, step).await?;
        instance.upgrade("2.0").await?;
        drop(harness);
        Ok(Self {
            chain: Chain::at(endpoint).await?,
            address,
            items,
            form,
            folder: list(items)?,
        })
    }

    /// The words that migrate it, after the words of `command`.
    pub fn command(&self, mut command: Command) -> Command {
        let proxy = self.address.to_string();
        let url = self.chain.url();
        command
            .args(["run-migration", &proxy, "--json", "--rpc-url", url])
            .current_dir(self.folder.path())
            .env("PRIVATE_KEY", HANDLER_KEY);
        match self.form {
            Form::Batches => command.args(["--items", "members.txt"]),
            Form::Cursor => &mut command,
            Form::Gathered => command.args(["--gather", "erc721"]),
        };
        command
    }

    /// Whether the migration has ended and items are what they should be.
    ///
    /// # Errors
    /// [`HarnessError::Library`] with what is otherwise.
    pub async fn check(&self, ended: &Ended) -> Result<(), HarnessError> {
        let wrong = |message: String| HarnessError::Library {
            name: "Scale".into(),
            message: format!("{message}\n{}", ended.errors),
        };
        let version = self
            .chain
            .read(self.address, &implementationVersionCall {})
            .await?;
        if !ended.is_good || version != "2.0" || ended.document["items"] != self.items {
            return Err(wrong(format!("it is at {version}: {}", ended.document)));
        }
        for n in (0..self.items).step_by((self.items / LOOKED_AT).max(1) as usize) {
            if !self.is_migrated(n).await? {
                return Err(wrong(format!("item {n} is not in the new form")));
            }
        }
        Ok(())
    }

    async fn is_migrated(&self, n: u64) -> Result<bool, HarnessError> {
        let (chain, at) = (&self.chain, self.address);
        if self.form != Form::Gathered {
            let call = IPoints::pointsCall { member: member(n) };
            return Ok(chain.read(at, &call).await? == U256::from(10 * POINTS));
        }
        let index = U256::from(n);
        let token = chain
            .read(at, &ICollection::tokenByIndexCall { index })
            .await?;
        let supply = chain.read(at, &ICollection::totalSupplyCall {}).await?;
        Ok(token == U256::from(n + 1) && supply == U256::from(self.items))
    }
}

fn member(n: u64) -> Address {
    Address::from_word(keccak256(n.to_be_bytes()))
}

/// Makes the items: members with points, or tokens.
async fn make(
    chain: &Chain,
    instance: Address,
    items: u64,
    form: Form,
) -> Result<(), HarnessError> {
    for first in (0..items).step_by(MADE_AT_ONCE as usize) {
        let some = first..items.min(first + MADE_AT_ONCE);
        let call = match form {
            Form::Gathered => ICollection::mintCall {
                to: member(first),
                token_ids: some.map(|n| U256::from(n + 1)).collect(),
            }
            .abi_encode(),
            Form::Batches | Form::Cursor => IPoints::awardCall {
                to: some.map(member).collect(),
                points: U256::from(POINTS),
            }
            .abi_encode(),
        };
        let request = TransactionRequest::default()
            .with_to(instance)
            .with_input(call)
            .with_gas_limit(MAKING_GAS);
        let receipt = chain.send_anyway(request).await?;
        if !receipt.status() {
            return Err(HarnessError::Failed {
                hash: receipt.transaction_hash,
            });
        }
    }
    Ok(())
}

/// A folder with the list of all members, a line each.
fn list(items: u64) -> Result<tempfile::TempDir, HarnessError> {
    let failed = |path: &std::path::Path| {
        let path = path.to_owned();
        move |source| HarnessError::File {
            action: "write",
            path,
            source,
        }
    };
    let folder = tempfile::tempdir().map_err(failed(&std::env::temp_dir()))?;
    let path = folder.path().join("members.txt");
    let write = || {
        let mut file = BufWriter::new(File::create(&path)?);
        for n in 0..items {
            writeln!(file, "{}", member(n))?;
        }
        file.flush()
    };
    write().map_err(failed(&path))?;
    Ok(folder)
}
