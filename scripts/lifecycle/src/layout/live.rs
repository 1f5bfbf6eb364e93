//! Contents of live instances where a new version begins to use storage. A dropped field of an older version leaves its
//! bytes there; the new field would begin with them.

use super::documents::Documents;
use super::error;
use crate::assess::{FindingId, FindingKind};
use crate::client::{ChainError, Client};
use crate::model::{Instance, StepKind};
use crate::registry::runs;
use alloy::primitives::{Address, B256};
use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use std::collections::{BTreeSet, VecDeque};
use stylus_layout::{Layout, Range, Ranges, WordPart};

/// Instances that are looked at, at most: the first and the last ones.
const INSTANCES_MAX: usize = 64;
/// Words of an instance that are looked at, at most.
const WORDS_MAX: usize = 128;
/// Dirty fields that are reported, at most.
const REPORTED_MAX: usize = 16;
/// Earlier versions whose layouts are looked at, at most.
const VERSIONS_MAX: usize = 64;

/// The instances whose storage is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Every instance of the definition.
    All,
    /// One instance.
    Instance(Address),
    /// A proxy that is about to become an instance: the registry does not know what it ran before.
    Newcomer(Address),
}

/// An upgrade of a definition's instances.
#[derive(Debug, Clone, Copy)]
pub struct Upgrade<'a> {
    /// The registry.
    pub registry: Address,
    /// The definition.
    pub name: &'a str,
    /// The version before.
    pub from: &'a str,
    /// The new version.
    pub to: &'a str,
    /// The instances whose storage is meant.
    pub who: Who,
}

/// A field that would not begin empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Dirty {
    /// The namespace, `erc7201:<id>`; empty for fields that are counted from slot 0.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub area: String,
    /// The field.
    pub field: String,
    /// The instance; none where an earlier version used the same entries of a mapping or elements
    /// of an array, which nobody can list.
    pub instance: Option<Address>,
    /// The slot.
    pub slot: Option<B256>,
    /// The value that the field would read there.
    pub value: Option<B256>,
    /// The earlier version and its field that used these bytes.
    pub left_by: Option<String>,
}

/// The result of the search.
#[derive(Debug, Clone, Default)]
pub struct Live {
    /// Fields that would not begin empty.
    pub dirty: Vec<Dirty>,
    /// The reasons why not everything was looked at.
    pub notes: Vec<String>,
}

impl Dirty {
    /// Returns the id that `--accept` takes.
    pub fn id(&self) -> FindingId {
        Self::id_of(&self.area, &self.field)
    }

    /// The same of a field of an area.
    pub fn id_of(area: &str, field: &str) -> FindingId {
        let area = match area {
            "" => String::new(),
            area => format!("{area}:"),
        };
        FindingId::about(FindingKind::Dirty, format!("{area}{field}"))
    }

    /// A line for people.
    pub fn line(&self) -> String {
        let left = self.left_by.as_ref();
        let left = left.map_or(String::new(), |left| format!(", left by {left}"));
        match (self.instance, self.slot, self.value) {
            (Some(instance), Some(slot), Some(value)) => {
                format!(
                    "{}: slot {slot} of {instance} holds {value}{left}",
                    self.field
                )
            }
            _ => format!(
                "{}: its entries may hold what is there already{left}",
                self.field
            ),
        }
    }
}

impl Live {
    fn partial(&mut self, why: String) {
        if !self.notes.contains(&why) {
            self.notes.push(why);
        }
    }
}

/// Looks at what lies where the new layout uses storage that the old one does not, at one block.
///
/// # Errors
/// What the chain says; what was found is no error.
pub async fn look(
    client: &Client,
    documents: &Documents,
    upgrade: Upgrade<'_>,
    old: &Layout,
    new: &Layout,
) -> Result<Live, ChainError> {
    let client = &client.at_one_block().await?;
    let ranges = |layout| Ranges::of(layout).map_err(error::incomparable);
    let used = ranges(old)?;
    let added = ranges(new)?.beyond(&used);
    let mut live = Live::default();
    if added.is_cut() {
        live.partial("the layout is too large to be looked at as a whole".into());
    }
    if added.list().is_empty() {
        return Ok(live);
    }
    let (inline, in_collections): (Vec<&Range>, Vec<&Range>) =
        added.list().iter().partition(|range| range.is_inline());
    let earlier = match upgrade.who {
        Who::Newcomer(proxy) => {
            if !in_collections.is_empty() {
                live.partial(format!("what {proxy} left in mappings is not known"));
            }
            Vec::new()
        }
        Who::All | Who::Instance(_) => {
            earlier(client, documents, upgrade, &used, &mut live).await?
        }
    };
    let left_by = |range: &Range| {
        let mut users = earlier.iter();
        users.find_map(|(version, ranges)| Some(format!("{} of {version}", ranges.user_of(range)?)))
    };
    for range in in_collections {
        let is_known = live
            .dirty
            .iter()
            .any(|dirty| (&dirty.area, &dirty.field) == (&range.area, &range.field));
        if let Some(left_by) = left_by(range).filter(|_| !is_known) {
            live.dirty.push(Dirty {
                area: range.area.clone(),
                field: range.field.clone(),
                left_by: Some(left_by),
                ..Dirty::default()
            });
        }
    }
    let parts = parts(&inline, &mut live);
    if parts.is_empty() {
        return Ok(live);
    }
    let instances = instances(client, upgrade, &mut live).await?;
    let looks = instances
        .iter()
        .flat_map(|proxy| parts.iter().map(move |part| (*proxy, *part)));
    let left_in_collections = live.dirty.len();
    let mut words = stream::iter(looks)
        .map(|(proxy, (range, part))| async move {
            let word = client.storage(proxy, part.slot).await?;
            Ok::<_, ChainError>((proxy, range, part, word))
        })
        .buffered(WORDS_MAX);
    while let Some((proxy, range, part, word)) = words.try_next().await? {
        let value = part.of(word);
        if !value.is_zero() {
            live.dirty.push(Dirty {
                area: range.area.clone(),
                field: range.field.clone(),
                instance: Some(proxy),
                slot: Some(part.slot),
                value: Some(value),
                left_by: left_by(range),
            });
        }
    }
    live.dirty.truncate(left_in_collections.max(REPORTED_MAX));
    Ok(live)
}

