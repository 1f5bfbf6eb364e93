//! What the flows are given: steps, code, policies, keys.

use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use stylus_upgrades_harness::{HarnessError, Program, step};
use stylus_upgrades_interface::registry::{Code, Step};

use crate::calls;

pub(super) fn migration() -> Step {
    step::call("1.0", &calls::migrate_counter(5))
}

pub(super) fn code(program: &Program) -> Code {
    Code {
        implementation: program.address,
        codehash: program.codehash,
        layoutHash: B256::repeat_byte(1),
        sourceHash: B256::repeat_byte(2),
    }
}

/// An address as a policy.
pub(super) fn is(who: Address) -> String {
    format!("{who:?}")
}

pub(super) fn two_of(approvers: &[Address]) -> String {
    let keys: Vec<_> = approvers.iter().map(|who| is(*who)).collect();
    format!("OutOf(2,{})", keys.join(","))
}

/// A key that no account of the chain has.
#[expect(clippy::expect_used, reason = "a constant that is a key")]
pub(super) fn key(n: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(n)).expect("a key")
}

pub(super) fn library(error: &dyn std::fmt::Display) -> HarnessError {
    HarnessError::Library {
        name: "signed approvals".into(),
        message: error.to_string(),
    }
}
