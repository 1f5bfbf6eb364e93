//! Instances that came from elsewhere: who created them and with which data, and what ran on these since. Code says
//! nothing about storage, and a genuine registry says nothing about who governed it. So an arrival is a finding that no
//! code hash clears: it stays until it is accepted by its id, which names the instance.

use crate::assess::{Finding, FindingId, FindingKind, Part, Severity};
use crate::build::added_by;
use crate::client::{ChainError, Client};
use crate::context::Unverified;
use crate::context::prelude::*;
use crate::governance::{creation, definitions, kind_in_words, step_in_words};
use crate::ids::{CodeHash, TxHash};
use crate::model::{Definition, ListedInstance, definition_id};
use crate::questions::ask_all;
use crate::registry::{Registry, Topics, all_logs};
use alloy::rpc::types::Log;
use alloy::sol_types::{SolEvent, SolEventInterface};
use std::collections::BTreeMap;
use stylus_upgrades_interface::adopted::is_adopted;
use stylus_upgrades_interface::proxy::IUpgradeabilityProxy as proxy_abi;
use stylus_upgrades_interface::registry::IRegistry::IRegistryEvents as Event;
use stylus_upgrades_interface::registry::Step;

/// Registries that one proxy is followed through, at most.
const HOLDERS_MAX: usize = 16;

/// A finding for each of these instances that came from elsewhere, as their definition's `events` tell, or, where these
/// are not at hand, the registry's views.
///
/// # Errors
/// Errors of the chain.
pub(crate) async fn of_these(
    session: Session<'_>,
    instances: &[ListedInstance],
    events: Option<&Definition>,
) -> Result<Vec<Finding>> {
    let have_arrived = instances
        .iter()
        .map(async |ListedInstance { instance, .. }| {
            if let Some(events) = events {
                return Ok(events.arrived.contains(&instance.proxy));
            }
            let details = session.registry.details(instance.proxy).await?;
            Ok::<_, ChainError>(details.arrived || !details.created)
        });
    let have_arrived = ask_all(have_arrived).await?;
    let arrived = instances
        .iter()
        .zip(have_arrived)
        .filter(|(_, has_arrived)| *has_arrived);
    let findings = arrived.map(|(ListedInstance { instance, .. }, _)| {
        let (proxy, holder) = (instance.proxy, session.registry.address);
        finding(session, proxy, holder, &instance.definition)
    });
    ask_all(findings).await
}

/// The same of a proxy that a definition is to accept.
///
/// # Errors
/// The errors of [`of_these`].
pub(crate) async fn of_acceptance(
    session: Session<'_>,
    call: &abi::acceptTransferCall,
) -> Result<Option<Finding>> {
    if call.registry.is_zero() {
        return Ok(None);
    }
    let found = finding(session, call.proxy, call.registry, &call.name).await?;
    Ok(Some(found))
}

/// Returns the finding about the origin of a proxy of `holder`. The proxy belongs, or is to belong, to the definition
/// `name` of the session's registry.
async fn finding(
    session: Session<'_>,
    proxy: Address,
    holder: Address,
    name: &str,
) -> Result<Finding> {
    let mut custody = Custody {
        session,
        proxy,
        name,
        lines: Vec::new(),
        arrived: None,
        unproven: None,
    };
    custody.follow(holder).await?;
    let (says, found) = match &custody.unproven {
        None => (
            format!("{proxy} came from another registry: its data are what ran there made them"),
            "a birth that is proven, and data that others wrote".to_owned(),
        ),
        Some(why) => (
            format!(
                "nothing proves the birth of {proxy}: its data may be anything, whatever its code is"
            ),
            why.clone(),
        ),
    };
    let id = FindingId::at(FindingKind::Arrival, proxy);
    let next = format!(
        "compare who created it, with which data, and what ran on these, as `stylus-upgrades status {proxy}` shows them; \
         to accept it: {}; for the whole project: `arrivals` in the manifest",
        FindingId::flag([&id])
    );
    let of_project = word_of_project(session.context, proxy, &id);
    Ok(Finding {
        about: custody.arrived.map(|tx| tx.to_string()),
        details: of_project.into_iter().chain(custody.lines).collect(),
        ..Finding::new(Part::Instances, Severity::Danger, id, says).with(
            "an instance that this registry created",
            found,
            next,
        )
    })
}