/// The words of these ranges, each with its range: as many as are looked at of an instance.
fn parts<'r>(ranges: &[&'r Range], live: &mut Live) -> Vec<(&'r Range, WordPart)> {
    let mut parts = Vec::new();
    for range in ranges {
        let room = WORDS_MAX.saturating_sub(parts.len());
        let words = range.words(room);
        if range.word_count() > words.len() as u64 {
            live.partial(format!("{WORDS_MAX} words of each instance were looked at"));
        }
        parts.extend(words.into_iter().map(|part| (*range, part)));
    }
    parts
}

/// Finds the storage of every version that an instance at the version before may have been at: the versions from which steps
/// lead to that one. A version that only comes after it left nothing in any instance there. Nor did anybody leave what the
/// version before uses as well (`used`): a lazy map over its mapping, say.
async fn earlier(
    client: &Client,
    documents: &Documents,
    upgrade: Upgrade<'_>,
    used: &Ranges,
    live: &mut Live,
) -> Result<Vec<(String, Ranges)>, ChainError> {
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    let mut known = BTreeSet::from([upgrade.from.to_owned()]);
    let mut left = VecDeque::from([upgrade.from.to_owned()]);
    while let Some(version) = left.pop_front() {
        let answer = client
            .registry(upgrade.registry)
            .version(upgrade.name, &version)
            .await?;
        let before = answer.steps.into_iter().map(|step| step.from);
        left.extend(before.filter(|from| !from.is_empty() && known.insert(from.clone())));
        let hash = answer.code.layout;
        if version == upgrade.from || !seen.insert(hash) {
            continue;
        }
        let document = documents.get(hash).await?.into_value();
        match document.and_then(|known| Ranges::of(&known.layout).ok()) {
            Some(ranges) => found.push((version, ranges.beyond(used))),
            None => live.partial(format!("what {version} left in mappings is not known")),
        }
        if known.len() > VERSIONS_MAX {
            live.partial(format!(
                "only {VERSIONS_MAX} earlier versions were looked at"
            ));
            break;
        }
    }
    Ok(found)
}

/// The instances that would come by this step with the storage that they have now.
async fn instances(
    client: &Client,
    upgrade: Upgrade<'_>,
    live: &mut Live,
) -> Result<Vec<Address>, ChainError> {
    let registry = client.registry(upgrade.registry);
    let instances = match upgrade.who {
        Who::Newcomer(proxy) => return Ok(vec![proxy]),
        Who::Instance(proxy) => vec![registry.instance(proxy).await?],
        Who::All => sample(client, upgrade, live).await?,
    };
    let mut found = Vec::new();
    for Instance {
        proxy, version: at, ..
    } in instances
    {
        if at == upgrade.to {
            continue;
        }
        if at != upgrade.from {
            // It comes by other steps first.
            match registry.path(proxy, upgrade.from).await {
                Ok(way) if way.iter().any(|step| runs(&step.step) != StepKind::None) => {
                    live.partial(format!(
                        "instance {proxy} is migrated from {at} to {} first",
                        upgrade.from
                    ));
                    continue;
                }
                Ok(_) => {}
                Err(error) if error.revert().is_some() => continue, // it does not come this way
                Err(error) => return Err(error),
            }
        }
        found.push(proxy);
    }
    Ok(found)
}

/// All instances, or the first and the last ones.
async fn sample(
    client: &Client,
    upgrade: Upgrade<'_>,
    live: &mut Live,
) -> Result<Vec<Instance>, ChainError> {
    let registry = client.registry(upgrade.registry);
    let count = registry.head(upgrade.name).await?.instances;
    let (count, half) = (count as usize, INSTANCES_MAX / 2);
    if count <= INSTANCES_MAX {
        return registry.instances_in(upgrade.name, 0..count).await;
    }
    live.partial(format!(
        "{INSTANCES_MAX} of {count} instances were looked at, the first and the last ones"
    ));
    let mut found = registry.instances_in(upgrade.name, 0..half).await?;
    let last = registry
        .instances_in(upgrade.name, count - half..count)
        .await?;
    found.extend(last);
    Ok(found)
}
