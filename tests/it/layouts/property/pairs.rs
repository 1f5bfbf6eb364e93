//! Random pairs of versions. They extend those of the layout crate's own property test by declared
//! renames, and by fields in an ERC-7201 namespace before or after the others.

use std::collections::{BTreeMap, BTreeSet};

use stylus_layout::{Layout, Overrides, Plan, Unsupported, plan, skeleton};

use super::random::{self, Model, Rng, Ty, Var};
use super::rust::GAP;
use super::values;

/// The one namespace that fields may lie in.
pub(super) const NAMESPACE: &str = "pairs.space";

/// A version: all its fields, and the names of those that lie in the namespace.
#[derive(Clone, Debug)]
pub(super) struct Version {
    pub(super) model: Model,
    pub(super) spaced: BTreeSet<String>,
}

impl Version {
    /// The fields counted from slot 0, or those of the namespace.
    pub(super) fn vars(&self, spaced: bool) -> Vec<Var> {
        let all = self.model.vars.iter();
        all.filter(|(name, _)| self.spaced.contains(name) == spaced)
            .cloned()
            .collect()
    }

    fn layout(&self) -> Layout {
        let part = |spaced| {
            let vars = self.vars(spaced);
            Model {
                vars,
                ..self.model.clone()
            }
            .layout()
        };
        let (mut layout, space) = (part(false), part(true));
        layout.types.extend(space.types);
        if !space.storage.is_empty() {
            let name = format!("erc7201:{NAMESPACE}");
            layout.namespaces.insert(name, space.storage);
        }
        layout
    }
}

/// Two versions and the migration between them.
#[derive(Debug)]
pub(super) struct Pair {
    pub(super) seed: u64,
    pub(super) old: Version,
    pub(super) new: Version,
    /// New names and the old ones that are declared for them.
    pub(super) renamed: BTreeMap<String, String>,
    pub(super) dropped: Vec<String>,
    pub(super) plan: Plan,
    /// The Rust that `skeleton` wrote.
    pub(super) rust: String,
}

impl Pair {
    /// The pair of a seed, or why it has no generated migration.
    pub(super) fn random(seed: u64) -> Result<Self, Unsupported> {
        let mut rng = Rng(seed);
        let model = random::model(&mut rng);
        let spaced = space(&mut rng, &model, BTreeSet::new());
        let old = Version { model, spaced };
        let mut model = old.model.clone();
        values::evolve(&mut rng, &mut model);
        let renamed = rename(&mut rng, &old, &mut model);
        let mut spaced = old.spaced.clone();
        for (new, from) in &renamed {
            if spaced.remove(from) {
                spaced.insert(new.clone());
            }
        }
        let spaced = space(&mut rng, &model, spaced);
        let new = Version { model, spaced };

        let places = renamed.iter().map(|(field, from)| {
            let location = match new.spaced.contains(field) {
                true => format!("erc7201:{NAMESPACE}:{field}"),
                false => field.clone(),
            };
            (location, from.clone())
        });
        let places: Vec<(String, String)> = places.collect();
        let places = places.iter();
        let places = places.map(|(field, from)| (field.as_str(), from.as_str()));
        let mut dropped = values::dropped(&old.model, &new.model);
        dropped.retain(|name| !renamed.values().any(|from| from == name));
        let overrides = dropped
            .iter()
            .fold(Overrides::none(), |all, name| all.drop(name));
        let (before, after) = (old.layout(), values::declared(&new.layout(), places, []));
        let plan = plan(&before, &after, &overrides)?;
        let rust = skeleton(&before, &after, &overrides)?;
        Ok(Self {
            seed,
            old,
            new,
            renamed,
            dropped,
            plan,
            rust,
        })
    }

    /// The path that a new field's path had in the old version.
    pub(super) fn before(&self, path: &str) -> String {
        let end = path.find(['.', '[']).unwrap_or(path.len());
        let (name, rest) = path.split_at(end);
        let name = self.renamed.get(name).map_or(name, String::as_str);
        format!("{name}{rest}")
    }
}

/// Now and then, some more fields lie in the namespace.
fn space(rng: &mut Rng, model: &Model, mut spaced: BTreeSet<String>) -> BTreeSet<String> {
    if rng.roll(4) == 0 {
        for (name, _) in &model.vars {
            if name != GAP && rng.roll(2) == 0 {
                spaced.insert(name.clone());
            }
        }
    }
    spaced
}

/// Now and then, a field that both versions have gets another name.
fn rename(rng: &mut Rng, old: &Version, model: &mut Model) -> BTreeMap<String, String> {
    let both = |name: &str| name != GAP && old.model.vars.iter().any(|(had, _)| had == name);
    let mut renamed = BTreeMap::new();
    let at = rng.roll(model.vars.len());
    if let Some((name, _)) = model.vars.get_mut(at)
        && rng.roll(3) == 0
        && both(name)
    {
        let from = std::mem::replace(name, "renamed".into());
        renamed.insert("renamed".into(), from);
    }
    renamed
}

impl Pair {
    /// What happens to the fields, a sentence for each.
    pub(super) fn kinds(&self) -> Vec<&'static str> {
        let mut kinds = vec!["fields dropped"; self.dropped.len()];
        kinds.extend(self.renamed.iter().map(|_| "fields renamed"));
        let (old, new) = (self.old.locations(), self.new.locations());
        for (name, (ty, now)) in &new {
            let Some((was, before)) = old.get(&self.before(name)) else {
                kinds.push("fields new");
                continue;
            };
            let moved = before != now;
            let widened = was != ty;
            let (spaced, packed) = (now.spaced || before.spaced, now.offset + before.offset > 0);
            for (holds, kind) in [
                (moved, "fields moved"),
                (widened, "fields widened"),
                (moved && packed, "fields packed with others and moved"),
                (spaced, "fields in a namespace"),
                (
                    now.spaced != before.spaced,
                    "fields moved into a namespace or out of it",
                ),
                (matches!(ty, Ty::Map(..)), "maps"),
                (matches!(ty, Ty::List(_)), "dynamic arrays"),
                (
                    moved && matches!(ty, Ty::Bytes | Ty::Str),
                    "bytes and strings moved",
                ),
                (moved && matches!(ty, Ty::Struct(_)), "structs moved"),
                (
                    (moved || widened) && matches!(ty, Ty::Array(..)),
                    "fixed arrays moved or widened",
                ),
            ] {
                if holds {
                    kinds.push(kind);
                }
            }
        }
        kinds
    }
}

/// Where a field lies.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Where {
    spaced: bool,
    slot: usize,
    offset: usize,
}

impl Version {
    /// Types and places by name.
    fn locations(&self) -> BTreeMap<String, (Ty, Where)> {
        let mut locations = BTreeMap::new();
        for spaced in [false, true] {
            let vars = self.vars(spaced);
            for ((name, ty), (slot, offset)) in vars.iter().zip(self.model.location(&vars).0) {
                if name != GAP {
                    locations.insert(
                        name.clone(),
                        (
                            ty.clone(),
                            Where {
                                spaced,
                                slot,
                                offset,
                            },
                        ),
                    );
                }
            }
        }
        locations
    }
}
