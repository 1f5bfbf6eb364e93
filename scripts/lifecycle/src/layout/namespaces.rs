//! Parts of a Solidity contract's storage that solc's `storageLayout` leaves out, from the AST in a compiler's output:
//! ERC-7201 namespaces, the members of enums and the types of value types, the parent that declares a variable, and its
//! author's annotations. Structs are laid out as solc lays them out. Storage that assembly computes is not declared, and in
//! no layout.

use super::annotations::{Sources, location, renamed_from, retyped_from};
use super::key::size_of;
use super::nodes::{Declared, Nodes, is, list};
use super::roots::{StructRoot, find_struct_roots};
use serde_json::Value;
use std::collections::BTreeMap;
use stylus_layout::{Item, Layout, Members, TypeItem, Unlisted, WORD_BYTES, is_gap_name};

/// The first compiler that puts the documentation of structs into the AST.
const FIRST_DOCUMENTED: [u64; 3] = [0, 8, 20];
/// Types within types that are followed.
const DEPTH: usize = 32;
/// Types of any number of bytes.
const TEXTS: [&str; 2] = ["string", "bytes"];

/// Adds to a contract's layout what solc leaves out. What the layout still does not list: the contract's own slots,
/// and namespaces where the compiler does not show the documentation of structs and a source names some. Nothing where
/// the output has no AST.
///
/// # Errors
/// What of a namespace cannot be laid out, in words.
pub(super) fn add(
    info: &Value,
    file: &str,
    contract: &str,
    layout: &mut Layout,
) -> Result<Option<Vec<Unlisted>>, String> {
    let output = info.get("output").unwrap_or(info);
    let Some(compiled) = output.get("sources").and_then(Value::as_object) else {
        return Ok(None);
    };
    if compiled.values().any(|source| source.get("ast").is_none()) {
        return Ok(None);
    }
    let own = compiled.get(file).and_then(|source| {
        let mut all = list(&source["ast"]["nodes"]).iter();
        all.find(|node| is(node, "ContractDefinition") && node["name"] == contract)
    });
    let units = compiled.values().map(|source| &source["ast"]);
    let Some(nodes) = own.and_then(|own| Nodes::of(units, own)) else {
        return Ok(None);
    };
    let sources = Sources::of(info);
    let mut unlisted = Vec::new();
    if !is_documented(info) {
        let Some(names_any) = sources.name_a_namespace() else {
            return Ok(None);
        };
        if names_any {
            unlisted.push(Unlisted::NamespacesOf(version(info).to_owned()));
        }
    }
    complete(&nodes, &sources, layout);
    let mut structs: BTreeMap<String, String> = BTreeMap::new();
    for declaration in nodes.reached() {
        let documentation = sources.documentation(declaration.node, declaration.file);
        let location =
            location(&documentation).filter(|_| is(declaration.node, "StructDefinition"));
        let Some(location) = location.filter(|_| unlisted.is_empty()) else {
            continue;
        };
        if !location.starts_with("erc7201:") {
            return Err(format!(
                "the root of {location} is not found as ERC-7201 has it"
            ));
        }
        let mut types = Types {
            nodes: &nodes,
            sources: &sources,
            types: &mut layout.types,
        };
        let (items, _) = types.members(&declaration, 0)?;
        let name = name_of(declaration.node).to_owned();
        if let Some(other) = structs.insert(location.clone(), name.clone()) {
            return Err(format!(
                "the structs {other} and {name} lie on each other at {location}: give one of them another id"
            ));
        }
        layout.namespaces.insert(location, items);
    }
    add_hash_roots(&nodes, &sources, layout)?;
    Ok(Some(unlisted))
}

