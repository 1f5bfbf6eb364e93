//! The policies of a definition, and the control that follows from them.

use super::exit_window::ExitWindow;
use super::holders::HolderFacts;
use super::paths::CodeControl;
use crate::client::ChainError;
use crate::governance::guardian::{CANCEL, PAUSE};
use crate::governance::policy::current_policy;
use crate::names::Names;
use crate::questions::ask_all;
use crate::registry::Registry;
use alloy::primitives::Address;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use stylus_registry_core::policy::{Policy, parse};
use stylus_upgrades_interface::role::{MIGRATE, POLICY};

/// The policies of a definition, by their roles.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DefinitionPolicies(BTreeMap<String, String>);

impl DefinitionPolicies {
    /// The roles that replace code.
    pub const ROLES_OF_CODE: [&str; 2] = [MIGRATE, POLICY];
    /// The same, and those on which it depends what users have against new code.
    pub const ROLES: [&str; 4] = [MIGRATE, POLICY, PAUSE, CANCEL];

    /// Reads the policies of these roles at the endpoint.
    ///
    /// # Errors
    /// What the chain says.
    pub async fn read(
        registry: Registry<'_>,
        name: &str,
        roles: &[&str],
    ) -> Result<Self, ChainError> {
        let policies = roles.iter().map(async |role| {
            let policy = current_policy(registry, name, role).await?;
            Ok::<_, ChainError>(policy.map(|policy| ((*role).to_owned(), policy)))
        });
        let policies = ask_all(policies).await?.into_iter().flatten();
        Ok(Self(policies.collect()))
    }

    /// The same, with that policy of a role.
    #[must_use]
    pub fn with(mut self, role: &str, expression: &str) -> Self {
        self.0.insert(role.into(), expression.into());
        self
    }

    /// The accounts that approve by any of them.
    pub fn approvers(&self) -> BTreeSet<Address> {
        let policies = Self::ROLES.iter().filter_map(|role| self.policy(role));
        let leaves = policies.flat_map(|policy| policy.approvers);
        leaves.map(|leaf| leaf.address).collect()
    }

    /// The policy of a role; `None` where it has none, or one that cannot be read.
    fn policy(&self, role: &str) -> Option<Policy> {
        parse(self.0.get(role)?.as_bytes()).ok()
    }
}

impl FromIterator<(String, String)> for DefinitionPolicies {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(policies: I) -> Self {
        Self(policies.into_iter().collect())
    }
}

/// Control of a definition: who can replace its code, and what users have against that.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct DefinitionControl {
    /// The accounts that can replace the code.
    #[serde(flatten)]
    pub code: CodeControl,
    /// The same in one sentence, with the names of accounts.
    pub sentence: String,
    /// What users have against it.
    #[serde(skip)]
    pub(super) exit: ExitWindow,
}

impl DefinitionControl {
    /// The control by these policies; `None` where role `migrate` or `policy` has none: the registry itself has no code.
    pub fn new(policies: &DefinitionPolicies, facts: &HolderFacts, names: &Names) -> Option<Self> {
        let (migrate, policy) = (policies.policy(MIGRATE)?, policies.policy(POLICY)?);
        let [pause, cancel] = [PAUSE, CANCEL].map(|role| policies.policy(role));
        let (pause, cancel) = (pause.as_ref(), cancel.as_ref());
        let code = CodeControl::new(&migrate, &policy, facts);
        Some(Self {
            sentence: code.words(names),
            code,
            exit: ExitWindow::new(&migrate, &policy, pause, cancel, facts),
        })
    }
}
