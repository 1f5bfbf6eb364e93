//! Errors that contracts declare for themselves, of every interface that this process has read.
//!
//! One table for the process: what a call reverts with is decoded far from where interfaces are read, and
//! it may come from any contract that the call runs. A selector stands for the same signature in
//! each of them. The names are decoration: anybody may have written a document, so nothing is decided by them.

use super::shortened;
use alloy::dyn_abi::{DynSolValue, ErrorExt};
use alloy::json_abi::{Error as AbiError, JsonAbi};
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::sync::{PoisonError, RwLock};

/// Errors that are remembered, at most: documents come from anybody.
const ERRORS_MAX: usize = 10_000;

/// Characters of a name that are printed, at most.
const NAME_MAX: usize = 80;

static DECLARED: RwLock<BTreeMap<[u8; 4], AbiError>> = RwLock::new(BTreeMap::new());

/// Shows the errors of that interface by their names from now on. The first one with a selector stays.
pub fn declare_errors(abi: &JsonAbi) {
    if abi.errors.is_empty() {
        return;
    }
    let mut declared = DECLARED.write().unwrap_or_else(PoisonError::into_inner);
    for error in abi.errors() {
        let is_full = declared.len() >= ERRORS_MAX;
        if let Entry::Vacant(place) = declared.entry(error.selector().0)
            && !is_full
        {
            place.insert(error.clone());
        }
    }
}

/// The name and the arguments of the error that revert data is.
pub(super) fn decode(data: &[u8]) -> Option<(String, Vec<DynSolValue>)> {
    let declared = DECLARED.read().unwrap_or_else(PoisonError::into_inner);
    let error = declared.get(data.first_chunk::<4>()?)?;
    let values = error.decode_error(data).ok()?.body;
    Some((shortened(&error.name, NAME_MAX).into_owned(), values))
}
