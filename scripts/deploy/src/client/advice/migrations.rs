//! What contracts refuse while they are initialized or migrated: at once, in batches, or lazily.

use super::{Advice, Advise};
use stylus_upgrades_interface::complex::IComplexMigration::IComplexMigrationErrors;
use stylus_upgrades_interface::full::IInclusion::IInclusionErrors;
use stylus_upgrades_interface::lazy::ILazy::ILazyErrors;
use stylus_upgrades_interface::migratable::IMigratable::IMigratableErrors;

impl Advise for IMigratableErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::NotInUpgrade(_) => Advice::new(
                "a call inside create-proxy or upgrade, between the labels that the function declares",
                "a call from outside, or a step between other labels",
                "nobody calls initializers and migrations by hand; where an upgrade was refused, compare \
                 #[migration(from, to)] with the version that the instance is at (stylus-upgrades status) and with the \
                 label of the new one",
            ),
            Self::AlreadyInitialized(error) => Advice::new(
                "a fresh instance",
                format!("one that was initialized at {}", error.version),
                "nothing: it has been done",
            ),
            Self::AlreadyMigrated(error) => Advice::new(
                format!("an instance without {}", error.to),
                format!("one that went {} → {}", error.from, error.to),
                "nothing: it has been done",
            ),
            Self::PredecessorMissing(error) => {
                Advice::new(error.version.as_str(), "not reached yet", "go there first")
            }
            Self::PostConditionFailed(error) => Advice::new(
                format!("{} behind the step", error.condition),
                "it does not hold there",
                "nothing has changed: correct the calldata, or the code that the condition belongs to",
            ),
        }
    }
}

impl Advise for IComplexMigrationErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::ContractPaused(error) => Advice::new(
                "an instance that is live",
                format!("one that is on its way {} → {}", error.from, error.to),
                "stylus-upgrades run-migration goes on with it, status tells how far it is",
            ),
            Self::NotHandler(error) => Advice::new(
                error.handler.to_string(),
                error.caller.to_string(),
                "use the handler's key, or have it replaced: stylus-upgrades run-migration PROXY --handler ADDRESS",
            ),
            Self::BatchOutOfOrder(error) => Advice::new(
                format!("a batch from {}", error.done),
                format!("one from {}", error.position),
                "begin where stylus-upgrades status says that it is",
            ),
            Self::MigrationIncomplete(error) => Advice::new(
                format!("{} items", error.total),
                format!("{} items", error.done),
                "stylus-upgrades run-migration goes on with it",
            ),
            Self::NotReversible(_) => Advice::new(
                "a program that can turn back",
                "one that declares no reverse",
                "end the migration, then go back by a version of its own",
            ),
            Self::BudgetTooSmall(error) => Advice::new(
                format!("{} gas", error.needed),
                format!("{} gas", error.budget),
                "give more --gas",
            ),
            Self::NothingLeft(error) => Advice::new(
                "items that are left",
                format!("{} of {}", error.done, error.total),
                "nothing: stylus-upgrades run-migration ends it",
            ),
        }
    }
}

impl Advise for IInclusionErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::AlreadyIncluded(error) => Advice::new(
                "a token that is not listed yet",
                error.tokenId.to_string(),
                "leave it out of the list",
            ),
            Self::OwnerMismatch(error) => Advice::new(
                format!("token {} with its owner {}", error.tokenId, error.owner),
                format!("the owner {}", error.claimed),
                "ask the contract for the owner: a list, and events, can be wrong",
            ),
            Self::TokensUnordered(error) => Advice::new(
                format!("an id above {}", error.previous),
                error.tokenId.to_string(),
                "sort the list by id, each once",
            ),
            Self::MalformedItems(_) => Advice::new(
                "items as the program reads them",
                "something else",
                "look into the program's sources for the words of an item",
            ),
        }
    }
}

impl Advise for ILazyErrors {
    fn advice(&self) -> Advice {
        match self {
            Self::UnknownMap(error) => Advice::new(
                "a lazy map of the contract",
                error.map.as_str(),
                "check its name",
            ),
        }
    }
}
