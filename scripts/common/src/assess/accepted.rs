//! The findings that somebody accepts: a list of ids, as `--accept` takes it.

use super::id::FindingId;
use super::later_changes::LaterChanges;
use std::collections::BTreeSet;
use std::str::FromStr;
use std::sync::{Arc, Mutex, PoisonError};

/// Findings that are accepted: a list of ids, as `--accept` takes it. It notes which of them a finding had: its copies
/// share that.
#[derive(Debug, Clone, Default)]
pub struct Accepted {
    ids: BTreeSet<FindingId>,
    /// The findings that the project answers for in its manifest, beside what is given with the command.
    of_project: BTreeSet<FindingId>,
    /// The ids that the approver accepted in earlier commands.
    of_earlier: BTreeSet<FindingId>,
    /// The changes after the approvers decided.
    later_changes: LaterChanges,
    found: Arc<Mutex<BTreeSet<FindingId>>>,
}

impl Accepted {
    /// Returns true if a finding with that id, which is there, is accepted.
    pub fn covers(&self, id: &FindingId) -> bool {
        let is_accepted = self.ids.contains(id);
        if is_accepted {
            let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
            found.insert(id.clone());
        }
        is_accepted || self.of_earlier.contains(id)
    }

    /// Sets the ids that the approver accepted in earlier commands: they count as accepted too.
    pub fn set_earlier(&mut self, ids: impl IntoIterator<Item = FindingId>) {
        self.of_earlier = ids.into_iter().collect();
    }

    /// Sets the changes after the approvers decided: they did not answer for findings about these.
    pub fn set_later_changes(&mut self, changes: LaterChanges) {
        self.later_changes = changes;
    }

    /// Returns true if those who approved answered for a finding: they had to accept it, and it did not arise later.
    pub fn is_of_approvers(&self, id: &FindingId) -> bool {
        id.is_acceptable() && !self.later_changes.concern(id)
    }

    /// Returns true if the project answers for an id in its manifest.
    pub fn is_of_project(&self, id: &FindingId) -> bool {
        self.of_project.contains(id)
    }

    /// The same, with what the project answers for in its manifest.
    #[must_use]
    pub fn with_project(self, ids: impl IntoIterator<Item = FindingId>) -> Self {
        Self {
            of_project: ids.into_iter().collect(),
            ..self
        }
    }

    /// Returns true if [`Self::covers`] does, or the project answers for it. An approver's own word is asked instead.
    pub fn answers(&self, id: &FindingId) -> bool {
        self.of_project.contains(id) || self.covers(id)
    }

    /// Returns true if an id is among them. No finding need have it.
    pub fn contains(&self, id: &FindingId) -> bool {
        self.ids.contains(id) || self.of_earlier.contains(id)
    }

    /// The ids that no finding had so far.
    pub fn unfit(&self) -> Vec<FindingId> {
        let found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        self.ids.difference(&found).cloned().collect()
    }

    /// The ids, in their order.
    pub fn iter(&self) -> impl Iterator<Item = &FindingId> {
        self.ids.iter()
    }
}

impl PartialEq for Accepted {
    fn eq(&self, other: &Self) -> bool {
        self.ids == other.ids
    }
}

impl Eq for Accepted {}

impl FromIterator<FindingId> for Accepted {
    fn from_iter<T: IntoIterator<Item = FindingId>>(ids: T) -> Self {
        Self {
            ids: ids.into_iter().collect(),
            of_project: BTreeSet::new(),
            of_earlier: BTreeSet::new(),
            later_changes: LaterChanges::default(),
            found: Arc::default(),
        }
    }
}

impl FromStr for Accepted {
    type Err = String;

