//! Accounts whose code is used, and what for.

use super::subject::Subject;
use crate::build::Framework;
use crate::client::ChainError;
use crate::ids::CodeHash;
use crate::model::Role;
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::parts::PARTS;

/// One purpose of an account's code.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Use {
    /// The role that needs it.
    pub role: Role,
    /// Of whom.
    pub of: String,
    /// True if an instance, the registry or an open action needs it now. False if only a way back or a new instance of an
    /// old version would.
    pub needed: bool,
}

/// An account whose code is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Account {
    /// The address of the account.
    pub address: Address,
    /// The code hash that was recorded for it.
    pub recorded: Option<CodeHash>,
    /// The uses of its code.
    pub uses: Vec<Use>,
}

/// Records about accounts, and proxies whose code is not known.
#[derive(Debug, Default)]
pub struct Inventory {
    accounts: BTreeMap<Address, Account>,
    /// Proxies with other code than this program would give them.
    pub unknown_proxies: BTreeSet<Address>,
    /// True if the registry is the framework's that is known here.
    pub is_known: bool,
}

impl Inventory {
    /// The accounts, those that users depend on first.
    pub fn into_accounts(self) -> Vec<Account> {
        let mut all: Vec<_> = self.accounts.into_values().collect();
        for account in &mut all {
            account.uses.sort();
            account.uses.dedup();
        }
        all.sort_by_key(|account| account.uses.first().map(|usage| usage.role));
        all
    }

    /// One more purpose of an account's code.
    pub fn add(
        &mut self,
        address: Address,
        recorded: Option<CodeHash>,
        role: Role,
        of: &str,
        needed: bool,
    ) {
        let account = self.accounts.entry(address).or_insert(Account {
            address,
            recorded: None,
            uses: Vec::new(),
        });
        account.recorded = account.recorded.or(recorded);
        account.uses.push(Use {
            role,
            of: of.into(),
            needed,
        });
    }

    /// The registry itself, and its parts.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn front(
        &mut self,
        subject: Subject<'_>,
        parts: &[Address],
    ) -> Result<(), ChainError> {
        let (client, framework) = (subject.registry.client, subject.framework);
        let known: Vec<Address> = framework.parts.iter().map(|part| part.address).collect();
        self.is_known = known == parts;
        let pinned = self.is_known.then(|| framework.registry.codehash());
        self.add(
            subject.registry.address,
            pinned,
            Role::Registry,
            "the registry",
            true,
        );
        for ((address, part), own) in parts.iter().zip(PARTS).zip(&framework.parts) {
            let pinned = self.is_known.then(|| own.artifact.codehash());
            self.add(*address, pinned, Role::RegistryPart, part.package, true);
        }
        // New proxies need the copy that is only there to be activated.
        let copy = framework.proxy.address;
        if self.is_known && !client.code(copy).await?.is_empty() {
            let hash = framework.proxy.artifact.codehash();
            self.add(copy, Some(hash), Role::Proxy, "new instances", true);
            self.admin_path(framework, "new instances");
        }
        Ok(())
    }

    /// Adds the code that every proxy of the framework delegates to beside its implementation.
    pub fn admin_path(&mut self, framework: &Framework, of: &str) {
        let storage = &framework.storage;
        let hash = Some(storage.artifact.codehash());
        self.add(storage.address, hash, Role::UpgradeabilityStorage, of, true);
        let hash = Some(CodeHash::of(&framework.stub.code));
        self.add(framework.stub.address, hash, Role::PauseStub, of, true);
    }
}
