//! Layout documents. The log carries the document; the registry keeps the block of that log, so
//! that a reader who has the hash finds it without a search, and verifies it by that hash. Anyone may
//! publish, in the middle of anything: no lock is taken, and no record but the hash's own changes.

use alloc::vec::Vec;

use alloy_primitives::B256;
use alloy_sol_types::SolCall;
use stylus_registry_core::{
    abi::{Reader, encode},
    chain::{Reverts, ask, keccak},
    errors, events,
    store::Slot,
};
use stylus_upgrades_interface::{
    chain::{ARB_SYS, IArbSys},
    limits::LAYOUT_MAX,
    registry_storage::{Uint256, layout},
};

/// Publishes a document, unless that was done before.
pub(crate) fn publish(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let document = arguments.bytes(0)?;
    if document.is_empty() || document.len() > LAYOUT_MAX {
        return Err(errors::invalid_layout(document.len() as u64));
    }
    let hash = keccak(document);
    let slot = slot(hash);
    if slot.read(layout::BLOCK).0.is_zero() {
        let block = ask(ARB_SYS, &IArbSys::arbBlockNumberCall::SELECTOR)?;
        slot.write(layout::BLOCK, &Uint256(Reader::new(&block).word(0)?));
        events::layout_published(hash, document).emit();
    }
    Ok(encode(&[], &[hash.into()]))
}

/// The block in which a document was published, 0 if it was not.
pub(crate) fn block(arguments: Reader<'_>) -> Reverts<Vec<u8>> {
    let block = slot(arguments.word(0)?).read(layout::BLOCK);
    Ok(encode(&[], &[block.0.into()]))
}

fn slot(hash: B256) -> Slot {
    layout::find::<Slot>(hash)
}
