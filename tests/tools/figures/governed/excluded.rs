//! What a transaction touches because of how our code is cut, and not because of what it promises.

use alloy::primitives::{Address, B256, keccak256};
use stylus_upgrades::build::Framework;
use stylus_upgrades::registry::stored::Slot;
use stylus_upgrades_interface::ids::{DefinitionId, VersionIndex};
use stylus_upgrades_interface::parts::PARTS;
use stylus_upgrades_interface::registry_storage::{root, version};

/// Versions that a definition of the flows has, at most.
const VERSIONS: u32 = 3;

/// What no floor counts.
#[derive(Clone, Debug, Default)]
pub struct Excluded {
    /// Programs that others call.
    pub accounts: Vec<Address>,
    /// Words that are read.
    pub words: Vec<B256>,
}

impl Excluded {
    /// The registry's parts, the words that name them and what proxies delegate to; and what the
    /// versions of these definitions keep for readers alone.
    pub(super) fn of(framework: &Framework, definitions: &[&str]) -> Self {
        let parts = (0..PARTS.len() as u8).map(root);
        let kept = definitions.iter().flat_map(|name| {
            let definition = DefinitionId(keccak256(name));
            (1..=VERSIONS).flat_map(move |index| {
                let record = version::find::<Slot>(definition, VersionIndex(index));
                let words = [version::LAYOUT_HASH.first(), version::SOURCE_HASH.first()];
                words.map(|word| record.plus(word))
            })
        });
        Self {
            accounts: framework.shared().map(|part| part.address).collect(),
            words: parts.chain(kept).collect(),
        }
    }
}
