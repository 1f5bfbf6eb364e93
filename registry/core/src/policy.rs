//! The policy language (`docs/governance.md`): `0xaddr`, `AND(p,…)`, `OR(p,…)`,
//! `OutOf(n,p,…)`, `CALL(0xcontract)`, `AFTER(seconds)`, `NONE`. Spaces may stand between
//! tokens. All of it is pure: who owns an account and what a lambda says comes in as facts.

mod evaluate;
mod fewest;
mod parse;

use alloc::vec::Vec;

use alloy_primitives::Address;

pub use evaluate::Facts;
pub use parse::{Refusal, parse};

/// An expression over the leaves of a [`Policy`], by their positions there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expression {
    /// The approval of an address.
    Address(u8),
    /// The consent of a lambda.
    Lambda(u8),
    /// Time since the siblings came true.
    Delay(u8),
    /// `need` of the members: all in an AND, one in an OR.
    Members {
        /// The number that must be true.
        need: u8,
        /// Among these.
        members: Vec<Expression>,
    },
    /// Never.
    None,
}

/// An address or lambda in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The account.
    pub address: Address,
    /// Byte offset of its `0x` in the text.
    pub offset: u32,
}

/// A policy that keeps all rules which its text alone can break.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// The whole expression.
    pub root: Expression,
    /// Every address that can approve, once, in order of first appearance; an approval is the
    /// bit of its position.
    pub approvers: Vec<Leaf>,
    /// Every lambda, as often as it appears.
    pub lambdas: Vec<Leaf>,
    /// Seconds of every `AFTER`; its timelock has the same position.
    pub delays: Vec<u64>,
}

impl Policy {
    /// The bit of an approver, 0 for a stranger.
    pub fn bit(&self, who: Address) -> u64 {
        self.approvers
            .iter()
            .position(|leaf| leaf.address == who)
            .map_or(0, |position| 1 << position)
    }

    /// The addresses of those bits, in order of appearance; with `set` false, of the others.
    pub fn addresses(&self, approvals: u64, set: bool) -> Vec<Address> {
        let all = self.approvers.iter().enumerate();
        all.filter(|(position, _)| (approvals >> position & 1 == 1) == set)
            .map(|(_, leaf)| leaf.address)
            .collect()
    }

    /// Returns true if it is `NONE`.
    pub fn is_none(&self) -> bool {
        self.root == Expression::None
    }
}

#[cfg(test)]
mod tests;
