//! Accounts that a policy names, and what is known of those that are contracts.

use crate::client::{ChainError, Client};
use crate::names::Names;
use crate::questions::ask_all;
use alloy::primitives::Address;
use alloy::sol;
use futures::try_join;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::chain::DESIGNATOR_PREFIX;

sol! {
    /// A Safe, or another contract of several owners.
    interface ISafe {
        function getThreshold() external view returns (uint256);
        function getOwners() external view returns (address[] memory);
    }
}

/// Owners of one Safe that are counted, at most. A contract that names more counts as one account.
const OWNERS_MAX: usize = 64;

/// An account that a policy names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum ControlHolder {
    /// An account with a key.
    Key {
        /// The account.
        account: Address,
    },
    /// A contract that acts for some of its owners, by its own word.
    Safe {
        /// The account of the contract.
        account: Address,
        /// The number of owners that it takes.
        threshold: usize,
        /// Its owners.
        owners: Vec<Address>,
    },
    /// Any other contract: nobody knows here who decides for it.
    Contract {
        /// The account of the contract.
        account: Address,
    },
}

impl ControlHolder {
    /// The accounts that it counts for.
    pub(super) fn accounts(&self) -> &[Address] {
        match self {
            Self::Key { account } | Self::Contract { account } => std::slice::from_ref(account),
            Self::Safe { owners, .. } => owners,
        }
    }

    /// Returns true if one key decides for it.
    pub(super) fn is_one_key(&self) -> bool {
        match self {
            Self::Key { .. } => true,
            Self::Safe { threshold, .. } => *threshold == 1,
            Self::Contract { .. } => false,
        }
    }

    /// It in words: a name, or `2 of 3 owners of the Safe Treasury`.
    pub(super) fn words(&self, names: &Names) -> String {
        match self {
            Self::Key { account } => names.short(*account),
            Self::Contract { account } => format!("the contract {}", names.short(*account)),
            Self::Safe {
                account,
                threshold,
                owners,
            } => {
                let (owners, safe) = (owners.len(), names.short(*account));
                format!("{threshold} of {owners} owners of the Safe {safe}")
            }
        }
    }
}

/// The contracts among the accounts of policies. All other accounts have keys.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HolderFacts(BTreeMap<Address, ControlHolder>);

impl HolderFacts {
    /// Reads them at the endpoint, in two rounds: code, and the owners of contracts.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn read(client: &Client, accounts: BTreeSet<Address>) -> Result<Self, ChainError> {
        let read = accounts.into_iter().map(async |account| {
            let code = client.code(account).await?;
            // An account that delegates (EIP-7702) still has its key.
            if code.is_empty() || code.starts_with(&DESIGNATOR_PREFIX) {
                return Ok(None);
            }
            let holder = read_contract(client, account).await?;
            Ok::<_, ChainError>(Some((account, holder)))
        });
        Ok(Self(ask_all(read).await?.into_iter().flatten().collect()))
    }

    /// The holder of an account that approves.
    pub(super) fn holder(&self, account: Address) -> ControlHolder {
        let known = self.0.get(&account).cloned();
        known.unwrap_or(ControlHolder::Key { account })
    }
}

impl FromIterator<ControlHolder> for HolderFacts {
    fn from_iter<I: IntoIterator<Item = ControlHolder>>(holders: I) -> Self {
        let of_contracts = holders.into_iter().filter_map(|holder| match holder {
            ControlHolder::Key { .. } => None,
            ControlHolder::Safe { account, .. } | ControlHolder::Contract { account } => {
                Some((account, holder))
            }
        });
        Self(of_contracts.collect())
    }
}

/// Reads who decides for a contract. One that does not answer as a Safe is any contract.
async fn read_contract(client: &Client, account: Address) -> Result<ControlHolder, ChainError> {
    let (threshold, owners) = (ISafe::getThresholdCall {}, ISafe::getOwnersCall {});
    let read = try_join!(
        client.call(account, &threshold),
        client.call(account, &owners)
    );
    match read {
        Ok((threshold, owners)) => {
            let threshold = usize::try_from(threshold).unwrap_or(usize::MAX);
            Ok(safe_or_contract(account, threshold, owners))
        }
        Err(error) if error.is_no_answer() => Ok(ControlHolder::Contract { account }),
        Err(error) => Err(error),
    }
}

/// A Safe, where its threshold and its owners can be those of one.
fn safe_or_contract(account: Address, threshold: usize, owners: Vec<Address>) -> ControlHolder {
    let distinct: BTreeSet<&Address> = owners.iter().collect();
    let is_safe = (1..=owners.len()).contains(&threshold)
        && distinct.len() == owners.len()
        && owners.len() <= OWNERS_MAX;
    if is_safe {
        ControlHolder::Safe {
            account,
            threshold,
            owners,
        }
    } else {
        ControlHolder::Contract { account }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contract_whose_numbers_no_safe_can_have_is_any_contract() {
        let account = Address::repeat_byte(9);
        let [ana, ben] = [1, 2].map(Address::with_last_byte);
        let many = (0..=OWNERS_MAX).map(|n| Address::left_padding_from(&n.to_be_bytes()));
        for (threshold, owners, is_safe) in [
            (1, vec![ana], true),
            (2, vec![ana, ben], true),
            (0, vec![ana], false),
            (3, vec![ana, ben], false),
            (2, vec![ana, ana], false),
            (1, Vec::new(), false),
            (1, many.collect(), false),
        ] {
            let holder = safe_or_contract(account, threshold, owners.clone());
            let found = matches!(holder, ControlHolder::Safe { .. });
            assert_eq!(found, is_safe, "{threshold} of {owners:?}");
        }
    }
}
