//! What the precompile ArbWasm refuses.

use super::{Advice, Advise};
use stylus_upgrades_interface::chain::IArbWasm::IArbWasmErrors;

impl Advise for IArbWasmErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::ProgramNotWasm(_) => Advice::new(
                "a Stylus program",
                "other code",
                "give the address of a program",
            ),
            Self::ProgramNotActivated(_) => Advice::new(
                "an activated program",
                "one that is not",
                "stylus-upgrades deploy activates it",
            ),
            Self::ProgramNeedsUpgrade(error) => Advice::new(
                error.stylusVersion.to_string(),
                error.version.to_string(),
                "activate it again",
            ),
            Self::ProgramExpired(error) => Advice::new(
                "an activation of the last 365 days",
                format!("one that is {} s old", error.ageInSeconds),
                "activate it again",
            ),
            Self::ProgramUpToDate(_) => Advice::new(
                "a program that is not active",
                "one that is",
                "nothing: it is done",
            ),
            Self::ProgramKeepaliveTooSoon(error) => Advice::new(
                "an older activation",
                format!("one that is {} s old", error.ageInSeconds),
                "wait",
            ),
            Self::ProgramInsufficientValue(error) => Advice::new(
                error.want.to_string(),
                error.have.to_string(),
                "raise --data-fee-bump-percent",
            ),
        }
    }
}