/// Adds the structs at hashes of texts. Skips a struct that cannot be laid out: a review promises nothing about slots
/// that code computes.
///
/// # Errors
/// Two structs with different members at one root.
fn add_hash_roots(
    nodes: &Nodes<'_>,
    sources: &Sources<'_>,
    layout: &mut Layout,
) -> Result<(), String> {
    for StructRoot { root, declaration } in find_struct_roots(nodes) {
        let declared = nodes.get(declaration);
        let declared = declared.filter(|declared| is(declared.node, "StructDefinition"));
        let Some(declared) = declared else {
            continue;
        };
        let mut types = Types {
            nodes,
            sources,
            types: &mut layout.types,
        };
        let Ok((items, _)) = types.members(&declared, 0) else {
            continue;
        };
        let places = |items: &[Item]| -> Vec<(String, String, u64)> {
            let items = items.iter();
            let places = items.map(|item| (item.label.clone(), item.slot.clone(), item.offset));
            places.collect()
        };
        let name = root.to_string();
        let other = layout.namespaces.get(&name);
        if other.is_some_and(|other| places(other) != places(&items)) {
            return Err(format!(
                "two structs with different members lie at {name}: give one of them another text"
            ));
        }
        layout.namespaces.entry(name).or_insert(items);
    }
    Ok(())
}

/// Adds what enums and value types are made of, which parent declares a variable that others may share the name of, and
/// what authors say that variables and members were before.
fn complete(nodes: &Nodes<'_>, sources: &Sources<'_>, layout: &mut Layout) {
    let ids: Vec<String> = layout.types.keys().cloned().collect();
    for id in ids {
        let number = ["t_enum(", "t_userDefinedValueType("]
            .into_iter()
            .find_map(|prefix| id.strip_prefix(prefix)?.rsplit(')').next()?.parse().ok());
        let Some(declared) = number.and_then(|number| nodes.get(number)) else {
            continue;
        };
        let mut types = Types {
            nodes,
            sources,
            types: &mut layout.types,
        };
        let below = if is(declared.node, "UserDefinedValueTypeDefinition") {
            types.size(&declared.node["underlyingType"], 0).ok()
        } else {
            None
        };
        let Some(item) = layout.types.get_mut(&id) else {
            continue;
        };
        if item.members.is_none() && is(declared.node, "EnumDefinition") {
            item.members = Some(names_of(declared.node));
        }
        if item.underlying.is_none() {
            item.underlying = below.map(|below| below.id);
        }
    }
    let of_structs = layout
        .types
        .values_mut()
        .filter_map(|item| match &mut item.members {
            Some(Members::Struct(members)) => Some(members),
            _ => None,
        });
    for item in of_structs.flatten() {
        annotate(nodes, sources, item);
    }
    for item in &mut layout.storage {
        annotate(nodes, sources, item);
    }
    let parent = |item: &Item| {
        let declared = nodes.get(item.ast_id)?;
        let contract = nodes.get(declared.contract?)?;
        (declared.node["name"] == item.label.as_str())
            .then(|| (name_of(contract.node).to_owned(), contract.file.to_owned()))
    };
    let parents: Vec<_> = layout.storage.iter().map(parent).collect();
    let labels: Vec<String> = layout
        .storage
        .iter()
        .map(|item| item.label.clone())
        .collect();
    for (at, item) in layout.storage.iter_mut().enumerate() {
        let of_one_name = || {
            labels
                .iter()
                .zip(&parents)
                .filter(|(label, _)| **label == item.label)
        };
        let Some(Some((name, file))) = parents.get(at) else {
            continue;
        };
        // Only private variables may have the name of another one, now or in another version. Gaps are compared by their
        // ends.
        let is_private = nodes
            .get(item.ast_id)
            .is_some_and(|node| node.node["visibility"] == "private");
        let is_alone = of_one_name().count() < 2;
        if (is_alone && !is_private) || is_gap_name(&item.label) {
            continue;
        }
        // Two parents of one name are told apart by their files.
        let namesakes = of_one_name()
            .filter(|(_, parent)| parent.as_ref().is_some_and(|(other, _)| other == name));
        item.base = Some(match namesakes.count() {
            1 => name.clone(),
            _ => format!("{file}:{name}"),
        });
    }
}

/// Adds what the author says that a variable or member was before.
fn annotate(nodes: &Nodes<'_>, sources: &Sources<'_>, item: &mut Item) {
    let declared = nodes.get(item.ast_id);
    let is_it = |declaration: &Declared<'_>| declaration.node["name"] == item.label.as_str();
    let Some(declared) = declared.filter(is_it) else {
        return;
    };
    let text = sources.documentation(declared.node, declared.file);
    item.renamed_from = item.renamed_from.take().or_else(|| renamed_from(&text));
    item.retyped_from = item.retyped_from.take().or_else(|| retyped_from(&text));
}

