//! Measures the cost of our contracts and of comparable ones on the same chain.

mod calls;
mod deploy;
mod governed;
mod migrations;
mod sizes;
mod tools;

pub use calls::{Overhead, overheads};
pub use deploy::deploy_gas;
pub use governed::{Floor, Row, creation_sentence, governed, governed_figures, governed_table};
pub use migrations::{beside, migrations};
pub use sizes::sizes;
pub use tools::{machine, package_version, tools};

use crate::proxies::Proxy;
use crate::snapshot::Figures;
use stylus_upgrades_harness::{Chain, HarnessError};

/// The proxies that stand beside each other, with their names.
pub const COMPARED: [(Proxy, &str); 5] = [
    (Proxy::Upgradeability, "UpgradeabilityProxy"),
    (Proxy::Bare, "Proxy"),
    (Proxy::Evm, "EVM proxy"),
    (Proxy::OpenZeppelin, "OpenZeppelin ERC1967Proxy"),
    (Proxy::Solady, "Solady ERC-1967"),
];

/// Every figure in gas, taken on a fresh embedded chain.
///
/// # Errors
/// Whatever keeps a contract from being built or called.
pub async fn gas() -> Result<Figures, HarnessError> {
    let mut figures = deploy_gas().await?;
    let chain = Chain::embedded()?;
    for overhead in overheads(&chain).await? {
        figures.insert(overhead.sentence(), overhead.gas);
    }
    Ok(figures)
}
