//! The two errors of the language Solidity itself.

use super::{Advice, Advise};
use alloy::sol_types::{Panic, Revert};

const EXPECTED: &str = "what the contract demands";
const NEXT: &str = "look into the contract's sources";

impl Advise for Revert {
    fn advice(&self) -> Advice {
        Advice::new(EXPECTED, self.reason.as_str(), NEXT)
    }
}

impl Advise for Panic {
    fn advice(&self) -> Advice {
        Advice::new(EXPECTED, self.code.to_string(), NEXT)
    }
}
