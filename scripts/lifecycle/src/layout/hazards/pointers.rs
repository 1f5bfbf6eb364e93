//! Pointers to internal functions that inline assembly can set: the bytes that run then stand in no source as code.

use super::text;
use crate::layout::nodes::{Nodes, each, id_of, is, list};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// How the compiler calls the type of such a pointer.
const POINTER: &str = "t_function_internal";
/// Beginnings of the types of what has other values in it.
const COMPOUND: [&str; 3] = ["t_array$", "t_struct$", "t_mapping$"];
/// Beginnings of the types of what refers to memory or storage.
const REFERENCES: [&str; 5] = [
    "t_array$",
    "t_struct$",
    "t_mapping$",
    "t_bytes_",
    "t_string_",
];
/// What is said of a type that refers to calldata, which nobody can write.
const CALLDATA: &str = "_calldata";
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

/// Whether assembly of the contract can set a pointer to anything: it assigns to one, or there is one in memory or
/// storage that it can write, or have Solidity write by a reference that it sets.
pub(super) fn can_be_set(nodes: &Nodes<'_>) -> bool {
    let (holders, mut variables) = (holders(nodes), BTreeMap::new());
    let (mut is_held, mut blocks) = (false, Vec::new());
    for one in nodes.reached() {
        each(one.node, &mut |node| {
            let kind = type_of(node);
            if is(node, "VariableDeclaration") {
                variables.extend(id_of(node, "id").map(|id| (id, node)));
                let is_in_code = node["mutability"] == "immutable" || node["constant"] == true;
                is_held |=
                    kind.starts_with(POINTER) && node["stateVariable"] == true && !is_in_code;
            }
            is_held |= holds(kind, &holders);
            if is(node, "InlineAssembly") {
                blocks.push(node);
            }
        });
    }
    blocks.into_iter().any(|block| {
        let named = Named::by(block, &variables);
        named.sets_pointer(block) || is_held && (named.sets_reference(block) || writes(block))
    })
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
    let is_holder = COMPOUND.iter().any(|prefix| kind.starts_with(prefix));
    is_holder && (kind.contains(POINTER) || holders.iter().any(|holder| kind.contains(holder)))
}

fn type_of(node: &Value) -> &str {
    text(&node["typeDescriptions"]["typeIdentifier"])
}

/// How many values a pointer's code takes and returns, where each is one word of the stack. Another number would have
/// the code return to what is none of its own.
fn words(declared: &Value) -> Option<[usize; 2]> {
    let kind = type_of(declared);
    // Two words each.
    let is_wide = kind.contains(CALLDATA) || kind.contains("t_function_external");
    let of = |list_of: &str| {
        let all = &declared["typeName"][list_of]["parameters"];
        all.as_array().map(Vec::len)
    };
    let all = [of("parameterTypes")?, of("returnParameterTypes")?];
    (!is_wide).then_some(all)
}

/// Whether a block's pointer to code can stand in the place of another one.
fn is_alike(given: &Value, taken: &Value) -> bool {
    let is_pointer = type_of(given).starts_with(POINTER);
    let is_same = type_of(given) == type_of(taken);
    is_pointer && (is_same || words(given).is_some_and(|all| words(taken) == Some(all)))
}

/// The variables of Solidity that a block names: what declares each, by where it is named.
struct Named<'v>(BTreeMap<&'v str, &'v Value>);

impl<'v> Named<'v> {
    fn by(block: &'v Value, variables: &BTreeMap<u64, &'v Value>) -> Self {
        let mut named = BTreeMap::new();
        each(&block["externalReferences"], &mut |node| {
            let declared = id_of(node, "declaration").and_then(|id| variables.get(&id));
            named.extend(declared.map(|declared| (text(&node["src"]), *declared)));
        });
        Self(named)
    }

    /// What declares the variable that a node names.
    fn of(&self, node: &Value) -> Option<&'v Value> {
        let name = is(node, "YulIdentifier").then(|| text(&node["src"]))?;
        self.0.get(name).copied()
    }

    /// Whether the block assigns to a pointer what cannot stand in its place.
    fn sets_pointer(&self, block: &Value) -> bool {
        self.sets(block, &|taken, value| {
            let given = value.and_then(|value| self.of(value));
            type_of(taken).starts_with(POINTER)
                && !given.is_some_and(|given| is_alike(given, taken))
        })
    }

    /// Whether the block assigns to what refers to memory or storage.
    fn sets_reference(&self, block: &Value) -> bool {
        self.sets(block, &|taken, _| {
            let kind = type_of(taken);
            REFERENCES.iter().any(|prefix| kind.starts_with(prefix)) && !kind.contains(CALLDATA)
        })
    }

    /// Whether the block assigns to a variable of that kind such a value, where it is known.
    fn sets(&self, block: &Value, is_so: &dyn Fn(&Value, Option<&Value>) -> bool) -> bool {
        // solc before 0.6 shows assembly as text.
        if !block["AST"].is_object() {
            return self.0.values().any(|taken| is_so(taken, None));
        }
        let mut is_found = false;
        each(&block["AST"], &mut |node| {
            if is(node, "YulAssignment") {
                let variables = list(&node["variableNames"]).iter();
                let mut taken = variables.filter_map(|variable| self.of(variable));
                is_found |= taken.any(|taken| is_so(taken, Some(&node["value"])));
            }
        });
        is_found
    }
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
