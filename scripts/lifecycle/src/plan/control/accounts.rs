//! The accounts that are tried for an instance: a pure list, from what is known of it.

use crate::names::Names;
use alloy::primitives::{Address, B256};
use std::collections::BTreeSet;

/// Accounts that are tried for one instance, at most.
pub(super) const ACCOUNTS_MAX: usize = 8;

/// The relation of an account to an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) enum AccountRole {
    /// `owner()`.
    Owner,
    /// `pendingOwner()`: ownership was offered to it.
    PendingOwner,
    /// The ERC-1967 admin slot holds it.
    Admin,
    /// `owner()` of that admin.
    AdminOwner,
    /// The account that sends or signs the call.
    Sender,
    /// The events of the instance, or of a contract that it keeps, give it a role or the ownership.
    RoleHolder,
    /// It sent the first `Upgraded` of the instance, which its constructor emits.
    Deployer,
    /// It sent a later `Upgraded` of the instance.
    Upgrader,
    /// A variable or a getter of that name holds it.
    Field(String),
}

/// An account that is tried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::plan) struct ControlAccount {
    /// The account.
    pub(in crate::plan) address: Address,
    /// Its relation to the instance.
    pub(in crate::plan) role: AccountRole,
}

impl ControlAccount {
    /// The account in words.
    pub(in crate::plan) fn words(&self, names: &Names) -> String {
        let account = names.long(self.address);
        match &self.role {
            AccountRole::Owner => format!("{account}, its owner,"),
            AccountRole::PendingOwner => format!("{account}, to whom its ownership is offered,"),
            AccountRole::Admin => format!("{account}, its ERC-1967 admin,"),
            AccountRole::AdminOwner => format!("{account}, the owner of its ERC-1967 admin,"),
            AccountRole::Sender => format!("{account}, the account of this command,"),
            AccountRole::RoleHolder => format!("{account}, who has a role by events,"),
            AccountRole::Deployer => format!("{account}, its deployer,"),
            AccountRole::Upgrader => format!("{account}, who upgraded it before,"),
            AccountRole::Field(name) => format!("{account}, its {name},"),
        }
    }
}

/// Accounts that the endpoint's logs name of an instance.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountEvents {
    /// The accounts that were given a role or the ownership and lost neither, the newest first.
    pub holders: Vec<Address>,
    /// The roles that somebody was given.
    pub roles: Vec<B256>,
    /// The senders of transactions with `Upgraded`, the oldest first.
    pub upgraders: Vec<Address>,
    /// Contracts that the instance keeps, and whose events were read too.
    pub managers: Vec<Address>,
    /// The reason why logs were not read; empty where they were.
    pub unread: String,
}

/// The facts about accounts that may decide over an instance.
#[derive(Debug, Clone, Default)]
pub(super) struct ControlFacts {
    pub(super) owner: Option<Address>,
    pub(super) pending_owner: Option<Address>,
    pub(super) admin: Option<Address>,
    pub(super) admin_owner: Option<Address>,
    /// Variables and getters that hold an address, by name.
    pub(super) fields: Vec<(String, Address)>,
    /// The accounts that logs name.
    pub(super) events: AccountEvents,
    /// The account that sends or signs the call, if it is known.
    pub(super) sender: Option<Address>,
    /// Accounts whose right is that of the registry.
    pub(super) excluded: BTreeSet<Address>,
}

/// The accounts that are tried, and how many are not.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ControlAccounts {
    pub(super) tried: Vec<ControlAccount>,
    pub(super) left_out: usize,
}

impl ControlFacts {
    /// The accounts, the likeliest first. Each is in it once, as what it is first.
    pub(super) fn accounts(&self) -> ControlAccounts {
        let account = |address: Option<Address>, role| {
            address.map(|address| ControlAccount { address, role })
        };
        let known = [
            account(self.owner, AccountRole::Owner),
            account(self.pending_owner, AccountRole::PendingOwner),
            account(self.admin, AccountRole::Admin),
            account(self.admin_owner, AccountRole::AdminOwner),
        ];
        let events = &self.events;
        let all_as = |addresses: &[Address], role: AccountRole| {
            let accounts = addresses.iter().map(|address| ControlAccount {
                address: *address,
                role: role.clone(),
            });
            accounts.collect::<Vec<_>>()
        };
        let (deployer, upgraders) = events.upgraders.split_at(events.upgraders.len().min(1));
        let fields = self.fields.iter().map(|(name, address)| ControlAccount {
            address: *address,
            role: AccountRole::Field(name.clone()),
        });
        let all = known
            .into_iter()
            .flatten()
            .chain(all_as(deployer, AccountRole::Deployer))
            .chain(account(self.sender, AccountRole::Sender))
            .chain(all_as(&events.holders, AccountRole::RoleHolder))
            .chain(fields)
            .chain(all_as(upgraders, AccountRole::Upgrader));
        let mut accounts = ControlAccounts::default();
        let mut seen = self.excluded.clone();
        seen.insert(Address::ZERO);
        for account in all {
            if !seen.insert(account.address) {
                continue;
            }
            if accounts.tried.len() < ACCOUNTS_MAX {
                accounts.tried.push(account);
            } else {
                accounts.left_out += 1;
            }
        }
        accounts
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(byte: u8) -> Address {
        Address::repeat_byte(byte)
    }

    fn addresses(accounts: &ControlAccounts) -> Vec<Address> {
        let tried = accounts.tried.iter();
        tried.map(|account| account.address).collect()
    }

    #[test]
    fn an_account_is_tried_once_as_what_it_is_first() {
        let facts = ControlFacts {
            owner: Some(account(2)),
            pending_owner: Some(Address::ZERO),
            admin: Some(account(9)),
            fields: vec![("keeper".into(), account(2)), ("guard".into(), account(3))],
            events: AccountEvents {
                holders: vec![account(2), account(4)],
                upgraders: vec![account(5), account(4)],
                ..AccountEvents::default()
            },
            excluded: [account(9)].into(),
            ..ControlFacts::default()
        };
        let accounts = facts.accounts();
        let expected = [2, 5, 4, 3].map(account);
        assert_eq!(addresses(&accounts), expected);
        assert_eq!(accounts.tried[0].role, AccountRole::Owner);
        assert_eq!(accounts.tried[1].role, AccountRole::Deployer);
        assert_eq!(accounts.left_out, 0);
    }

    #[test]
    fn at_most_eight_accounts_are_tried_and_the_others_are_counted() {
        let fields = (10..30).map(|byte| (format!("field{byte}"), account(byte)));
        let facts = ControlFacts {
            owner: Some(account(2)),
            sender: Some(account(3)),
            fields: fields.collect(),
            ..ControlFacts::default()
        };
        let accounts = facts.accounts();
        assert_eq!(accounts.tried.len(), ACCOUNTS_MAX);
        assert_eq!(accounts.left_out, 14);
        assert_eq!(addresses(&accounts)[..2], [2, 3].map(account));
    }
}
