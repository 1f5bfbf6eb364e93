//! What begins at zero in a new place, where zero means "not yet": an owner that nobody is, an initializer that
//! nobody called. A name that comes back elsewhere is such a place, and so is a mark that opens something.

use super::places::Area;
use crate::storage::Field;

/// Marks whose zero opens a function to everybody.
const OPENS: [&str; 3] = ["initialized", "initializedversion", "initversion"];

/// A name as it is compared: `_owner` and `owner` are one.
fn name(label: &str) -> String {
    label.replace('_', "").to_lowercase()
}

/// Why a field that begins empty in a new place is no addition, if it is none: the version before keeps something under
/// its name elsewhere. What the fields of one root that have exactly this name are now, their pairs say.
pub(super) fn instead_of(
    (before, after): (&[Area<'_>], &[Area<'_>]),
    area: &str,
    label: &str,
) -> Option<String> {
    let wanted = name(label);
    for known_in in before {
        let is_here = known_in.name == area;
        let is_it = |one: &&Field<'_>| {
            !one.is_gap() && name(one.label()) == wanted && !(is_here && one.label() == label)
        };
        let Some(known) = known_in.fields.iter().find(is_it) else {
            continue;
        };
        // Namespaces belong to their modules: two may use one name, as long as both stay.
        let is_of_modules = !area.is_empty() && !known_in.name.is_empty() && !is_here;
        let stays = || {
            let mut all = after.iter().filter(|one| one.name == known_in.name);
            all.any(|one| one.has(known.label()))
        };
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

/// Why a new field of that name is no addition, if its zero opens something of a contract that is in use.
pub(super) fn opens(before: &[Area<'_>], label: &str) -> Option<String> {
    let is_used = before.iter().any(|area| !area.fields.is_empty());
    (is_used && OPENS.contains(&name(label).as_str())).then(|| {
        format!("{label} begins at zero: what it guards can be called once more, by anybody")
    })
}
