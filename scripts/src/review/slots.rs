//! Two storage layouts as slots: each field where it was and where it is, with what happened to it.

use alloy::primitives::U256;
use serde::Serialize;
use stylus_layout::{Finding, Item, Layout, Report, Verdict};

/// Bytes of a slot.
const WORD: u64 = 32;

/// A field in its slot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Drawn {
    /// Its name.
    pub label: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its first slot, a decimal number.
    pub slot: String,
    /// Where it begins in that, in bytes from the low-order end.
    pub offset: u64,
    /// Bytes that it takes.
    pub size: u64,
    /// What happened to it.
    pub change: Change,
    /// Why, where the comparison says so.
    pub note: String,
}

/// What happened to a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Nothing.
    Kept,
    /// It has another name.
    Renamed,
    /// It is somewhere else.
    Moved,
    /// It has another type.
    Retyped,
    /// It was not there.
    New,
    /// It is gone.
    Dropped,
    /// Too little is known of its type.
    Unknown,
}

/// The fields that are counted from one slot: from slot 0, or from that of a namespace.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Area {
    /// `erc7201:…`; empty for what is counted from slot 0.
    pub name: String,
    /// As it was.
    pub before: Vec<Drawn>,
    /// As it would be.
    pub after: Vec<Drawn>,
}

/// Draws both layouts, by what their comparison found.
pub fn draw(old: &Layout, new: &Layout, report: &Report) -> Vec<Area> {
    let mut names: Vec<&str> = vec![""];
    let spaces = old.namespaces.keys().chain(new.namespaces.keys());
    for name in spaces {
        if !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    let items = |layout: &Layout, name: &str| match name {
        "" => layout.storage.clone(),
        name => layout.namespaces.get(name).cloned().unwrap_or_default(),
    };
    let areas = names.into_iter().map(|name| {
        let of = |layout: &Layout, is_old: bool| {
            let fields = items(layout, name);
            let fields = fields.iter();
            fields
                .map(|item| drawn(layout, item, (name, is_old), report))
                .collect::<Vec<_>>()
        };
        Area {
            name: name.into(),
            before: of(old, true),
            after: of(new, false),
        }
    });
    areas
        .filter(|area| !(area.before.is_empty() && area.after.is_empty()))
        .collect()
}

fn drawn(layout: &Layout, item: &Item, place: (&str, bool), report: &Report) -> Drawn {
    let kind = layout.types.get(&item.type_id);
    let size = kind.and_then(|kind| kind.number_of_bytes.as_ref()?.parse().ok());
    let found = report
        .findings
        .iter()
        .find(|finding| is_about(finding, item, place));
    Drawn {
        label: item.label.clone(),
        kind: kind.map_or_else(|| item.type_id.clone(), |kind| kind.label.clone()),
        slot: item.slot.clone(),
        offset: item.offset,
        size: size.unwrap_or(WORD),
        change: found.map_or(Change::Kept, change_of),
        note: found.map(|one| one.note.clone()).unwrap_or_default(),
    }
}

/// Whether a finding is about that field: by its place, or, of a member below it, by its name.
fn is_about(finding: &Finding, item: &Item, (area, is_old): (&str, bool)) -> bool {
    if finding.area != area {
        return false;
    }
    let top = finding.field.split(['.', '[']).next().unwrap_or_default();
    if top != finding.field {
        return top == item.label;
    }
    let place = match is_old {
        true => &finding.old,
        false => &finding.new,
    };
    let number = |slot: &str| slot.parse::<U256>().ok();
    place.as_ref().is_some_and(|place| {
        number(&place.slot) == number(&item.slot) && place.offset == item.offset
    }) && (is_old || finding.field == item.label)
}

fn change_of(finding: &Finding) -> Change {
    match finding.verdict {
        Verdict::Rename => Change::Renamed,
        Verdict::Retype => Change::Retyped,
        Verdict::Unknown => Change::Unknown,
        Verdict::Reorder | Verdict::Shift => Change::Moved,
        Verdict::SafeAppend | Verdict::GapUse | Verdict::Insert => Change::New,
        Verdict::Delete => Change::Dropped,
        Verdict::NamespaceChange => match (&finding.old, &finding.new) {
            (None, _) => Change::New,
            (_, None) => Change::Dropped,
            _ => Change::Moved,
        },
    }
}

impl Change {
    /// The word for it.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Renamed => "renamed",
            Self::Moved => "moved",
            Self::Retyped => "retyped",
            Self::New => "new",
            Self::Dropped => "dropped",
            Self::Unknown => "unknown",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use stylus_layout::{Declarations, compare};

    const TYPES: &str = r#""types":{
        "t_uint256":{"encoding":"inplace","label":"uint256","numberOfBytes":"32"},
        "t_address":{"encoding":"inplace","label":"address","numberOfBytes":"20"},
        "t_bool":{"encoding":"inplace","label":"bool","numberOfBytes":"1"}}"#;

    fn layout(fields: &[(&str, &str, u64, &str)]) -> Layout {
        let items = fields.iter().map(|(label, slot, offset, kind)| {
            format!(r#"{{"label":"{label}","slot":"{slot}","offset":{offset},"type":"{kind}"}}"#)
        });
        let items: Vec<_> = items.collect();
        let text = format!(r#"{{"storage":[{}],{TYPES}}}"#, items.join(","));
        Layout::from_json(&text).expect("a layout")
    }

    #[test]
    fn each_field_is_drawn_with_what_happened_to_it() {
        let old = layout(&[
            ("total", "0", 0, "t_uint256"),
            ("owner", "1", 0, "t_address"),
            ("paused", "1", 20, "t_bool"),
            ("old", "2", 0, "t_uint256"),
        ]);
        let new = layout(&[
            ("total", "0", 0, "t_uint256"),
            ("owner", "1", 0, "t_uint256"),
            ("paused", "2", 0, "t_bool"),
            ("fresh", "3", 0, "t_uint256"),
        ]);
        let report = compare(&old, &new, &Declarations::none()).expect("compared");
        let areas = draw(&old, &new, &report);
        let [area] = areas.as_slice() else {
            panic!("one area: {areas:?}");
        };
        let changes = |fields: &[Drawn]| {
            let pairs = fields.iter().map(|one| (one.label.clone(), one.change));
            pairs.collect::<Vec<_>>()
        };
        let of = |pairs: [(&str, Change); 4]| pairs.map(|(name, change)| (name.to_owned(), change));
        let before = [
            ("total", Change::Kept),
            ("owner", Change::Retyped),
            ("paused", Change::Moved),
            ("old", Change::Dropped),
        ];
        assert_eq!(changes(&area.before), of(before));
        let after = [
            ("total", Change::Kept),
            ("owner", Change::Retyped),
            ("paused", Change::Moved),
            ("fresh", Change::New),
        ];
        assert_eq!(changes(&area.after), of(after));
    }
}