/// A line that the manifest accepts an arrival, with the author of that entry. The entry counts for the project's own
/// commands: an approver is asked nonetheless.
fn word_of_project(context: &Context, proxy: Address, id: &FindingId) -> Option<String> {
    if !context.accepted().is_of_project(id) {
        return None;
    }
    let by = added_by(&context.manifest_file(), &proxy.to_string());
    Some(format!(
        "`arrivals` in the manifest has it, {by}: each approver has to accept it nonetheless"
    ))
}

/// A proxy that is followed back to its creation.
struct Custody<'a> {
    session: Session<'a>,
    proxy: Address,
    /// The definition that has it, or is to.
    name: &'a str,
    lines: Vec<String>,
    /// The transaction that moved it to its current registry.
    arrived: Option<TxHash>,
    /// The reason why its creation is not proven; `None` if it is.
    unproven: Option<String>,
}

/// The position of a log: its block, and its index there.
type Place = (Option<u64>, Option<u64>);

/// Steps that a registry's definitions got, and where.
type Steps = Vec<(Place, abi::StepAdded)>;

/// An event of a registry about the proxy.
struct Told {
    event: Event,
    log: Log,
}

impl Told {
    fn tx(&self) -> TxHash {
        self.log.transaction_hash.unwrap_or_default().into()
    }

    /// Returns true if the event is about a step from one version to another.
    fn is_step(&self) -> bool {
        matches!(
            self.event,
            Event::InstanceUpgraded(_) | Event::MigrationStarted(_)
        )
    }

    fn place(&self) -> Place {
        (self.log.block_number, self.log.log_index)
    }
}

/// The steps that the definitions of a registry got, in their order.
async fn steps_of(registry: Registry<'_>) -> Result<Steps, ChainError> {
    let topics: Topics<'_> = [&[abi::StepAdded::SIGNATURE_HASH], &[], &[]];
    let logs = all_logs(registry.client, registry.address, topics).await?;
    let steps = logs.into_iter().filter_map(|log| {
        let place = (log.block_number, log.log_index);
        Some((place, log.log_decode::<abi::StepAdded>().ok()?.inner.data))
    });
    Ok(steps.collect())
}

impl<'a> Custody<'a> {
    /// Follows it from the registry that has it now to the one that created it.
    async fn follow(&mut self, holder: Address) -> Result<()> {
        let (mut at, mut before) = (holder, None);
        let mut stays = Vec::new();
        loop {
            if stays.len() == HOLDERS_MAX {
                let why = format!(
                    "{HOLDERS_MAX} holders, and {at} before them: it is followed no further"
                );
                self.unproven = Some(why.clone());
                stays.push(vec![why]);
                break;
            }
            let Some(registry) = self.known(at).await? else {
                stays.push(vec![format!(
                    "held by {at}, a registry of unknown origin: what it did is not known"
                )]);
                self.unproven = Some(format!("a holder of unknown origin: {at}"));
                break;
            };
            let told = self.told(registry, before).await?;
            let (lines, from) = self.stay(registry, &told).await?;
            stays.push(lines);
            match from {
                Some((sender, place)) => (at, before) = (sender, Some(place)),
                None => break,
            }
        }
        self.lines = stays.into_iter().rev().flatten().collect();
        Ok(())
    }

