//! Values of an instance that the new version misreads, cannot decode or does not declare.

use super::change::{Change, UndecodableValue, UnexplainedWrite};
use super::instances::InstancePlan;
use crate::assess::{Finding, FindingId, FindingKind, Part, Severity, Together};
use crate::names::Names;
use crate::text::{count, word};
use std::sync::Arc;

/// Written words that one warning lists, at most.
const WRITES_LISTED: usize = 3;

/// Lists the values that the new version misreads, cannot decode or does not declare.
pub(super) fn find_wrong_values(
    instances: &[InstancePlan],
    version: &str,
    names: &Names,
) -> Vec<Finding> {
    let misread = instances
        .iter()
        .filter_map(|instance| warn_misread(instance, names));
    let mut findings: Vec<Finding> = misread.collect();
    findings.extend(report_undecodable(instances, version, names));
    let unexplained = instances
        .iter()
        .filter_map(|instance| warn_unexplained(instance, version, names));
    findings.extend(unexplained);
    findings.extend(report_dropped(instances, version, names));
    findings
}

/// A warning about values that nobody writes and that the new version reads as others.
fn warn_misread(instance: &InstancePlan, names: &Names) -> Option<Finding> {
    let changes = instance.changes.iter().filter(|change| change.is_misread());
    let values = changes.flat_map(Change::values);
    let values = values.filter(|value| value.before != value.after);
    let words: Vec<String> = values.map(|value| value.words()).collect();
    if words.is_empty() {
        return None;
    }
    let says = format!(
        "instance {}: {}",
        names.long(instance.proxy),
        words.join("; ")
    );
    let warning = Finding::named(
        Part::Instances,
        Severity::Warning,
        FindingKind::Misread,
        says,
    );
    Some(warning)
}

/// A danger for each field with a value that could be decoded before the upgrade and cannot be decoded after it. A value
/// that could not be decoded before either gives a note.
fn report_undecodable(instances: &[InstancePlan], version: &str, names: &Names) -> Vec<Finding> {
    let together = Arc::new(Together {
        name: "UndecodableValue",
        message: format!("instances hold values that {version} cannot decode"),
        expected: "values of the types that the new version declares".into(),
        found: None,
        next: "write valid values in the migration, or keep the type of the field".into(),
    });
    let mut findings: Vec<Finding> = Vec::new();
    // A danger comes before a note with the same id.
    for is_danger in [true, false] {
        let values = instances.iter().flat_map(|instance| {
            let values = instance.undecodable.iter();
            values.map(move |value| (instance.proxy, value))
        });
        for (proxy, value) in values.filter(|(_, value)| value.before.is_some() == is_danger) {
            let id = FindingId::of_field(FindingKind::Undecodable, &value.area, &value.field);
            if findings.iter().any(|known| known.id == id) {
                continue;
            }
            let UndecodableValue {
                field, slot, after, ..
            } = value;
            let proxy = names.long(proxy);
            findings.push(match &value.before {
                Some(before) => {
                    let says = format!("{field} in {proxy}, slot {slot}: {before} → {after}");
                    Finding::of_several(Part::Instances, (id, field), says, &together)
                }
                None => {
                    let says = format!(
                        "{field} in {proxy}, slot {slot}: {after}; the previous version cannot decode it either"
                    );
                    Finding::new(Part::Instances, Severity::Note, id, says)
                }
            });
        }
    }
    findings
}

/// A warning about written words that neither the new version nor the framework declares.
fn warn_unexplained(instance: &InstancePlan, version: &str, names: &Names) -> Option<Finding> {
    let writes = instance.unexplained.iter();
    let writes: Vec<&UnexplainedWrite> = writes.filter(|write| write.dropped.is_none()).collect();
    let (listed, others) = writes.split_at(writes.len().min(WRITES_LISTED));
    let listed = listed.iter().map(|write| {
        let (before, after) = (word(&write.before), word(&write.after));
        format!("slot {}: {before} → {after}", word(&write.slot))
    });
    let others = (!others.is_empty()).then(|| count(others.len(), "other slot"));
    let words: Vec<String> = listed.chain(others).collect();
    if words.is_empty() {
        return None;
    }
    let proxy = names.long(instance.proxy);
    let says = format!(
        "instance {proxy}: the upgrade writes words that the layout of {version} does not declare: {}",
        words.join("; ")
    );
    let warning = Finding::named(
        Part::Instances,
        Severity::Warning,
        FindingKind::UnexplainedWrite,
        says,
    );
    Some(warning)
}

/// A danger for each field that the new version drops and the upgrade writes.
fn report_dropped(instances: &[InstancePlan], version: &str, names: &Names) -> Vec<Finding> {
    let together = Arc::new(Together {
        name: "UnexplainedWrite",
        message: format!("the upgrade writes fields that {version} does not declare"),
        expected: "fields that the new version declares, or zero in a field that it drops".into(),
        found: None,
        next: "declare the field in the new version, or set it to zero in the migration".into(),
    });
    let mut findings: Vec<Finding> = Vec::new();
    for instance in instances {
        for write in &instance.unexplained {
            let Some(dropped) = &write.dropped else {
                continue;
            };
            let id =
                FindingId::of_field(FindingKind::UnexplainedWrite, &dropped.area, &dropped.name);
            if findings.iter().any(|known| known.id == id) {
                continue;
            }
            let (before, after) = (word(&write.before), word(&write.after));
            let proxy = names.long(instance.proxy);
            let says = format!(
                "{} in {proxy}, slot {}: {before} → {after}",
                dropped.name,
                word(&write.slot)
            );
            let about = (id, dropped.name.as_str());
            findings.push(Finding::of_several(Part::Instances, about, says, &together));
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::primitives::{Address, B256};

    #[test]
    fn entries_of_a_field_share_one_finding_and_earlier_failures_are_notes() {
        let value = |field: &str, before: Option<&str>| UndecodableValue {
            area: String::new(),
            field: field.into(),
            slot: B256::ZERO,
            word: B256::with_last_byte(2),
            before: before.map(str::to_owned),
            after: "2, which is no bool".into(),
        };
        let instance = InstancePlan {
            proxy: Address::repeat_byte(1),
            undecodable: vec![
                value("open[1]", Some("2")),
                value("open[2]", Some("2")),
                value("paused", None),
            ],
            ..InstancePlan::default()
        };
        let findings = find_wrong_values(&[instance], "2.0", &Names::default());
        let told: Vec<(String, Severity)> = findings
            .iter()
            .map(|finding| (finding.id.to_string(), finding.severity))
            .collect();
        let expected = [
            ("undecodable:open".to_owned(), Severity::Danger),
            ("undecodable:paused".to_owned(), Severity::Note),
        ];
        assert_eq!(told, expected);
    }

    #[test]
    fn a_value_that_was_invalid_before_hides_no_danger_of_its_field() {
        let value = |before: Option<&str>| UndecodableValue {
            area: String::new(),
            field: "state".into(),
            slot: B256::ZERO,
            word: B256::with_last_byte(2),
            before: before.map(str::to_owned),
            after: "2, which is no member of its enum".into(),
        };
        let instance = |account: u8, before: Option<&str>| InstancePlan {
            proxy: Address::repeat_byte(account),
            undecodable: vec![value(before)],
            ..InstancePlan::default()
        };
        let instances = [instance(1, None), instance(2, Some("C"))];
        let findings = find_wrong_values(&instances, "2.0", &Names::default());
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        assert_eq!(severities, [Severity::Danger]);
    }
}
