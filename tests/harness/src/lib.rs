//! Test an upgrade in twenty lines: a chain, contracts, proxies, assertions.
//!
//! ```
//! use alloy::{primitives::{B256, U256}, sol};
//! use stylus_upgrades_harness::{Harness, HarnessError, assert_reverts, step};
//! use stylus_upgrades_interface::proxy::IUpgradeabilityProxy::{UpgradeNotAuthorized, Upgraded};
//!
//! sol! {
//!     function initialize(uint256 value);
//!     function increment();
//!     function value() view returns (uint256);
//!     function migrate(uint256 step);
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), HarnessError> {
//! let harness = Harness::start().await?;
//! let definition = harness.define("Counter").await?;
//! let v1 = harness.build_and_deploy("contracts/counter_v1").await?;
//! definition.add_version("1.0", &v1, step::initial()).await?;
//! let counter = definition.create_proxy("1.0", &initializeCall { value: U256::from(7) }).await?;
//! counter.send(&incrementCall {}).await?;
//!
//! let v2 = harness.build_and_deploy("contracts/counter_v2").await?;
//! definition.add_version("2.0", &v2, step::call("1.0", &migrateCall { step: U256::from(5) })).await?;
//! let stranger = harness.account(1);
//! assert_reverts(
//!     counter.by(stranger).upgrade("2.0").await,
//!     UpgradeNotAuthorized { caller: stranger, from: "1.0".into(), to: "2.0".into() },
//! );
//!
//! let upgrade = counter.upgrade("2.0").await?;
//! upgrade.assert_emitted(counter.address(), &Upgraded { implementation: v2.address });
//! counter.send(&incrementCall {}).await?;
//! assert_eq!(counter.read(&valueCall {}).await?, U256::from(7 + 1 + 5));
//! assert_eq!(counter.storage(U256::ZERO).await?, B256::with_last_byte(13));
//! assert!(upgrade.gas() < 1_500_000);
//! # Ok(())
//! # }
//! ```
//!
//! [`Harness::start`] embeds a chain in this process, on a free port, or takes the one in
//! `RPC_URL` (a nitro devnode). Everything that was started ends when it is dropped.
//!
//! | item | is |
//! |---|---|
//! | [`Harness`] | a chain with the framework and a registry on it |
//! | [`Definition`], [`Instance`] | a definition of the registry, a proxy |
//! | [`Receipt`], [`Revert`], [`assert_reverts`] | the outcome of a transaction |
//! | [`Chain`] | a chain alone: our own, real anvil, any endpoint |
//! | [`Trace`], [`traces`] | what a refusal must not leave; [`Chain`] looks for it by itself |
//! | [`Solidity`], [`Npm`], [`Python`], [`Anvil`] | the peers: compiled, installed, spawned |
//! | [`Report`] | what a suite of another language says |
#![forbid(unsafe_code)]

mod chain;
mod definition;
mod deployed;
mod endpoint_lock;
mod error;
mod harness;
mod home;
mod instance;
mod lines;
mod npm;
mod process;
mod program_file;
mod python;
mod receipt;
mod report;
mod revert;
mod solidity;
pub mod step;
mod trace;

pub use chain::{CALL_GAS, Chain, GAS, RPC_URL, logs_of};
pub use definition::Definition;
pub use error::HarnessError;
pub use harness::{Harness, Program};
pub use home::{builder, command_line, home};
pub use instance::Instance;
pub use lines::Lines;
pub use npm::Npm;
pub use process::{Anvil, launcher};
pub use program_file::copy_program;
pub use python::Python;
pub use receipt::Receipt;
pub use report::Report;
pub use revert::{Revert, assert_reverts};
pub use solidity::{Contract, Solidity};
pub use trace::{Trace, traces};