/// Returns the name of a declaration; with that of its surroundings where the AST has it.
fn name_of(node: &Value) -> &str {
    let name = node["canonicalName"].as_str().or(node["name"].as_str());
    name.unwrap_or_default()
}

/// The compiler's version.
fn version(info: &Value) -> &str {
    let version = info.get("solcVersion").and_then(Value::as_str);
    version.unwrap_or("of an unknown version")
}

/// Returns true if the compiler is known to put the documentation of structs into the AST.
fn is_documented(info: &Value) -> bool {
    let numbers: Vec<u64> = version(info)
        .split(['.', '+', '-'])
        .map_while(|part| part.parse().ok())
        .collect();
    numbers.len() >= FIRST_DOCUMENTED.len() && numbers.as_slice() >= FIRST_DOCUMENTED.as_slice()
}

/// The members of an enum.
fn names_of(node: &Value) -> Members {
    let names = list(&node["members"]).iter();
    let names = names.filter_map(|member| member["name"].as_str().map(str::to_owned));
    Members::Enum(names.collect())
}

/// Types as they are found, and how they are laid out.
struct Types<'a, 'v> {
    nodes: &'a Nodes<'v>,
    sources: &'a Sources<'v>,
    types: &'a mut BTreeMap<String, TypeItem>,
}

/// The size of a type.
struct Size {
    id: String,
    bytes: u64,
    /// True if it begins a slot, and what follows begins the next.
    is_whole: bool,
}

impl Types<'_, '_> {
    /// The members of a struct, and the slots that they take.
    fn members(
        &mut self,
        declared: &Declared<'_>,
        depth: usize,
    ) -> Result<(Vec<Item>, u64), String> {
        let (mut slot, mut offset, mut items) = (0_u64, 0_u64, Vec::new());
        let name = name_of(declared.node);
        for member in list(&declared.node["members"]) {
            let text = self.sources.documentation(member, declared.file);
            let label = member["name"].as_str().unwrap_or_default();
            let size = self.size(&member["typeName"], depth)?;
            if offset > 0 && (size.is_whole || size.bytes > WORD_BYTES - offset.min(WORD_BYTES)) {
                (slot, offset) = (slot.saturating_add(1), 0);
            }
            let mut item = Item::new(label, size.id, slot, offset);
            item.contract = name.to_owned();
            item.ast_id = member["id"].as_u64().unwrap_or_default();
            item.renamed_from = renamed_from(&text);
            item.retyped_from = retyped_from(&text);
            items.push(item);
            if size.is_whole {
                slot = slot.saturating_add(size.bytes.div_ceil(WORD_BYTES))
            } else {
                offset = offset.saturating_add(size.bytes)
            }
        }
        Ok((items, slot.saturating_add(u64::from(offset > 0))))
    }

    fn size(&mut self, node: &Value, depth: usize) -> Result<Size, String> {
        let label = type_string(node);
        let unknown = || format!("the type {label:?} is not known");
        if depth > DEPTH {
            return Err(unknown());
        }
        let kind = node["nodeType"].as_str().unwrap_or_default();
        let (id, item, is_whole) = match kind {
            "ElementaryTypeName" => return self.elementary(label).ok_or_else(unknown),
            "Mapping" => {
                let key = self.key(&node["keyType"], depth)?;
                let value = self.size(&node["valueType"], depth + 1)?.id;
                let id = format!("t_mapping({key},{value})");
                let mut item = TypeItem::new("mapping", label, WORD_BYTES);
                (item.key, item.value) = (Some(key), Some(value));
                (id, item, true)
            }
            "ArrayTypeName" => self.array(node, label, depth)?,
            "UserDefinedTypeName" => {
                let id = node["referencedDeclaration"].as_u64().ok_or_else(unknown)?;
                let declared = self.nodes.get(id).ok_or_else(unknown)?;
                return self.declared(&declared, label, depth);
            }
            _ => return Err(unknown()),
        };
        Ok(self.add(id, item, is_whole))
    }

    fn add(&mut self, id: String, item: TypeItem, is_whole: bool) -> Size {
        let bytes = item.size();
        self.types.entry(id.clone()).or_insert(item);
        Size {
            id,
            bytes: bytes.unwrap_or(WORD_BYTES),
            is_whole,
        }
    }

