//! Whether an item comes twice in a list, found in as many passes as it takes so that memory does not
//! grow with the list.

use super::Listed;
use crate::migration::MigrationError;
use alloy::primitives::{B256, U256};
use std::hash::{BuildHasher, RandomState};

/// Hashes that are held at once: two megabytes.
const HASHES: u64 = 1 << 18;

impl Listed {
    /// Refuses a list of single words that has one of them twice. (Where items have several, the
    /// ids strictly rise.)
    ///
    /// # Errors
    /// Such a line, with the other one.
    pub(super) fn refuse_duplicates(&mut self) -> Result<(), MigrationError> {
        if self.columns != 1 || self.count < 2 {
            return Ok(());
        }
        let (state, passes) = (RandomState::new(), self.count.div_ceil(HASHES));
        for pass in 0..passes {
            let mut hashes = Vec::new();
            self.seek(0)?;
            while let Some((item, _)) = self.advance()? {
                let hash = state.hash_one(item.first());
                if hash % passes == pass {
                    hashes.push(hash);
                }
            }
            hashes.sort_unstable();
            let twice = hashes.windows(2).filter_map(|pair| match pair {
                [one, other] if one == other => Some(*one),
                _ => None,
            });
            for hash in twice {
                self.refuse_equals(|item| state.hash_one(item.first()) == hash)?;
            }
        }
        Ok(())
    }

    /// Refuses two equal ones among the items that are looked for.
    fn refuse_equals(&mut self, is: impl Fn(&[B256]) -> bool) -> Result<(), MigrationError> {
        let mut found: Vec<(B256, u64)> = Vec::new();
        self.seek(0)?;
        while let Some((item, _)) = self.advance()? {
            let word = item.first().copied().unwrap_or_default();
            if !is(&item) {
                continue;
            }
            if let Some((_, first)) = found.iter().find(|(other, _)| *other == word) {
                let found = format!("{} twice", U256::from_be_bytes(word.0));
                let reason = format!("the same item as line {first}");
                return Err(self.malformed(reason, "each item once", found));
            }
            found.push((word, self.at.1));
        }
        Ok(())
    }
}
