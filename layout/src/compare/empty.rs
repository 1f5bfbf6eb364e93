//! What begins at zero in a new place, where zero means "not yet": an owner that nobody is, an initializer that
//! nobody called. A name that comes back elsewhere is such a place, and so is a mark that opens something.

use std::collections::{BTreeMap, BTreeSet};

use super::places::{Area, names};
use crate::storage::Field;

/// Marks whose zero opens a function to everybody.
const OPENS: [&str; 3] = ["initialized", "initializedversion", "initversion"];

/// A name as it is compared: `_owner` and `owner` are one.
fn name(label: &str) -> String {
    label.replace('_', "").to_lowercase()
}

/// The names of the version before, as they are compared, with the fields that have them.
pub(super) struct EarlierNames<'a, 's> {
    fields: BTreeMap<String, Vec<(&'a Area<'s>, &'a Field<'s>)>>,
    /// Area and name of each field of the new version.
    after: BTreeSet<(&'a str, &'a str)>,
}

impl<'a, 's> EarlierNames<'a, 's> {
    pub(super) fn new(before: &'a [Area<'s>], after: &'a [Area<'s>]) -> Self {
        let mut fields: BTreeMap<String, Vec<_>> = BTreeMap::new();
        for area in before {
            for field in area.fields.iter().filter(|field| !field.is_gap()) {
                let named = fields.entry(name(field.label())).or_default();
                named.push((area, field));
            }
        }
        Self {
            fields,
            after: names(after),
        }
    }

    /// Returns a refusal text if the previous version stores a field of the same normalized name elsewhere. Skips a field
    /// of exactly this name in the same area: pairs decide on it.
    pub(super) fn explain_reused_name(&self, area: &str, label: &str) -> Option<String> {
        let named = self.fields.get(&name(label)).into_iter().flatten();
        let mut looked_at = BTreeSet::new();
        for (known_in, known) in named {
            let is_here = known_in.name == area;
            // Of each area the first one counts.
            if (is_here && known.label() == label) || !looked_at.insert(known_in.name) {
                continue;
            }
            // Namespaces belong to their modules: two may use one name, as long as both stay.
            let is_of_modules = !area.is_empty() && !known_in.name.is_empty() && !is_here;
            let stays = || self.after.contains(&(known_in.name, known.label()));
            if !(is_of_modules && stays()) {
                let at = match known_in.name {
                    "" => known.location().to_string(),
                    name => format!("{name}, {}", known.location()),
                };
                return Some(format!(
                    "{label} begins at zero here, and the version before keeps something under that name elsewhere \
                     ({at}): where zero means that nothing happened yet, it is open again; move the value in a \
                     migration, or use a new name"
                ));
            }
        }
        None
    }
}

/// Returns the reason why a new field of that name is no addition, if its zero opens a contract that is in use.
pub(super) fn opens(before: &[Area<'_>], label: &str) -> Option<String> {
    let is_used = before.iter().any(|area| !area.fields.is_empty());
    (is_used && OPENS.contains(&name(label).as_str())).then(|| {
        format!("{label} begins at zero: what it guards can be called once more, by anybody")
    })
}