    /// A type as a key: `string` and `bytes` are hashed, not stored.
    fn key(&mut self, node: &Value, depth: usize) -> Result<String, String> {
        let label = type_string(node);
        if TEXTS.contains(&label) {
            let item = TypeItem::new("bytes", label, WORD_BYTES);
            return Ok(self.add(format!("t_{label}_memory_ptr"), item, true).id);
        }
        Ok(self.size(node, depth + 1)?.id)
    }

    fn elementary(&mut self, label: &str) -> Option<Size> {
        if TEXTS.contains(&label) {
            let item = TypeItem::new("bytes", label, WORD_BYTES);
            return Some(self.add(format!("t_{label}_storage"), item, true));
        }
        let item = TypeItem::new("inplace", label, size_of(label)?);
        Some(self.add(format!("t_{}", label.replace(' ', "_")), item, false))
    }

    fn array(
        &mut self,
        node: &Value,
        label: &str,
        depth: usize,
    ) -> Result<(String, TypeItem, bool), String> {
        let base = self.size(&node["baseType"], depth + 1)?;
        let length = label
            .rsplit_once('[')
            .and_then(|(_, length)| length.strip_suffix(']'));
        let (length, encoding, bytes) = match length {
            Some("") => ("dyn", "dynamic_array", WORD_BYTES),
            length => {
                let count = length.and_then(|length| length.parse::<u64>().ok());
                let count = count.ok_or_else(|| format!("the length of {label} is not known"))?;
                let slots = if base.is_whole || base.bytes > WORD_BYTES / 2 {
                    count.saturating_mul(base.bytes.div_ceil(WORD_BYTES))
                } else {
                    count.div_ceil(WORD_BYTES / base.bytes.max(1))
                };
                let bytes = slots.saturating_mul(WORD_BYTES);
                (length.unwrap_or_default(), "inplace", bytes)
            }
        };
        let id = format!("t_array({}){length}_storage", base.id);
        let mut item = TypeItem::new(encoding, label, bytes);
        item.base = Some(base.id);
        Ok((id, item, true))
    }

    fn declared(
        &mut self,
        declared: &Declared<'_>,
        label: &str,
        depth: usize,
    ) -> Result<Size, String> {
        let node = declared.node;
        let name = node["name"].as_str().unwrap_or_default();
        let number = node["id"].as_u64().unwrap_or_default();
        match node["nodeType"].as_str().unwrap_or_default() {
            "ContractDefinition" => {
                let id = format!("t_contract({name}){number}");
                Ok(self.add(id, TypeItem::new("inplace", label, 20), false))
            }
            "EnumDefinition" => {
                let mut item = TypeItem::new("inplace", label, 1);
                item.members = Some(names_of(node));
                Ok(self.add(format!("t_enum({name}){number}"), item, false))
            }
            "UserDefinedValueTypeDefinition" => {
                let underlying = self.size(&node["underlyingType"], depth + 1)?;
                let mut item = TypeItem::new("inplace", label, underlying.bytes);
                item.underlying = Some(underlying.id);
                let id = format!("t_userDefinedValueType({name}){number}");
                Ok(self.add(id, item, false))
            }
            "StructDefinition" => {
                let id = format!("t_struct({name}){number}_storage");
                if !self.types.contains_key(&id) {
                    // A mapping within may lead back to it.
                    self.types
                        .insert(id.clone(), TypeItem::new("inplace", label, WORD_BYTES));
                    let (members, slots) = self.members(declared, depth + 1)?;
                    let bytes = slots.saturating_mul(WORD_BYTES);
                    let mut item = TypeItem::new("inplace", label, bytes);
                    item.members = Some(Members::Struct(members));
                    self.types.insert(id.clone(), item);
                }
                let item = self.types.get(&id).cloned().unwrap_or_default();
                Ok(self.add(id, item, true))
            }
            _ => Err(format!("the type {label:?} is not known")),
        }
    }
}

/// The type that a node names.
fn type_string(node: &Value) -> &str {
    let label = &node["typeDescriptions"]["typeString"];
    label.as_str().unwrap_or_default()
}
