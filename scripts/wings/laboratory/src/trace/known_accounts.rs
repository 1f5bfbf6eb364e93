//! The owners of the accounts that calls go to: the registry's, its instances', their versions', the framework's,
//! the chain's. What a registry says of itself is text from outside and stands in quotes.

use super::account::IdentifiedAccount;
use crate::build::Framework;
use crate::call_tree::Frame;
use crate::client::ChainError;
use crate::error::{Exit, Explain};
use crate::functions::{Functions, interfaces, of_the_chain};
use crate::interface::Callable;
use crate::layout::Documents;
use crate::model::{Instance, RecordedCode, runs};
use crate::names::Names;
use crate::registry::{self, Registry};
use alloy::primitives::Address;
use futures::stream::{self, StreamExt, TryStreamExt};
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::parts::PARTS;

/// Accounts that the registry is asked about, at most.
const ACCOUNTS_MAX: usize = 256;
/// Requests on their way at once.
const AT_ONCE: usize = 16;

/// The accounts that are known.
#[derive(Debug, Default)]
pub struct KnownAccounts {
    accounts: BTreeMap<Address, IdentifiedAccount>,
    /// Code of versions and scripts, by what it is in each definition that has it.
    code: BTreeMap<Address, BTreeMap<String, IdentifiedAccount>>,
    names: Names,
    /// The facts that could not be found out.
    pub missing: Vec<String>,
}

