//! The answers of a registry's views. Nothing else asks them.

use crate::ids::{ActionId, CodeHash};
use crate::model::definition::{
    Acceptance, Definition, Details, Head, Instance, ListedInstance, Readiness, RecordedCode,
    Slice, Version,
};
use crate::model::kinds::ProxyKind;
use crate::questions::ask_all;
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use futures::try_join;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter};
use std::ops::Range;
use stylus_upgrades_interface::registry::IRegistry as abi;
use stylus_upgrades_interface::registry::Step;

/// Entries asked for in one call of a paged view.
const PAGE: u32 = 50;
/// Instances asked for in one call of `instancePage`: proxies that burn all the gas that they get fit an `eth_call`.
pub const INSTANCE_PAGE: u32 = 100;

/// A place where a registry's views are asked: an endpoint, or a copy of a chain.
#[allow(async_fn_in_trait)] // what it is used by knows whether it is sent between threads
pub trait Views {
    /// The reason why there is no answer.
    type Error;

    /// The answer of an account to a typed call.
    async fn view<C: SolCall>(&self, account: Address, call: &C) -> Result<C::Return, Self::Error>;

    /// The block that is read.
    async fn block(&self) -> Result<Block, Self::Error>;

    /// Returns true if the account itself refused the call.
    fn is_refused(error: &Self::Error) -> bool;

    /// The error where that block was replaced by another one while it was read.
    fn replaced(&self, block: Block) -> Self::Error;

    /// The error where answers contradict each other, in these words.
    fn contradicted(&self, found: String) -> Self::Error;
}

/// The block that something was read at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Block {
    /// Its number.
    pub number: u64,
    /// Its hash.
    pub hash: B256,
    /// Its time, Unix seconds.
    pub time: u64,
}

/// A step of the path to a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathStep {
    /// The version that it reaches.
    pub to: String,
    /// The step.
    pub step: Step,
}

/// The answers of the views about a definition, all at one block.
#[derive(Debug, Clone)]
pub struct Seen {
    /// The block.
    pub block: Block,
    /// The answer to one question; nothing of the registry itself.
    pub head: Option<Head>,
    /// The versions and instances that were asked for.
    pub slice: Slice,
    /// The definition with them.
    pub definition: Definition,
    /// The actions that are open.
    pub open: Vec<ActionId>,
}

/// The answers of the views about a definition itself.
type OfDefinition = (
    Head,
    Vec<Version>,
    Vec<Instance>,
    BTreeMap<Address, Acceptance>,
);

/// A registry: its address, and where it is asked. Shown as its address.
#[derive(Debug, Clone, Copy)]
pub struct Registry<V> {
    /// The endpoint, or a copy of the chain.
    pub client: V,
    /// Its account.
    pub address: Address,
}

impl<V> Display for Registry<V> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.address.fmt(f)
    }
}

