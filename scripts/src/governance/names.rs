//! Addresses shown by the names that the manifest has for them.

use crate::manifest::Manifest;
use alloy::primitives::Address;
use std::collections::BTreeMap;

/// Digits of an address behind its `0x`.
const DIGITS: usize = 40;

/// Names by address.
#[derive(Debug, Clone, Default)]
pub struct Names(BTreeMap<Address, String>);

impl Names {
    /// The aliases of a manifest. Of several for one address, the first in alphabetical order.
    pub fn of(manifest: &Manifest) -> Self {
        let mut names = BTreeMap::new();
        for (alias, address) in &manifest.aliases {
            names.entry(*address).or_insert_with(|| alias.clone());
        }
        Self(names)
    }

    /// Every account that has a name.
    pub fn accounts(&self) -> impl Iterator<Item = Address> + '_ {
        self.0.keys().copied()
    }

    /// The name alone, or the address where there is none.
    pub fn short(&self, address: Address) -> String {
        self.0
            .get(&address)
            .cloned()
            .unwrap_or_else(|| address.to_string())
    }

    /// Name and address, or the address where there is no name.
    pub fn long(&self, address: Address) -> String {
        match self.0.get(&address) {
            Some(name) => format!("{name} ({address})"),
            None => address.to_string(),
        }
    }

    /// Names in a row, separated by commas.
    pub fn list(&self, addresses: &[Address]) -> String {
        let names: Vec<_> = addresses.iter().map(|one| self.short(*one)).collect();
        names.join(", ")
    }

    /// A policy with every address in it replaced by its name, where there is one.
    pub fn policy(&self, expression: &str) -> String {
        let mut named = String::with_capacity(expression.len());
        let mut rest = expression;
        while let Some(start) = rest.find("0x") {
            let (before, from) = rest.split_at(start);
            named.push_str(before);
            let word = from.get(..2 + DIGITS).unwrap_or(from);
            match word.parse::<Address>() {
                Ok(address) if word.len() == 2 + DIGITS => {
                    named.push_str(self.0.get(&address).map_or(word, String::as_str));
                }
                _ => named.push_str(word),
            }
            rest = &from[word.len()..];
        }
        named.push_str(rest);
        named
    }
}

impl FromIterator<(Address, String)> for Names {
    fn from_iter<I: IntoIterator<Item = (Address, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}
