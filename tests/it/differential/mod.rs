//! Migratable and ComplexMigration beside their Solidity forms: the same random calls on our
//! chain and on real anvil. Outcomes, values and events are the same, or the difference is one of
//! `difference::Difference`, each of which is met.
//!
//! | module | holds |
//! |---|---|
//! | `difference` | what differs on purpose, and `docs/evidence/differences.md` made of it |
//! | `sides` | both chains, and a call on either |
//! | `ledger` | initializers, migrations, upgrades |
//! | `points` | a complex migration |

use std::sync::LazyLock;

mod difference;
mod ledger;
mod points;
mod sides;

/// Random sequences of the ledger and of the register of points.
static SEQUENCES: LazyLock<(u64, u64)> =
    LazyLock::new(|| match stylus_upgrades_test_support::long() {
        true => (200, 100),
        false => (50, 100),
    });
/// Calls in each.
const CALLS: usize = 20;
