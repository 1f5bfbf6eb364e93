//! Findings about what a trial changed beside that which it is for, and about what its code can read.

use super::TRIED;
use crate::assess::{Finding, FindingId, Part, Severity};
use crate::layout::finding_id;
use crate::plan::{Elsewhere, InstancePlan, Reads, ether};
use alloy::primitives::{Address, U256};
use stylus_layout::{FieldChange, Verdict};
use stylus_upgrades_interface::slots;

/// What is said of a field that the migration clears.
pub const CLEARED: &str = "cleared by the migration, on every instance that was tried";

/// That it succeeded. It is no good news where the code reads how much gas is left, which others choose, nor
/// where not all of it was tried.
pub fn tried(says: String, reads: &[Reads], is_whole: bool) -> Finding {
    let gas: Vec<String> = reads.iter().filter_map(Reads::of_gas).collect();
    match (gas.is_empty(), is_whole) {
        (true, true) => Finding::named(Part::Trial, Severity::Good, TRIED, says),
        (true, false) => Finding::named(Part::Trial, Severity::Unknown, TRIED, says),
        (false, _) => {
            let says = format!("{says}. But {}", gas.join("; "));
            Finding::named(Part::Trial, Severity::Warning, TRIED, says)
        }
    }
}

/// What the code can read beside the gas, and whom it called.
pub fn environment(reads: &[Reads]) -> Vec<Finding> {
    let can_read: Vec<String> = reads.iter().filter_map(Reads::of_others).collect();
    let calls: Vec<String> = reads.iter().filter_map(Reads::of_calls).collect();
    let finding = |id, severity, all: Vec<String>| {
        (!all.is_empty()).then(|| Finding::named(Part::Accounts, severity, id, all.join("; ")))
    };
    [
        finding("block-and-sender", Severity::Note, can_read),
        finding("calls-of-others", Severity::Warning, calls),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// Ether of instances.
pub fn moved(instances: &[(Address, (U256, U256))]) -> Option<Finding> {
    let all: Vec<String> = instances
        .iter()
        .map(|(proxy, wei)| format!("of instance {proxy} {}", ether(*wei)))
        .collect();
    (!all.is_empty()).then(|| {
        Finding::named(
            Part::Instances,
            Severity::Warning,
            "ether-of-instances",
            all.join("; "),
        )
    })
}

/// Other accounts.
pub fn others(beside: &str, others: &[Elsewhere]) -> Option<Finding> {
    let all: Vec<String> = others.iter().map(Elsewhere::words).collect();
    let says = || format!("beside {beside} it changes {}", all.join("; "));
    (!all.is_empty())
        .then(|| Finding::named(Part::Accounts, Severity::Warning, "other-accounts", says()))
}

/// Fields that would be left behind, and that the migration cleared on every instance that was tried: notes, whose ids
/// it gives.
pub fn cleared(
    findings: &mut [Finding],
    changes: &[FieldChange],
    tried: &[InstancePlan],
) -> Vec<FindingId> {
    let dropped = changes.iter().filter(|one| one.verdict == Verdict::Delete);
    let cleared = dropped.filter(|one| {
        let is_on = |instance: &InstancePlan| is_cleared(one, instance).unwrap_or_default();
        !tried.is_empty() && tried.iter().all(is_on)
    });
    let ids: Vec<FindingId> = cleared.map(finding_id).collect();
    for id in &ids {
        let warned = |one: &&mut Finding| (&one.id, one.severity) == (id, Severity::Warning);
        for one in findings.iter_mut().filter(warned) {
            one.severity = Severity::Note;
            one.message = CLEARED.into();
        }
    }
    ids
}

/// Whether an instance held something where a field was, and holds zeros afterwards. Nothing of a field that has other
/// words than the one that it is in.
fn is_cleared(field: &FieldChange, instance: &InstancePlan) -> Option<bool> {
    let was = field.old.as_ref()?;
    let size = bytes_of(&was.kind)?;
    let slot: U256 = was.slot.parse().ok()?;
    let root = match field.area.as_str() {
        "" => U256::ZERO,
        area => U256::from_be_bytes(slots::erc7201(area.strip_prefix("erc7201:")?.as_bytes()).0),
    };
    let slot = root.wrapping_add(slot);
    let change = instance
        .changes
        .iter()
        .find(|one| U256::from_be_bytes(one.slot.0) == slot)?;
    let end = 32_usize.checked_sub(usize::try_from(was.offset).ok()?)?;
    let bytes = end.checked_sub(size)?..end;
    let is_zero = |word: &[u8; 32]| word[bytes.clone()].iter().all(|byte| *byte == 0);
    Some(!is_zero(&change.before.0) && is_zero(&change.after.0))
}

/// Bytes of a type that is a value of its own; nothing of any other.
fn bytes_of(kind: &str) -> Option<usize> {
    let bits = kind
        .strip_prefix("uint")
        .or_else(|| kind.strip_prefix("int"));
    let size = match (kind, bits) {
        ("bool", _) => 1,
        ("address", _) => 20,
        (_, Some(bits)) => bits.parse::<usize>().ok()? / 8,
        _ => kind.strip_prefix("bytes")?.parse().ok()?,
    };
    (1..=32).contains(&size).then_some(size)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::Change;
    use alloy::primitives::B256;
    use stylus_layout::{Declarations, Layout, compare};

    #[test]
    fn a_field_that_the_migration_clears_is_a_note_and_one_that_it_leaves_a_warning() {
        let layout = |fields: &str| {
            let types = r#""types":{"t_uint64":{"encoding":"inplace","label":"uint64","numberOfBytes":"8"}}"#;
            Layout::from_json(&format!(r#"{{"storage":[{fields}],{types}}}"#)).expect("a layout")
        };
        let field = |label: &str, offset: u8| {
            format!(r#"{{"label":"{label}","slot":"0","offset":{offset},"type":"t_uint64"}}"#)
        };
        let new = field("value", 0);
        let old = [new.clone(), field("limit", 8), field("peak", 16)].join(",");
        let found = compare(&layout(&old), &layout(&new), &Declarations::none()).expect("compared");
        let word = |limit: u8, peak: u8| {
            let mut word = B256::with_last_byte(7);
            (word[32 - 9], word[32 - 17]) = (limit, peak);
            word
        };
        let instance = |before, after| InstancePlan {
            proxy: Address::ZERO,
            from: "2.0".into(),
            to: "3.0".into(),
            migrating: false,
            changes: vec![Change {
                slot: B256::ZERO,
                name: None,
                before,
                after,
                fields: Vec::new(),
            }],
            balance: None,
            events: Vec::new(),
        };
        let told = |tried: &[InstancePlan]| {
            let of = |id| {
                let id = FindingId::new(id);
                Finding::new(Part::Layout, Severity::Warning, id, "left behind")
            };
            let mut all = ["delete:limit", "delete:peak"].map(of);
            cleared(&mut all, &found.findings, tried);
            all.map(|one| one.severity)
        };
        let (note, warning) = (Severity::Note, Severity::Warning);
        let does = instance(word(5, 6), word(0, 6));
        assert_eq!(told(std::slice::from_ref(&does)), [note, warning]);
        assert_eq!(told(&[]), [warning, warning]);
        let leaves = instance(word(5, 6), word(5, 0));
        assert_eq!(told(&[does, leaves]), [warning, warning]);
    }
}