    /// The registry at an account, where its origin is known.
    async fn known(&self, account: Address) -> Result<Option<Registry<'a>>> {
        let Session { context, registry } = self.session;
        if account == registry.address {
            return Ok(Some(registry));
        }
        match context
            .verified(registry.client, Unverified::of_account(account))
            .await
        {
            Ok(found) => Ok(context.origin_of(account).map(|_| found)),
            Err(Error::Refusal(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The events of a registry about the proxy before that place, in their order.
    async fn told(
        &self,
        registry: Registry<'_>,
        before: Option<Place>,
    ) -> Result<Vec<Told>, ChainError> {
        let proxy = [self.proxy.into_word()];
        let topics: Topics<'_> = [&[], &[], &proxy];
        let logs = all_logs(registry.client, registry.address, topics).await?;
        let told = logs.into_iter().filter_map(|log| {
            let event = Event::decode_raw_log(log.topics(), &log.data().data).ok()?;
            Some(Told { event, log })
        });
        let told = told.filter(|one| before.is_none_or(|before| one.place() < before));
        Ok(told.collect())
    }

    /// Returns the lines of its history at a registry. If it came from another registry, also returns that one and the
    /// position of the arrival.
    async fn stay(
        &mut self,
        registry: Registry<'_>,
        told: &[Told],
    ) -> Result<(Vec<String>, Option<(Address, Place)>)> {
        let is_origin = |one: &Told| {
            matches!(
                one.event,
                Event::ProxyCreated(_) | Event::InstanceAdopted(_)
            )
        };
        let Some(at) = told.iter().rposition(is_origin) else {
            let why = format!("the events of {registry} do not tell how it came there");
            self.unproven = Some(why.clone());
            return Ok((vec![why], None));
        };
        self.arrived = self.arrived.or_else(|| told.get(at).map(Told::tx));
        let names = definitions(registry).await?.into_iter();
        let names: BTreeMap<B256, String> =
            names.map(|name| (definition_id(&name).0, name)).collect();
        let named = |definition: &B256| names.get(definition).cloned().unwrap_or_default();
        let steps = if told.iter().skip(at).any(Told::is_step) {
            steps_of(registry).await?
        } else {
            Steps::new()
        };
        let (mut lines, mut from) = (Vec::new(), None);
        for (index, one) in told.iter().enumerate().skip(at) {
            match &one.event {
                Event::ProxyCreated(event) => {
                    lines.extend(self.creation(registry, event, one).await?);
                }
                Event::InstanceAdopted(event) if is_adopted(event.kind) => {
                    let kind = kind_in_words(event.kind);
                    let why = format!(
                        "a {kind}, which others created: who did, and with which data, is not in any registry"
                    );
                    lines.push(format!("adopted by {registry} in {}: {why}", one.tx()));
                    self.unproven = Some(why);
                }
                Event::InstanceAdopted(event) => {
                    let sender = told[..index].iter().rev().find_map(|one| match &one.event {
                        Event::TransferAccepted(accepted)
                            if accepted.definition == event.definition
                                && !accepted.registry.is_zero() =>
                        {
                            Some(accepted.registry)
                        }
                        _ => None,
                    });
                    let sender = sender.unwrap_or_default();
                    lines.push(format!("came to {registry} from {sender} in {}", one.tx()));
                    if !self.gave(sender, registry, one).await? {
                        self.unproven = Some(format!("no transfer by {sender} in {}", one.tx()));
                    }
                    from = Some((sender, one.place()));
                }
                Event::InstanceUpgraded(event) if !event.from.is_empty() => {
                    let name = named(&event.definition);
                    let way = (event.from.as_str(), event.to.as_str());
                    lines.push(self.step(registry, &steps, &name, way, one).await?);
                }
                Event::MigrationStarted(event) => {
                    let name = named(&event.definition);
                    let way = (event.from.as_str(), event.to.as_str());
                    let (runs, mark) = self.runs(registry, &steps, &name, way, one).await?;
                    lines.push(format!(
                        "complex migration {} → {} began at {registry}, handler {}: {runs}{mark}",
                        event.from, event.to, event.handler
                    ));
                }
                Event::HandlerChanged(event) => {
                    lines.push(format!("handler {} set at {registry}", event.handler));
                }
                Event::InstanceTransferred(event) => {
                    lines.push(format!(
                        "given by {registry} to {} in {}",
                        event.to,
                        one.tx()
                    ));
                }
                _ => {}
            }
        }
        Ok((lines, from))
    }

    /// Returns true if the registry `sender` gave it to the registry `to` in the transaction in which it arrived there.
    async fn gave(&self, sender: Address, to: Registry<'_>, told: &Told) -> Result<bool> {
        let sent = to.client.mined(told.tx(), "a transfer").await?;
        let mut given = sent.events_of::<abi::InstanceTransferred>(sender);
        Ok(given.any(|event| event.proxy == self.proxy && event.to == to.address))
    }

    /// Its creation, whose address must follow from a call in the registry's events.
    async fn creation(
        &mut self,
        registry: Registry<'_>,
        event: &abi::ProxyCreated,
        told: &Told,
    ) -> Result<Vec<String>> {
        let Some(call) = creation(registry, self.proxy, told.tx()).await? else {
            let why = format!("no createProxy in the events of {registry} gives its address");
            self.unproven = Some(why.clone());
            return Ok(vec![why]);
        };
        let version = event.version.as_str();
        let mark = self.mark(registry, &call.name, version, None).await?;
        let (name, tx) = (&call.name, told.tx());
        Ok(vec![
            format!("created by {registry} as {name} {version} in {tx}{mark}"),
            format!("  initData {}", call.initData),
        ])
    }

    /// A step that it took at a registry.
    async fn step(
        &self,
        registry: Registry<'_>,
        steps: &Steps,
        name: &str,
        (from, to): (&str, &str),
        told: &Told,
    ) -> Result<String> {
        let (runs, mark) = self.runs(registry, steps, name, (from, to), told).await?;
        let data = data_of(registry.client, (registry.address, self.proxy), told.tx()).await?;
        let (tx, way) = (told.tx(), format!("{from} → {to}"));
        Ok(format!(
            "upgraded {way} at {registry} in {tx}: {runs}{data}{mark}"
        ))
    }

    /// Describes what ran on the way from one version to another, and marks the parts that the receiving definition
    /// does not know. Steps that were added later do not count.
    async fn runs(
        &self,
        registry: Registry<'_>,
        steps: &Steps,
        name: &str,
        (from, to): (&str, &str),
        told: &Told,
    ) -> Result<(String, String)> {
        let definition = definition_id(name).0;
        let step = steps.iter().find_map(|(place, added)| {
            let is_its_own = added.definition == definition && *place < told.place();
            let is_it = is_its_own && added.to == to && added.step.from == from;
            is_it.then_some(&added.step)
        });
        Ok(match step {
            Some(step) => (
                format!("{}, data {}", step_in_words(step.kind), step.data),
                self.mark(registry, name, to, Some(step)).await?,
            ),
            None => (
                "a path of several steps".into(),
                "  ! what ran on it is not shown here".into(),
            ),
        })
    }

    /// Marks the part that the receiving definition does not know: the code of the version, or the step into it.
    async fn mark(
        &self,
        registry: Registry<'_>,
        name: &str,
        version: &str,
        step: Option<&Step>,
    ) -> Result<String> {
        let code: Option<CodeHash> = registry
            .known_version(name, version)
            .await?
            .map(|known| known.code.codehash);
        let here = self.session.registry;
        let own = here.known_version(self.name, version).await?;
        let has_code = own.as_ref().map(|own| own.code.codehash) == code && code.is_some();
        let has_step = |step: &Step| own.as_ref().is_some_and(|own| own.steps.contains(step));
        Ok(match (has_code, step) {
            (false, _) => format!("  ! {version} of {} here is other code, or none", self.name),
            (true, Some(step)) if !has_step(step) => {
                format!("  ! no step of {} here", self.name)
            }
            (true, _) => String::new(),
        })
    }
}

/// The data of its own that an upgrade ran beside the path, in words.
async fn data_of(
    client: &Client,
    (registry, proxy): (Address, Address),
    tx: TxHash,
) -> Result<String, ChainError> {
    if let Some(input) = client.input_to(proxy, tx).await? {
        let call = proxy_abi::upgradeToAndCallCall::abi_decode(&input);
        return Ok(call.map_or_else(|_| String::new(), |call| own_data(&call.data)));
    }
    if let Some(input) = client.input_to(registry, tx).await? {
        let call = abi::upgradeInstanceCall::abi_decode(&input);
        return Ok(call.map_or_else(|_| String::new(), |call| own_data(&call.data)));
    }
    Ok(format!(
        "  ! within another call: stylus-upgrades trace {tx} shows its data"
    ))
}

fn own_data(data: &Bytes) -> String {
    if data.is_empty() {
        String::new()
    } else {
        format!(", with data of its own {data}")
    }
}
