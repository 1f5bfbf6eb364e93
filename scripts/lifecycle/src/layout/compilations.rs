//! The files that one run has compiled on this machine and had judged: each once.

use super::solc::NotCompiled;
use super::validator::ValidatorFinding;
use alloy::primitives::{B256, keccak256};
use lru::LruCache;
use serde_json::Value;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};

/// The most outputs that are kept: each can have tens of megabytes.
const KEPT_MAX: NonZeroUsize = NonZeroUsize::new(2).expect("not zero");

/// The compiler's output for a file.
pub(super) type Compilation = Arc<Result<Value, NotCompiled>>;
/// The findings of the validator, or why it did not run.
pub type Judgement = Result<Vec<ValidatorFinding>, String>;

/// The files that one run has compiled and had judged, by their hashes.
#[derive(Debug)]
pub struct Compilations {
    compiled: Mutex<LruCache<B256, Compilation>>,
    /// The key has the contract too.
    judged: Mutex<BTreeMap<(B256, String), Judgement>>,
}

impl Default for Compilations {
    fn default() -> Self {
        Self {
            compiled: Mutex::new(LruCache::new(KEPT_MAX)),
            judged: Mutex::default(),
        }
    }
}

impl Compilations {
    /// The output of `compile` for the file with these bytes; it compiles only the first time.
    pub(super) fn compiled(
        &self,
        bytes: &[u8],
        compile: impl FnOnce() -> Result<Value, NotCompiled>,
    ) -> Compilation {
        let mut kept = self.compiled.lock().unwrap_or_else(PoisonError::into_inner);
        let made = kept.get_or_insert(keccak256(bytes), || Arc::new(compile()));
        made.clone()
    }

    /// The judgement of a contract in the file with these bytes; `judge` runs only the first time.
    pub(super) fn judged(
        &self,
        bytes: &[u8],
        contract: String,
        judge: impl FnOnce() -> Judgement,
    ) -> Judgement {
        let mut kept = self.judged.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (keccak256(bytes), contract);
        kept.entry(key).or_insert_with(judge).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_file_is_compiled_once() {
        let (all, mut times) = (Compilations::default(), 0);
        for bytes in ["a", "b", "a", "b"] {
            all.compiled(bytes.as_bytes(), || {
                times += 1;
                Ok(json!(bytes))
            });
        }
        assert_eq!(times, 2);
        let kept = all.compiled(b"a", || panic!("it is there"));
        assert_eq!(*kept, Ok(json!("a")));
    }

    #[test]
    fn a_contract_of_a_file_is_judged_once() {
        let (all, mut times) = (Compilations::default(), 0);
        for contract in ["a.sol:A", "a.sol:B", "a.sol:A"] {
            let judged = all.judged(b"a", contract.into(), || {
                times += 1;
                Err(contract.into())
            });
            assert_eq!(judged, Err(contract.to_owned()));
        }
        assert_eq!(times, 2);
    }
}