    /// Ids between commas. A signature has commas of its own, in parentheses.
    fn from_str(text: &str) -> Result<Self, String> {
        let mut depth = 0_u32;
        let ids = text.split(|letter| {
            match letter {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            letter == ',' && depth == 0
        });
        ids.map(|id| {
            FindingId::parse(id.trim()).ok_or_else(|| {
                format!(
                    "{id:?} is not the id of a finding that can be accepted: give the id that the \
                     refusal prints; a warning needs none"
                )
            })
        })
        .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::assess::{CodeReplacer, FindingKind, Part};
    use crate::ids::ActionId;
    use alloy::primitives::Address;

    #[test]
    fn a_text_key_cannot_name_another_field_in_an_id() {
        for (field, expected) in [
            ("paused", "undecodable:paused"),
            ("open[1]", "undecodable:open"),
            ("deep[5][0xab].total", "undecodable:deep.total"),
            (r#"mo["]de[x"]"#, "undecodable:mo"),
            (r#"mo["\"]de[x"].b"#, "undecodable:mo.b"),
            ("title+2", "undecodable:title"),
            (r#"prices["a+b"][3]+1"#, "undecodable:prices"),
        ] {
            assert_eq!(
                FindingId::of_field(FindingKind::Undecodable, "", field).to_string(),
                expected
            );
        }
    }

    #[test]
    fn a_name_cannot_add_an_id_and_its_flag_can_be_pasted() {
        for (name, expected) in [
            ("owner", "retype:owner"),
            (
                "erc7201:a.main:Base._x@5",
                "retype:erc7201:a.main:Base._x@5",
            ),
            (
                "x,namespaces-not-listed",
                "retype:x%2cnamespaces-not-listed",
            ),
            ("x(", "retype:x%28"),
            ("a\u{202e}\n b%", "retype:a%e2%80%ae%0a%20b%25"),
        ] {
            let ids = [
                FindingId::about(FindingKind::Retype, name),
                FindingId::about(FindingKind::Retype, "y"),
            ];
            assert_eq!(ids[0].to_string(), expected);
            let text = format!("{},{}", ids[0], ids[1]);
            let accepted: Accepted = text.parse().expect("ids");
            assert_eq!(
                accepted.iter().collect::<Vec<_>>(),
                [&ids[0], &ids[1]],
                "{name}"
            );
        }
        let pay = FindingId::about(FindingKind::FunctionRemoved, "pay(address,(uint8,bool)[])");
        assert_eq!(
            pay.to_string(),
            "function-removed:pay(address,(uint8,bool)[])"
        );
    }

    #[test]
    fn a_label_cannot_name_another_finding_in_an_id() {
        for (label, expected) in [
            ("2.0", "migration-bypassed:2.0"),
            ("2.0-rc.1+a", "migration-bypassed:2.0-rc.1+a"),
            (
                "2.0,migration-omitted",
                "migration-bypassed:2.0%2cmigration-omitted",
            ),
            ("(", "migration-bypassed:%28"),
            (
                "0xabababababababababababababababababababab",
                "migration-bypassed:%30xabababababababababababababababababababab",
            ),
        ] {
            let id = FindingId::of_version(FindingKind::MigrationBypassed, label);
            assert_eq!(id.to_string(), expected);
            let accepted: Accepted = expected.parse().expect("one id");
            assert_eq!(accepted.iter().collect::<Vec<_>>(), [&id], "{label}");
        }
    }

    #[test]
    fn commas_of_a_signature_do_not_end_an_id() {
        let text = "function-changed:write(address[],uint64),reorder:owner, absent:interface";
        let accepted: Accepted = text.parse().expect("ids");
        let ids: Vec<String> = accepted.iter().map(FindingId::to_string).collect();
        let expected = [
            "absent:interface",
            "function-changed:write(address[],uint64)",
            "reorder:owner",
        ];
        assert_eq!(ids, expected);
        let text =
            "--accept 'absent:interface,function-changed:write(address[],uint64),reorder:owner'";
        assert_eq!(FindingId::flag(accepted.iter()), text);
    }

    #[test]
    fn an_id_fits_once_a_finding_has_it_and_an_account_is_typed_in_any_letters() {
        let account = Address::repeat_byte(0xab);
        let text = format!("arrival:{account:#x},HiddenProxy:{account},dirty:x");
        let accepted: Accepted = text.parse().expect("ids");
        let copy = accepted.clone();
        assert!(copy.covers(&FindingId::at(FindingKind::Arrival, account)));
        assert!(copy.covers(&FindingId::at(FindingKind::HiddenProxy, account)));
        assert!(!copy.covers(&FindingId::at(FindingKind::Arrival, Address::ZERO)));
        assert_eq!(
            accepted.unfit(),
            [FindingId::about(FindingKind::Dirty, "x")]
        );
    }

    #[test]
    fn an_id_of_code_that_can_be_replaced_names_one_account() {
        let (proxy, account) = (Address::repeat_byte(0xab), Address::repeat_byte(0xcd));
        for (replacer, typed) in [
            (CodeReplacer::Account(account), format!("{account:#x}")),
            (CodeReplacer::Unlisted, "unlisted".to_owned()),
        ] {
            let id = FindingId::code_replaceable(proxy, replacer);
            let text = format!("CodeReplaceable:{proxy:#x}:{typed}");
            let accepted: Accepted = text.parse().expect("an id");
            assert!(accepted.covers(&id), "{text}");
            let other = FindingId::code_replaceable(account, replacer);
            assert!(!accepted.covers(&other), "{text}");
        }
        for text in [
            format!("CodeReplaceable:{proxy}"),
            format!("CodeReplaceable:{proxy}:"),
            format!("CodeReplaceable:{proxy}:owner"),
        ] {
            assert!(text.parse::<Accepted>().is_err(), "{text}");
        }
    }

    #[test]
    fn what_no_finding_is_called_is_refused() {
        for text in [
            "",
            "other-action",
            "other-action:0x12",
            "SelectorClash",
            "everything",
            "absent:sources",
            "reorder:owner,,dirty:x",
        ] {
            assert!(text.parse::<Accepted>().is_err(), "{text}");
        }
        for part in Part::ALL {
            assert!(FindingId::absent(part).is_acceptable());
        }
        let action = ActionId(alloy::primitives::B256::repeat_byte(0xab));
        let id = FindingId::other_action(action);
        assert_eq!(id.to_string(), "other-action:0xabababababababab");
        assert!(id.is_acceptable());
    }
}
