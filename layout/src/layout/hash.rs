//! A layout's identity, whatever build it comes from.

use std::collections::{BTreeMap, BTreeSet};

use alloy_primitives::{B256, keccak256};

use super::{Item, Layout, Members, TypeItem};

/// Types whose ids end in a number that is a new one in every build.
const NUMBERED: [&str; 4] = [
    "t_struct(",
    "t_enum(",
    "t_contract(",
    "t_userDefinedValueType(",
];

impl Layout {
    /// Identifies what the layout says: keccak256 of its JSON in canonical form, which is without
    /// `astId`, `contract` and `src`, with only those types that a variable leads to, and with
    /// structs numbered in the order in which variables lead to them.
    pub fn hash(&self) -> B256 {
        keccak256(self.canonical_json())
    }

    /// Returns the bytes that [`Layout::hash`] hashes.
    pub(crate) fn canonical_json(&self) -> Vec<u8> {
        serde_json::to_vec(&self.canonical()).unwrap_or_default()
    }

    /// The same layout, the same for every build of it.
    pub(crate) fn canonical(&self) -> Self {
        let mut numbers = Numbers::default();
        let reached: Vec<(String, &TypeItem)> = self
            .reached()
            .into_iter()
            .map(|(id, item)| (numbers.text(id), item))
            .collect();
        let items = |items: &[Item], numbers: &mut Numbers| -> Vec<Item> {
            items.iter().map(|item| numbers.item(item)).collect()
        };
        Self {
            storage: items(&self.storage, &mut numbers),
            types: reached
                .into_iter()
                .map(|(id, item)| (id, numbers.kind(item)))
                .collect(),
            namespaces: self
                .namespaces
                .iter()
                .map(|(namespace, inside)| (namespace.clone(), items(inside, &mut numbers)))
                .collect(),
            unlisted: self.unlisted.clone(),
        }
    }

    /// Every type that a variable leads to, in the order in which it is found.
    fn reached(&self) -> Vec<(&str, &TypeItem)> {
        let roots = self
            .storage
            .iter()
            .chain(self.namespaces.values().flatten());
        let mut ahead: Vec<&str> = roots.map(|item| item.type_id.as_str()).collect();
        ahead.reverse();
        let (mut seen, mut found) = (BTreeSet::new(), vec![]);
        while let Some(id) = ahead.pop() {
            let Some(item) = self.types.get(id).filter(|_| seen.insert(id)) else {
                continue;
            };
            found.push((id, item));
            let members = match &item.members {
                Some(Members::Struct(members)) => members.as_slice(),
                _ => &[],
            };
            ahead.extend(members.iter().rev().map(|member| member.type_id.as_str()));
            let inner = [&item.underlying, &item.base, &item.value, &item.key];
            ahead.extend(inner.into_iter().flatten().map(String::as_str));
        }
        found
    }
}

/// New numbers of structs, enums, contracts and value types, by their old ids.
#[derive(Default)]
struct Numbers(BTreeMap<String, usize>);

impl Numbers {
    fn item(&mut self, item: &Item) -> Item {
        Item {
            ast_id: 0,
            contract: String::new(),
            src: None,
            type_id: self.text(&item.type_id),
            ..item.clone()
        }
    }

    fn kind(&mut self, item: &TypeItem) -> TypeItem {
        let mut text = |id: &Option<String>| id.as_deref().map(|id| self.text(id));
        let (key, value, base) = (text(&item.key), text(&item.value), text(&item.base));
        let underlying = text(&item.underlying);
        let members = match &item.members {
            Some(Members::Struct(members)) => Some(Members::Struct(
                members.iter().map(|member| self.item(member)).collect(),
            )),
            other => other.clone(),
        };
        TypeItem {
            key,
            value,
            base,
            underlying,
            members,
            ..item.clone()
        }
    }

    /// An id with the numbers within it replaced.
    fn text(&mut self, id: &str) -> String {
        let next = NUMBERED
            .iter()
            .filter_map(|prefix| Some((id.find(prefix)?, prefix.len())))
            .min();
        let Some((at, length)) = next else {
            return id.to_owned();
        };
        // Names hold no parenthesis.
        let Some(end) = id[at + length..].find(')').map(|end| at + length + end + 1) else {
            return id.to_owned();
        };
        let digits = id[end..].bytes().take_while(u8::is_ascii_digit).count();
        let known = self.0.len();
        let number = *self
            .0
            .entry(id[at..end + digits].to_owned())
            .or_insert(known);
        format!("{}{number}{}", &id[..end], self.text(&id[end + digits..]))
    }
}
