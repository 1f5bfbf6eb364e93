//! The register of points that is migrated: every member by a real award.

use super::Ended;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256, keccak256};
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::SolCall;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::process::Command;
use stylus_upgrades_harness::{Chain, Harness, HarnessError, step};
use stylus_upgrades_interface::complex::IComplexMigration::startMigrationCall;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::implementationVersionCall;
use stylus_upgrades_interface::registry::Step;

alloy::sol! {
    interface IPoints {
        function initialize(address steward);
        function award(address[] to, uint256 points);
        function points(address member) view returns (uint256);
    }
}

/// The key of account 5, the handler, as every development chain has it.
const HANDLER_KEY: &str = "0x8b3a350cf5c34c9194ca85829a2df0ec3153be0318b5e2d3348e872092edffba";
/// Members that one transaction awards points to.
const AWARDED_AT_ONCE: u64 = 500;
/// Gas of it: 44,200 for the words of a member, and the computation.
const AWARD_GAS: u64 = 30_000_000;
/// Whole points of every member.
const POINTS: u64 = 7;
/// Members that are looked at afterwards, spread evenly.
const LOOKED_AT: u64 = 1_000;

/// Who finds the items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A list in a file.
    Batches,
    /// The contract.
    Cursor,
}

impl Form {
    /// For people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Batches => "batches",
            Self::Cursor => "cursor",
        }
    }

    fn program(self) -> &'static str {
        match self {
            Self::Batches => "contracts/migrations/points_batches",
            Self::Cursor => "contracts/migrations/points_cursor",
        }
    }
}

/// A register whose migration has begun.
pub struct Register {
    chain: Chain,
    address: Address,
    items: u64,
    form: Form,
    folder: tempfile::TempDir,
}

impl Register {
    /// A register with so many members, on the chain there, at the start of its migration.
    ///
    /// # Errors
    /// Whatever the chain or the builder refuses.
    pub async fn begin(endpoint: &str, items: u64, form: Form) -> Result<Self, HarnessError> {
        let harness = Harness::on(Chain::at(endpoint).await?).await?;
        let definition = harness.define("Points").await?;
        let first = harness.build_and_deploy("contracts/points_v1").await?;
        let second = harness.build_and_deploy("contracts/points_v2").await?;
        let program = harness.build_and_deploy(form.program()).await?;
        definition.add_version("1.0", &first, step::born()).await?;
        let (steward, handler) = (harness.account(0), harness.account(5));
        let register = definition
            .create_proxy("1.0", &IPoints::initializeCall { steward })
            .await?;
        let address = register.address();
        award(harness.chain(), address, items).await?;
        let step = Step {
            script: program.address,
            scriptCodehash: program.codehash,
            kind: 3,
            data: startMigrationCall { handler }.abi_encode().into(),
            ..step::nothing("1.0")
        };
        definition.add_version("2.0", &second, step).await?;
        register.upgrade("2.0").await?;
        let folder = list(items)?;
        drop(harness);
        Ok(Self {
            chain: Chain::at(endpoint).await?,
            address,
            items,
            form,
            folder,
        })
    }

    /// The words that migrate it, behind the words of `command`.
    pub fn command(&self, mut command: Command) -> Command {
        let proxy = self.address.to_string();
        command
            .args([
                "run-migration",
                &proxy,
                "--json",
                "--rpc-url",
                self.chain.url(),
            ])
            .current_dir(self.folder.path())
            .env("PRIVATE_KEY", HANDLER_KEY);
        if self.form == Form::Batches {
            command.args(["--items", "members.txt"]);
        }
        command
    }

    /// Whether the migration has ended and members have what they should.
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
            let call = IPoints::pointsCall { member: member(n) };
            let points = self.chain.read(self.address, &call).await?;
            if points != U256::from(10 * POINTS) {
                return Err(wrong(format!("member {n} has {points}")));
            }
        }
        Ok(())
    }
}

fn member(n: u64) -> Address {
    Address::from_word(keccak256(n.to_be_bytes()))
}

async fn award(chain: &Chain, register: Address, items: u64) -> Result<(), HarnessError> {
    for first in (0..items).step_by(AWARDED_AT_ONCE as usize) {
        let call = IPoints::awardCall {
            to: (first..items.min(first + AWARDED_AT_ONCE))
                .map(member)
                .collect(),
            points: U256::from(POINTS),
        };
        let request = TransactionRequest::default()
            .with_to(register)
            .with_input(call.abi_encode())
            .with_gas_limit(AWARD_GAS);
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
