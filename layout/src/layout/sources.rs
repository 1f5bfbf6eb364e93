//! The file and line of each declaration of a layout. They are for messages: the hash of a layout does not count them.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::{Item, Layout, Members};

impl Layout {
    /// Fills [`Item::src`] with the file and line of each declaration (`src/Box.sol:12`), from the AST and the sources of
    /// the build-info that the layout is from. Declarations that the build-info lacks keep what they have.
    pub fn add_sources(&mut self, build_info: &Value) {
        let wanted: BTreeSet<u64> = self.items_mut().map(|item| item.ast_id).collect();
        let lines = source_lines(build_info, &wanted);
        self.fill_sources(|item| lines.get(&item.ast_id).cloned());
    }

    /// Fills [`Item::src`] with what a function finds for it. Where that finds nothing, it stays.
    pub fn fill_sources(&mut self, mut source: impl FnMut(&Item) -> Option<String>) {
        for item in self.items_mut() {
            if let Some(source) = source(item) {
                item.src = Some(source);
            }
        }
    }

    /// The variables of all areas, and the members of all structs.
    fn items_mut(&mut self) -> impl Iterator<Item = &mut Item> {
        let structs = self
            .types
            .values_mut()
            .filter_map(|ty| match &mut ty.members {
                Some(Members::Struct(members)) => Some(members),
                _ => None,
            });
        let areas = self.namespaces.values_mut().chain([&mut self.storage]);
        areas.chain(structs).flatten()
    }
}

/// The file and line of the variables with the wanted numbers.
fn source_lines(build_info: &Value, wanted: &BTreeSet<u64>) -> BTreeMap<u64, String> {
    let mut lines = BTreeMap::new();
    let sources = build_info["output"]["sources"].as_object();
    for (file, source) in sources.into_iter().flatten() {
        let Some(text) = build_info["input"]["sources"][file]["content"].as_str() else {
            continue;
        };
        let ends: Vec<usize> = text.match_indices('\n').map(|(end, _)| end).collect();
        // The nodes of an AST lie in lists and objects within each other.
        let mut left = vec![&source["ast"]];
        while let Some(node) = left.pop() {
            if node["nodeType"] == "VariableDeclaration"
                && let Some(id) = node["id"].as_u64().filter(|id| wanted.contains(id))
                && let Some(start) = first_byte(node)
            {
                let line = ends.partition_point(|end| *end < start) + 1;
                lines.insert(id, format!("{file}:{line}"));
            }
            match node {
                Value::Array(nodes) => left.extend(nodes),
                Value::Object(parts) => left.extend(parts.values()),
                _ => {}
            }
        }
    }
    lines
}

/// The first byte of a node in its source: `src` is `start:length:source`.
fn first_byte(node: &Value) -> Option<usize> {
    node["src"].as_str()?.split(':').next()?.parse().ok()
}