impl KnownAccounts {
    /// Looks up the accounts of these frames, which ran in block `mined_in`: by the manifest's names, the registry, if
    /// one was named, and the layout documents of versions, with their interfaces and steps.
    ///
    /// # Errors
    /// What the chain says. What the registry or a file does not say is noted.
    pub async fn look_up(
        frames: &[Frame],
        mined_in: u64,
        names: Names,
        registry: Option<(Registry<'_>, &Documents)>,
    ) -> Result<Self, ChainError> {
        let mut known = Self {
            names,
            ..Self::default()
        };
        let accounts = accounts_of(frames);
        known.add_framework();
        for account in &accounts {
            if let Some((name, functions)) = of_the_chain(*account) {
                known.add(*account, name, functions);
            }
        }
        let Some((registry, documents)) = registry else {
            known.missing.push(
                "the names of instances and versions: no registry was named (--registry)".into(),
            );
            return Ok(known);
        };
        let added = known
            .add_registry(registry, &accounts, mined_in, documents)
            .await;
        if let Err(error) = added {
            if error.is_unanswered() {
                return Err(error);
            }
            let missing = format!("what the registry {registry} knows: {error}");
            known.missing.push(missing);
        }
        Ok(known)
    }

    /// Returns what is known of the account whose code a frame runs. Code of several definitions is that of
    /// the instance which runs it.
    pub fn find(&self, frame: &Frame) -> Option<&IdentifiedAccount> {
        let to = frame.to?;
        let instance = frame.kind.is_delegated().then_some(frame.from);
        let definition = instance.and_then(|proxy| self.accounts.get(&proxy)?.definition.as_ref());
        let code = definition.and_then(|name| self.code.get(&to)?.get(name));
        code.or_else(|| self.accounts.get(&to))
    }

    /// The account by its alias and by what it is, or its address.
    pub fn title(&self, account: Address) -> String {
        self.title_of(account, self.accounts.get(&account))
    }

    /// The same of an account of which this is known.
    pub fn title_of(&self, account: Address, known: Option<&IdentifiedAccount>) -> String {
        let alias = self.names.short(account);
        if alias != account.to_string() {
            return match known {
                Some(known) if known.name != alias => format!("{alias} ({})", known.name),
                _ => alias,
            };
        }
        match known {
            Some(known) if known.definition.is_some() && known.versions.is_empty() => {
                format!("{} {account}", known.name)
            }
            Some(known) => known.name.clone(),
            None => account.to_string(),
        }
    }

    fn add(&mut self, account: Address, name: &str, functions: Functions) {
        self.accounts.insert(
            account,
            IdentifiedAccount {
                name: name.into(),
                functions,
                ..IdentifiedAccount::default()
            },
        );
    }

    /// Adds the framework's programs, whose addresses follow from their bytes.
    fn add_framework(&mut self) {
        let Ok(framework) = Framework::pinned() else {
            return; // it says so itself wherever it is needed
        };
        let own = interfaces();
        for part in &framework.parts {
            let name = part.artifact.name.as_str();
            self.add(part.address, name, own.registry.clone());
        }
        let proxy = &own.proxy;
        let storage = framework.storage.address;
        self.add(storage, "UpgradeabilityStorage", proxy.clone());
        self.add(framework.stub.address, "pause stub", proxy.clone());
        self.add(framework.proxy.address, "proxy code", proxy.clone());
    }

    async fn add_registry(
        &mut self,
        registry: Registry<'_>,
        accounts: &[Address],
        mined_in: u64,
        documents: &Documents,
    ) -> Result<(), ChainError> {
        let own = interfaces();
        if let Some(parts) = registry::stored::parts(registry).await? {
            for (account, part) in parts.into_iter().zip(PARTS) {
                self.add(account, part.package, own.registry.clone());
            }
            self.add(registry.address, "registry", own.registry.clone());
        }
        let unknown = accounts
            .iter()
            .filter(|account| !self.accounts.contains_key(*account));
        let unknown: Vec<Address> = unknown.copied().collect();
        if unknown.len() > ACCOUNTS_MAX {
            self.missing.push(format!(
                "whether {} of the accounts are instances: the first {ACCOUNTS_MAX} were looked up",
                unknown.len() - ACCOUNTS_MAX
            ));
        }
        let asked: Vec<Address> = unknown.into_iter().take(ACCOUNTS_MAX).collect();
        let mut instances = instances_among(registry, &asked).await?;
        let earlier = self
            .earlier_instances(registry, &asked, &instances, mined_in)
            .await?;
        instances.extend(earlier);
        let definitions: BTreeSet<String> = instances
            .iter()
            .map(|instance| instance.definition.clone())
            .collect();
        for name in definitions {
            let functions = self.add_definition(registry, &name, documents).await?;
            for instance in instances
                .iter()
                .filter(|instance| instance.definition == name)
            {
                let own = if instance.kind.is_adopted() {
                    &own.adopted
                } else {
                    &own.proxy
                };
                let account = IdentifiedAccount {
                    name: format!("instance of {name:?}"),
                    definition: Some(name.clone()),
                    versions: Vec::new(),
                    functions: own.clone().with(&functions),
                };
                self.accounts.insert(instance.proxy, account);
            }
        }
        for (account, code) in &self.code {
            let known = self.accounts.entry(*account);
            known.or_insert_with(|| IdentifiedAccount::from_definitions(code));
        }
        Ok(())
    }

    /// Finds the accounts that were instances in block `mined_in` and went to another registry since.
    async fn earlier_instances(
        &mut self,
        registry: Registry<'_>,
        asked: &[Address],
        instances: &[Instance],
        mined_in: u64,
    ) -> Result<Vec<Instance>, ChainError> {
        let is_known = |account: &Address| instances.iter().any(|found| found.proxy == *account);
        let others: Vec<Address> = asked
            .iter()
            .copied()
            .filter(|account| !is_known(account))
            .collect();
        let client = registry.client.at(mined_in);
        let earlier = Registry {
            client: &client,
            address: registry.address,
        };
        match instances_among(earlier, &others).await {
            Err(error) if !error.is_unanswered() => {
                self.missing.push(format!(
                    "which accounts were instances in block {mined_in}: {error}"
                ));
                Ok(Vec::new())
            }
            found => found,
        }
    }

    /// Adds the code of a definition's versions. Returns the functions of all its versions,
    /// the newest before the others.
    async fn add_definition(
        &mut self,
        registry: Registry<'_>,
        name: &str,
        documents: &Documents,
    ) -> Result<Functions, ChainError> {
        let own = interfaces();
        let labels = registry.labels(name).await?;
        let mut all = Functions::default();
        for found in registry.versions_of(name, labels).await? {
            let code = &found.code;
            let functions = self.read_functions(name, code, documents).await?;
            all = functions.clone().with(&all);
            for step in found.steps.iter().filter(|step| runs(step).runs_script()) {
                let script = self.code_of(name, step.script);
                script.add_script_step(name, &step.from, &found.version);
                let declared = script.functions.clone().with(&functions);
                script.functions = declared.with(&own.implementation);
            }
            let implementation = self.code_of(name, code.implementation);
            let answers = implementation.functions.clone().with(&functions);
            implementation.functions = answers.with(&own.implementation);
            implementation.versions.push(found.version);
            let versions = implementation.versions.iter();
            let versions: Vec<String> = versions.map(|version| format!("{version:?}")).collect();
            implementation.name = format!("{name:?} {}", versions.join(" = "));
        }
        Ok(all)
    }

    /// Returns what an account is in a definition.
    fn code_of(&mut self, definition: &str, account: Address) -> &mut IdentifiedAccount {
        let code = self.code.entry(account).or_default();
        code.entry(definition.to_owned())
            .or_insert_with(|| IdentifiedAccount {
                definition: Some(definition.to_owned()),
                ..IdentifiedAccount::default()
            })
    }

    /// Reads the functions of a version: the interface and the steps of its layout document.
    async fn read_functions(
        &mut self,
        name: &str,
        code: &RecordedCode,
        documents: &Documents,
    ) -> Result<Functions, ChainError> {
        let mut functions = Functions::default();
        match documents.get(code.layout).await {
            Ok(known) => {
                let document = known.value();
                if let Some(callable) = document.and_then(Callable::of_document) {
                    functions = Functions::of_abi(&callable.abi);
                }
                let declared = document.and_then(|known| known.steps.as_ref());
                let declared = declared.into_iter().flatten();
                let signatures = declared.map(|step| step.signature.as_str());
                functions = functions.with(&Functions::of_signatures(signatures));
            }
            Err(error) if error.exit() == Exit::Chain => return Err(error),
            Err(error) => self.missing.push(format!("functions of {name:?}: {error}")),
        }
        Ok(functions)
    }
}

/// The accounts that are instances of the registry.
async fn instances_among(
    registry: Registry<'_>,
    accounts: &[Address],
) -> Result<Vec<Instance>, ChainError> {
    let asked = accounts
        .iter()
        .map(|account| registry.known_instance(*account));
    let found: Vec<_> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    Ok(found.into_iter().flatten().collect())
}

/// Every account whose code ran or that called, in the order of the calls.
fn accounts_of(frames: &[Frame]) -> Vec<Address> {
    let mut seen = BTreeSet::new();
    let accounts = frames
        .iter()
        .flat_map(|frame| frame.to.into_iter().chain([frame.from]));
    accounts.filter(|account| seen.insert(*account)).collect()
}
