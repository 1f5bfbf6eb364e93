//! What begins at zero in a new place, where zero means "not yet": an owner that nobody is, an initializer that
//! nobody called. A name that comes back elsewhere is such a place, and so is a mark that opens something.

use super::places::Area;
use crate::fields::Field;

/// Marks whose zero opens a function to everybody.
const OPENS: [&str; 3] = ["initialized", "initializedversion", "initversion"];

/// A name as it is compared: `_owner` and `owner` are one.
fn name(label: &str) -> String {
    label.replace('_', "").to_lowercase()
}

/// Why a field that begins empty in a new place is no addition, if it is none.
pub(super) fn instead_of(
    (before, after): (&[Area<'_>], &[Area<'_>]),
    field: &Field<'_>,
) -> Option<String> {
    let wanted = name(field.label());
    for area in before {
        let mut known = area.fields.iter();
        let Some(known) = known.find(|one| !one.is_gap() && name(one.label()) == wanted) else {
            continue;
        };
        // Namespaces belong to their modules: two may use one name, as long as both stay.
        let stays = after
            .iter()
            .any(|one| one.name == area.name && one.has(known.label()));
        if area.name.is_empty() || !stays {
            let at = match area.name {
                "" => known.location().to_string(),
                name => format!("{name}, {}", known.location()),
            };
            return Some(format!(
                "{} begins at zero here, and what the version before keeps under that name stays where it is \
                 ({at}): where zero means that nothing happened yet, it is open again; move the value in a \
                 migration",
                field.label()
            ));
        }
    }
    opens(before, field.label())
}

/// Why a new field of that name is no addition, if its zero opens something of a contract that is in use.
pub(super) fn opens(before: &[Area<'_>], label: &str) -> Option<String> {
    let is_used = before.iter().any(|area| !area.fields.is_empty());
    (is_used && OPENS.contains(&name(label).as_str())).then(|| {
        format!("{label} begins at zero: what it guards can be called once more, by anybody")
    })
}