/// Nothing, where the registry refused the question: it does not know what it is asked about.
fn known<V: Views, T>(answer: Result<T, V::Error>) -> Result<Option<T>, V::Error> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if V::is_refused(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

impl<V: Views> Registry<V> {
    async fn ask<C: SolCall>(&self, call: &C) -> Result<C::Return, V::Error> {
        self.client.view(self.address, call).await
    }

    /// Requires that there is a registry at all: only one answers about its own definition.
    pub async fn require_registry(&self) -> Result<(), V::Error> {
        self.head("").await.map(drop)
    }

    /// Requires that the account answers as a registry whose calls are signed by ERC-5267.
    pub async fn require_domain(&self) -> Result<(), V::Error> {
        self.ask(&abi::eip712DomainCall {}).await.map(drop)
    }

    /// Reads what one question tells of a definition.
    pub async fn head(&self, name: &str) -> Result<Head, V::Error> {
        let found = self.ask(&abi::definitionCall { name: name.into() }).await?;
        Ok(Head {
            current: found.current,
            sequence: found.sequence,
            versions: found.versions,
            instances: found.instances,
            state: found.state.into(),
        })
    }

    /// Like [`Self::head`]; nothing where there is no such definition.
    pub async fn known_head(&self, name: &str) -> Result<Option<Head>, V::Error> {
        known::<V, _>(self.head(name).await)
    }

    /// A version.
    pub async fn version(&self, name: &str, label: &str) -> Result<Version, V::Error> {
        let (name, version) = (name.into(), label.into());
        let found = self.ask(&abi::getVersionCall { name, version }).await?;
        Ok(Version {
            version: label.into(),
            code: found.code.into(),
            sequence: found.sequence,
            steps: found.steps,
        })
    }

    /// Like [`Self::version`]; nothing where there is no such version.
    pub async fn known_version(
        &self,
        name: &str,
        label: &str,
    ) -> Result<Option<Version>, V::Error> {
        known::<V, _>(self.version(name, label).await)
    }

    /// The code of a version.
    pub async fn code(&self, name: &str, label: &str) -> Result<RecordedCode, V::Error> {
        Ok(self.version(name, label).await?.code)
    }

    /// The labels of a definition's versions in order of registration.
    pub async fn labels(&self, name: &str) -> Result<Vec<String>, V::Error> {
        self.labels_in(name, 0..usize::MAX).await
    }

    /// Like [`Self::labels`], those at some positions alone.
    pub async fn labels_in(
        &self,
        name: &str,
        range: Range<usize>,
    ) -> Result<Vec<String>, V::Error> {
        let page = |start, count| abi::versionsCall {
            name: name.into(),
            start,
            count,
        };
        self.pages(range, page).await
    }

    /// A definition's versions in order of registration.
    pub async fn versions(&self, name: &str) -> Result<Vec<Version>, V::Error> {
        let labels = self.labels(name).await?;
        self.versions_of(name, labels).await
    }

    /// The versions of a definition that have that code, in their order.
    pub async fn with_code(&self, name: &str, code: CodeHash) -> Result<Vec<Version>, V::Error> {
        let mut all = self.versions(name).await?;
        all.retain(|version| version.code.codehash == code);
        Ok(all)
    }

    /// The first of them.
    pub async fn first_with(
        &self,
        name: &str,
        code: CodeHash,
    ) -> Result<Option<Version>, V::Error> {
        Ok(self.with_code(name, code).await?.into_iter().next())
    }

    /// The versions of these labels.
    pub async fn versions_of(
        &self,
        name: &str,
        labels: Vec<String>,
    ) -> Result<Vec<Version>, V::Error> {
        let all = labels.iter().map(|label| self.version(name, label));
        ask_all(all).await
    }

    /// An instance.
    pub async fn instance(&self, proxy: Address) -> Result<Instance, V::Error> {
        let found = self.ask(&abi::instanceOfCall { proxy }).await?;
        Ok(Instance {
            proxy,
            definition: found.name,
            version: found.version,
            kind: found.kind.into(),
            state: found.state.into(),
        })
    }

    /// Like [`Self::instance`]; nothing where it is none.
    pub async fn known_instance(&self, proxy: Address) -> Result<Option<Instance>, V::Error> {
        known::<V, _>(self.instance(proxy).await)
    }

    /// The proxies of a definition's instances in order of creation.
    pub async fn proxies(&self, name: &str) -> Result<Vec<Address>, V::Error> {
        self.proxies_in(name, 0..usize::MAX).await
    }

    /// Like [`Self::proxies`], those at some positions alone.
    pub async fn proxies_in(
        &self,
        name: &str,
        range: Range<usize>,
    ) -> Result<Vec<Address>, V::Error> {
        let page = |start, count| abi::instancesCall {
            name: name.into(),
            start,
            count,
        };
        self.pages(range, page).await
    }

    /// A definition's instances in order of creation.
    pub async fn instances(&self, name: &str) -> Result<Vec<Instance>, V::Error> {
        self.instances_in(name, 0..usize::MAX).await
    }

    /// Like [`Self::instances`], those at some positions alone.
    pub async fn instances_in(
        &self,
        name: &str,
        range: Range<usize>,
    ) -> Result<Vec<Instance>, V::Error> {
        let listed = self.listed_instances(name, range, INSTANCE_PAGE).await?;
        Ok(listed.into_iter().map(|listed| listed.instance).collect())
    }

    /// The instances at some positions in order of creation, with what they run. Asks for whole pages of `page_size`, so
    /// that several readers of a definition ask the same.
    ///
    /// # Errors
    /// Pages that leave an instance out, or have one twice: the definition says how many it has.
    pub async fn listed_instances(
        &self,
        name: &str,
        range: Range<usize>,
        page_size: u32,
    ) -> Result<Vec<ListedInstance>, V::Error> {
        let page_len = (page_size as usize).max(1);
        let count = self.head(name).await?.instances as usize;
        let end = range.end.min(count);
        let expected = end.saturating_sub(range.start);
        let first = range.start - range.start % page_len;
        let positions = if expected > 0 { first..end } else { 0..0 };
        let starts = positions.step_by(page_len);
        let pages = starts.clone().map(async |start| {
            let call = abi::instancePageCall {
                name: name.into(),
                start: u32::try_from(start).unwrap_or(u32::MAX),
                count: page_size,
            };
            self.ask(&call).await
        });
        let pages = ask_all(pages).await?;
        let entries = starts
            .zip(pages)
            .flat_map(|(start, page)| (start..).zip(page));
        let wanted = entries.filter(|(position, _)| range.contains(position));
        let listed: Vec<ListedInstance> = wanted
            .map(|(_, entry)| ListedInstance::new(name, entry))
            .collect();
        let proxies: BTreeSet<Address> =
            listed.iter().map(|listed| listed.instance.proxy).collect();
        if listed.len() != expected || proxies.len() != expected {
            let found = proxies.len();
            return Err(self.client.contradicted(format!(
                "{found} different instances of {name:?} in its pages, where {expected} of {count} are wanted"
            )));
        }
        Ok(listed)
    }

    /// Asks where a proxy of that kind and salt is created.
    pub async fn proxy_address(
        &self,
        name: &str,
        kind: ProxyKind,
        salt: B256,
    ) -> Result<Address, V::Error> {
        let (name, kind) = (name.into(), kind.number());
        self.ask(&abi::proxyAddressCall { name, kind, salt }).await
    }

    /// The policy of a role.
    pub async fn policy(&self, name: &str, role: &str) -> Result<String, V::Error> {
        let (name, role) = (name.into(), role.into());
        self.ask(&abi::policyCall { name, role }).await
    }

    /// Returns true if these approvers satisfy the policy of a role now.
    pub async fn satisfies(
        &self,
        name: &str,
        role: &str,
        approvers: Vec<Address>,
    ) -> Result<bool, V::Error> {
        let (name, role) = (name.into(), role.into());
        let call = abi::satisfiesCall {
            name,
            role,
            approvers,
        };
        self.ask(&call).await
    }

    /// The open actions of a definition.
    pub async fn open_actions(&self, name: &str) -> Result<Vec<ActionId>, V::Error> {
        let page = |start, count| abi::pendingCall {
            name: name.into(),
            start,
            count,
        };
        let words = self.pages(0..usize::MAX, page).await?;
        Ok(words.into_iter().map(ActionId).collect())
    }

    /// The action that a governed call is now.
    pub async fn action_of(&self, call: &Bytes) -> Result<ActionId, V::Error> {
        let call = abi::actionOfCall { call: call.clone() };
        self.ask(&call).await.map(ActionId)
    }

    /// Asks how far an action is.
    pub async fn readiness(&self, action: ActionId) -> Result<Readiness, V::Error> {
        let found = self.ask(&abi::readinessCall { action: action.0 }).await?;
        Ok(Readiness {
            approvals: found.progress.approvals,
            required: found.progress.required,
            approved: found.approved,
            missing: found.missing,
            not_before: found.notBefore,
            expires: found.expires,
            blocked_by: found.blockedBy.into(),
        })
    }

    /// Reads what a definition has accepted of a proxy.
    pub async fn acceptance(&self, name: &str, proxy: Address) -> Result<Acceptance, V::Error> {
        let name = name.into();
        let found = self.ask(&abi::acceptedTransferCall { name, proxy }).await?;
        Ok(Acceptance {
            registry: found.registry,
            version: found.version,
            nonce: found.nonce,
        })
    }

    /// Reads what approvals about a proxy are bound to, and where it comes from. Answered for every account.
    pub async fn details(&self, proxy: Address) -> Result<Details, V::Error> {
        let found = self.ask(&abi::instanceDetailsCall { proxy }).await?;
        Ok(Details {
            nonce: found.nonce,
            created: found.created,
            arrived: found.arrived,
            held: found.held,
        })
    }

    /// The block in which an open action was proposed, as a log filter counts blocks.
    pub async fn opened_at(&self, action: ActionId) -> Result<u64, V::Error> {
        self.ask(&abi::openedAtCall { action: action.0 }).await
    }

    /// The path that an instance would take to a version.
    pub async fn path(&self, instance: Address, version: &str) -> Result<Vec<PathStep>, V::Error> {
        let version = version.to_owned();
        let call = abi::planCall { instance, version };
        let found = self.ask(&call).await?;
        let targets = found.steps.iter().skip(1).map(|step| step.from.clone());
        let targets: Vec<String> = targets.chain([call.version]).collect();
        let steps = found.steps.into_iter().zip(targets);
        Ok(steps.map(|(step, to)| PathStep { to, step }).collect())
    }

    /// Reads what the views say of what follows from the events of a definition, of some of its versions and instances,
    /// at one block.
    pub async fn seen(&self, events: &Definition, slice: &Slice) -> Result<Seen, V::Error> {
        let block = self.client.block().await?;
        let name = events.name.as_str();
        let mut definition = Definition::named(name);
        let policies = events.policies.keys().map(async |role| {
            let policy = self.policy(name, role).await?;
            Ok((role.clone(), policy))
        });
        let (of_definition, policies, open) = try_join!(
            async {
                match name {
                    "" => Ok(None),
                    _ => self.definition_in(events, slice).await.map(Some),
                }
            },
            ask_all(policies),
            self.open_actions(name),
        )?;
        definition.policies = policies.into_iter().collect();
        let head = of_definition.map(|(head, versions, instances, accepted)| {
            definition.current.clone_from(&head.current);
            (definition.sequence, definition.state) = (head.sequence, head.state);
            (definition.versions, definition.instances) = (versions, instances);
            definition.accepted = accepted;
            head
        });
        if self.client.block().await? != block {
            return Err(self.client.replaced(block));
        }
        Ok(Seen {
            block,
            head,
            slice: slice.clone(),
            definition,
            open,
        })
    }

    /// Reads what the views say of a definition: its head, and some of its versions and instances, and what it has
    /// accepted.
    async fn definition_in(
        &self,
        events: &Definition,
        slice: &Slice,
    ) -> Result<OfDefinition, V::Error> {
        let name = events.name.as_str();
        // All of them rather than as many as there should be: one more is a difference.
        let range = |range: &Range<usize>, all: usize| {
            if range.len() == all {
                0..usize::MAX
            } else {
                range.clone()
            }
        };
        let versions = async {
            let range = range(&slice.versions, events.versions.len());
            let labels = self.labels_in(name, range).await?;
            self.versions_of(name, labels).await
        };
        let instances = async {
            let range = range(&slice.instances, events.instances.len());
            self.instances_in(name, range).await
        };
        let accepted = events.accepted.keys().map(async |proxy| {
            let accepted = self.acceptance(name, *proxy).await?;
            Ok((*proxy, accepted))
        });
        let (head, versions, instances, accepted) =
            try_join!(self.head(name), versions, instances, ask_all(accepted))?;
        Ok((head, versions, instances, accepted.into_iter().collect()))
    }

    /// The entries at some positions of the view that `page` asks for by start and count.
    async fn pages<C: SolCall<Return = Vec<T>>, T>(
        &self,
        range: Range<usize>,
        page: impl Fn(u32, u32) -> C,
    ) -> Result<Vec<T>, V::Error> {
        let mut all = Vec::new();
        while all.len() < range.len() {
            let start = u32::try_from(range.start.saturating_add(all.len())).unwrap_or(u32::MAX);
            let count = u32::try_from(range.len() - all.len())
                .unwrap_or(PAGE)
                .min(PAGE);
            let found = self.ask(&page(start, count)).await?;
            let is_last = found.len() < count as usize;
            all.extend(found);
            if is_last {
                break;
            }
        }
        Ok(all)
    }
}
