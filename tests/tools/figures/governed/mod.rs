//! What every governed flow costs, cached and not, beside its floor, and beside the same story with
//! the contracts of others.

mod excluded;
mod floor;
mod inputs;
mod own;
mod page;
mod peers;

pub use floor::Floor;
pub use page::{creation_sentence, governed_table};

use stylus_upgrades_harness::HarnessError;

use crate::snapshot::Figures;

/// A transaction.
#[derive(Clone, Copy, Debug)]
struct Flow {
    /// What it does.
    name: &'static str,
    /// What it cost.
    gas: u64,
    /// What it had to.
    floor: Floor,
}

/// A flow with everything that is measured of it.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it does.
    pub name: &'static str,
    /// Whether our contracts do it.
    pub own: bool,
    /// Gas with no program in the chain's cache.
    pub uncached: u64,
    /// Gas with every program in it.
    pub cached: u64,
    /// What it cannot cost less than.
    pub floor: Floor,
}

impl Row {
    /// Hundredths of the floor, cached.
    pub fn percent(&self) -> u64 {
        self.cached * 100 / self.floor.total().max(1)
    }
}

/// Every flow of this project, then those of others.
///
/// # Errors
/// Whatever keeps a contract from being built or called.
pub async fn governed() -> Result<Vec<Row>, HarnessError> {
    let uncached = own::flows(false).await?;
    let cached = own::flows(true).await?;
    let own = uncached.iter().zip(cached).map(|(uncached, cached)| Row {
        name: cached.name,
        own: true,
        uncached: uncached.gas,
        cached: cached.gas,
        floor: cached.floor,
    });
    let peers = peers::flows().await?.into_iter().map(|flow| Row {
        name: flow.name,
        own: false,
        uncached: flow.gas,
        cached: flow.gas,
        floor: flow.floor,
    });
    Ok(own.chain(peers).collect())
}

/// The rows as figures of a snapshot.
pub fn governed_figures(rows: &[Row]) -> Figures {
    let mut figures = Figures::new();
    for row in rows {
        let mut insert = |what: &str, number: u64| {
            figures.insert(format!("{}: {what}", row.name), number);
        };
        insert("gas, cached", row.cached);
        if row.own {
            insert("gas, uncached", row.uncached);
        }
        insert("percent of the floor, cached", row.percent());
        let Floor {
            transaction,
            creation,
            stores,
            reads,
            accounts,
            logs,
            excluded,
            frames,
        } = row.floor;
        insert("frames", frames);
        insert("not in the floor, how the code is cut, gas", excluded);
        for (part, gas) in [
            ("base and calldata", transaction),
            ("creation", creation),
            ("stores", stores),
            ("reads", reads),
            ("accounts", accounts),
            ("logs", logs),
        ] {
            insert(&format!("floor, {part}, gas"), gas);
        }
    }
    figures
}
