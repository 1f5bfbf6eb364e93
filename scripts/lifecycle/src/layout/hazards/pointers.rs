//! Pointers to internal functions that inline assembly can set: the bytes that run then stand in no source as code.

use super::text;
use crate::layout::nodes::{Nodes, each, id_of, is, list};
use serde_json::Value;
use std::collections::BTreeSet;

/// How the compiler calls the type of such a pointer.
const POINTER: &str = "t_function_internal";
/// What assembly writes memory and storage by.
const WRITES: [&str; 13] = [
    "mstore",
    "mstore8",
    "mcopy",
    "calldatacopy",
    "codecopy",
    "extcodecopy",
    "returndatacopy",
    "call",
    "callcode",
    "delegatecall",
    "staticcall",
    "sstore",
    "tstore",
];

/// Whether assembly of the contract can set a pointer to anything: it assigns to one, or writes where one may lie.
pub(super) fn can_be_set(nodes: &Nodes<'_>) -> bool {
    let (holders, mut pointers) = (holders(nodes), BTreeSet::new());
    let (mut is_held, mut blocks) = (false, Vec::new());
    for one in nodes.reached() {
        each(one.node, &mut |node| {
            let kind = type_of(node);
            let is_pointer = kind.starts_with(POINTER) && is(node, "VariableDeclaration");
            pointers.extend(id_of(node, "id").filter(|_| is_pointer));
            let is_in_code = node["mutability"] == "immutable" || node["constant"] == true;
            let is_stored = is_pointer && node["stateVariable"] == true && !is_in_code;
            is_held |= is_stored || holds(kind, &holders);
            if is(node, "InlineAssembly") {
                blocks.push(node);
            }
        });
    }
    let mut blocks = blocks.into_iter();
    blocks.any(|block| assigns(block, &pointers) || is_held && writes(block))
}

/// The structs with a pointer, by what the names of their types have.
fn holders(nodes: &Nodes<'_>) -> BTreeSet<String> {
    let structs: Vec<&Value> = nodes.of_type("StructDefinition").collect();
    let mut found = BTreeSet::new();
    loop {
        let before = found.len();
        for one in &structs {
            let mut members = list(&one["members"]).iter().map(type_of);
            if members.any(|kind| kind.starts_with(POINTER) || holds(kind, &found)) {
                found.insert(format!("t_struct$_{}_${}_", text(&one["name"]), one["id"]));
            }
        }
        if found.len() == before {
            return found;
        }
    }
}

/// Whether values of a type have pointers in them.
fn holds(kind: &str, holders: &BTreeSet<String>) -> bool {
    let is_list = kind.contains("t_array$_t_function_internal");
    is_list || holders.iter().any(|holder| kind.contains(holder))
}

fn type_of(node: &Value) -> &str {
    text(&node["typeDescriptions"]["typeIdentifier"])
}

/// Whether a block assigns to a pointer what is none.
fn assigns(block: &Value, pointers: &BTreeSet<u64>) -> bool {
    let mut places = BTreeSet::new();
    each(&block["externalReferences"], &mut |node| {
        let declared = id_of(node, "declaration");
        if declared.is_some_and(|id| pointers.contains(&id)) {
            places.insert(text(&node["src"]));
        }
    });
    // solc before 0.6 shows assembly as text.
    if !block["AST"].is_object() {
        return !places.is_empty();
    }
    let is_pointer =
        |node: &Value| is(node, "YulIdentifier") && places.contains(text(&node["src"]));
    let mut is_found = false;
    each(&block["AST"], &mut |node| {
        let sets = is(node, "YulAssignment") && list(&node["variableNames"]).iter().any(is_pointer);
        is_found |= sets && !is_pointer(&node["value"]);
    });
    is_found
}

/// Whether a block writes memory or storage.
fn writes(block: &Value) -> bool {
    let mut is_found = !block["AST"].is_object();
    each(&block["AST"], &mut |node| {
        let called = text(&node["functionName"]["name"]);
        is_found |= is(node, "YulFunctionCall") && WRITES.contains(&called);
    });
    is_found
}
