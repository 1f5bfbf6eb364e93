//! The functions of code that nobody described: selectors among its constants that it answers otherwise than one that
//! nobody has.

use super::calls::{calldata_of_words, well_known};
use crate::client::ChainError;
use crate::plan::code_checks::{compared_constants, module_of};
use crate::plan::fresh_accounts::STRANGER;
use crate::simulation::Simulation;
use alloy::json_abi::Function;
use alloy::primitives::{Address, B256};
use std::collections::BTreeSet;

/// A selector that no function has.
const OF_NO_FUNCTION: [u8; 4] = [0xff, 0xff, 0xff, 0xfe];
/// Constants that are called, at most.
const CONSTANTS_MAX: usize = 2_048;
/// Selectors that are tried, at most.
const SELECTORS_MAX: usize = 128;

/// The selectors that an account answers, whose code is at `runs`; at the account itself where that is nobody.
pub(super) fn answered_selectors(
    copy: &Simulation,
    account: Address,
    runs: Address,
) -> Result<Vec<[u8; 4]>, ChainError> {
    let of = if runs.is_zero() { account } else { runs };
    let code = copy.code(of)?;
    let Ok(module) = module_of(copy, &code)? else {
        return Ok(Vec::new());
    };
    let constants: BTreeSet<u32> = compared_constants(&code, module.as_deref())
        .into_iter()
        .collect();
    let words = [B256::ZERO, STRANGER.into_word()];
    let answer = |selector: [u8; 4]| {
        let answers = words.map(|word| copy.probe(account, calldata_of_words(selector, word)));
        answers.into_iter().collect::<Result<Vec<_>, _>>()
    };
    let nobody = answer(OF_NO_FUNCTION)?;
    let mut answered = Vec::new();
    for constant in constants.into_iter().take(CONSTANTS_MAX) {
        let selector = constant.to_be_bytes();
        if answered.len() < SELECTORS_MAX && answer(selector)? != nobody {
            answered.push(selector);
        }
    }
    Ok(answered)
}

/// The usual initializers that the module of a program may answer, by its constants.
pub fn usual_initializers(module: &[u8]) -> Vec<String> {
    let constants = compared_constants(&[], Some(module));
    let is_answered = |function: &Function| {
        let selector = u32::from_be_bytes(function.selector().0);
        function.name.starts_with("init") && constants.contains(&selector)
    };
    let found = well_known().filter(is_answered);
    found.map(|function| function.signature()).collect()
}
