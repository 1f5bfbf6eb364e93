//! Control of a definition's code in numbers: the fewest accounts that can replace it, and the shortest delay. The roles
//! that count are `migrate`, and `policy`, which can set the policy of `migrate`. Role `create` creates at current code,
//! `pause` stops instances, and `define` touches no other definition: none of them replaces code.
//!
//! `holders` has the accounts, `search` finds the fewest of them that satisfy one policy, `paths` puts the roles together,
//! `exit_window` says what users have against it, and `change` compares before and after.

mod change;
mod exit_window;
mod holders;
mod paths;
mod policies;
mod search;

pub use change::ControlChange;
pub use holders::{ControlHolder, HolderFacts};
pub use paths::{CodeControl, ControlPath, ControlRoute};
pub use policies::{DefinitionControl, DefinitionPolicies};

#[cfg(test)]
mod tests;
