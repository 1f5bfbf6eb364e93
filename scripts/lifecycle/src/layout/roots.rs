//! Solidity structs at slots in the style that preceded ERC-7201: a function sets the slot of a storage pointer to the
//! hash of a text, or to that hash minus one, as diamond storage libraries do.

use super::nodes::{Declared, Nodes, each, id_of, is, list, named_by};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::HashRoot;

/// Expressions within expressions that are followed, at most.
const DEPTH: usize = 16;

/// A struct with the root that a function gives it.
pub(super) struct StructRoot {
    pub(super) root: HashRoot,
    /// The id of the struct's declaration.
    pub(super) declaration: u64,
}

/// Finds the structs at hashes of texts in the functions that a contract has or calls. A function that another one
/// overrides counts for nothing.
pub(super) fn find_struct_roots(nodes: &Nodes<'_>) -> Vec<StructRoot> {
    let functions = nodes.reached().into_iter();
    let functions: Vec<Declared<'_>> = functions
        .filter(|declared| is(declared.node, "FunctionDefinition"))
        .collect();
    let overridden = functions
        .iter()
        .flat_map(|function| list(&function.node["baseFunctions"]));
    let overridden: BTreeSet<u64> = overridden.filter_map(Value::as_u64).collect();
    let roots = functions
        .iter()
        .filter(|function| id_of(function.node, "id").is_none_or(|id| !overridden.contains(&id)))
        .flat_map(|function| roots_of(nodes, function));
    roots.collect()
}

/// The roots that the assembly of one function sets.
fn roots_of(nodes: &Nodes<'_>, function: &Declared<'_>) -> Vec<StructRoot> {
    let locals = LocalVariables::from_function(function.node);
    let mut roots: BTreeMap<u64, Vec<Option<StructRoot>>> = BTreeMap::new();
    each(function.node, &mut |node| {
        if !is(node, "InlineAssembly") {
            return;
        }
        let references = list(&node["externalReferences"]).iter();
        let references: BTreeMap<&str, &Value> = references
            .filter_map(|reference| Some((reference["src"].as_str()?, reference)))
            .collect();
        let reference = |identifier: &Value| -> Option<&Value> {
            references.get(identifier["src"].as_str()?).copied()
        };
        each(&node["AST"], &mut |assignment| {
            if !is(assignment, "YulAssignment") {
                return;
            }
            let [target] = list(&assignment["variableNames"]) else {
                return;
            };
            let target = reference(target).filter(|reference| is_slot(reference));
            let Some(pointer) = target.and_then(|target| id_of(target, "declaration")) else {
                return;
            };
            let declaration = locals.struct_of(pointer);
            let value = reference(&assignment["value"]);
            let value = value.and_then(|value| id_of(value, "declaration"));
            let root = value.and_then(|value| root_of_variable(nodes, &locals, value, DEPTH));
            let root = declaration
                .zip(root)
                .map(|(declaration, root)| StructRoot { root, declaration });
            roots.entry(pointer).or_default().push(root);
        });
    });
    // A pointer with two assignments may have either slot.
    let roots = roots.into_values().filter_map(|mut roots| {
        let root = roots.pop()?;
        root.filter(|_| roots.is_empty())
    });
    roots.collect()
}

/// Returns true if a reference in assembly is to the slot of a variable, not to its value.
fn is_slot(reference: &Value) -> bool {
    reference["isSlot"] == true || reference["suffix"] == "slot"
}

/// The variables of a function.
struct LocalVariables<'v> {
    declared: BTreeMap<u64, &'v Value>,
    /// Their initial values; without those of variables that get another value.
    values: BTreeMap<u64, &'v Value>,
}

impl<'v> LocalVariables<'v> {
    fn from_function(function: &'v Value) -> Self {
        let (mut declared, mut values) = (BTreeMap::new(), BTreeMap::new());
        each(function, &mut |node| {
            if is(node, "VariableDeclaration")
                && let Some(id) = id_of(node, "id")
            {
                declared.insert(id, node);
            }
            if is(node, "VariableDeclarationStatement")
                && let [variable] = list(&node["declarations"])
                && let Some(id) = id_of(variable, "id")
            {
                values.insert(id, &node["initialValue"]);
            }
        });
        each(function, &mut |node| {
            for id in changed_variables(node) {
                values.remove(&id);
            }
        });
        Self { declared, values }
    }

    /// The declaration of the struct that a storage pointer points to.
    fn struct_of(&self, pointer: u64) -> Option<u64> {
        let pointer = self.declared.get(&pointer)?;
        let is_pointer = pointer["storageLocation"] == "storage";
        id_of(&pointer["typeName"], "referencedDeclaration").filter(|_| is_pointer)
    }
}

/// The variables that a statement or assembly gives another value.
fn changed_variables(node: &Value) -> Vec<u64> {
    let mut changed = Vec::new();
    let mut add_names = |target: &Value| {
        each(target, &mut |part| changed.extend(named_by(part)));
    };
    match node["nodeType"].as_str() {
        Some("Assignment") => add_names(&node["leftHandSide"]),
        Some("UnaryOperation") => add_names(&node["subExpression"]),
        Some("InlineAssembly") => {
            let mut targets: Vec<&str> = Vec::new();
            each(&node["AST"], &mut |part| {
                if is(part, "YulAssignment") {
                    let names = list(&part["variableNames"]).iter();
                    targets.extend(names.filter_map(|name| name["src"].as_str()));
                }
            });
            let references = list(&node["externalReferences"]).iter();
            let written = references.filter(|reference| {
                let source = reference["src"].as_str();
                !is_slot(reference) && source.is_some_and(|source| targets.contains(&source))
            });
            changed.extend(written.filter_map(|reference| id_of(reference, "declaration")));
        }
        _ => {}
    }
    changed
}

fn root_of_variable(
    nodes: &Nodes<'_>,
    locals: &LocalVariables<'_>,
    variable: u64,
    depth: usize,
) -> Option<HashRoot> {
    let depth = depth.checked_sub(1)?;
    if let Some(value) = locals.values.get(&variable) {
        return root_of(nodes, locals, value, depth);
    }
    let constant = nodes.get(variable)?.node;
    let is_constant = constant["constant"] == true;
    root_of(nodes, locals, &constant["value"], depth).filter(|_| is_constant)
}

/// The root that an expression computes: `keccak256("text")`, or one less.
fn root_of(
    nodes: &Nodes<'_>,
    locals: &LocalVariables<'_>,
    expression: &Value,
    depth: usize,
) -> Option<HashRoot> {
    let depth = depth.checked_sub(1)?;
    let inner = |expression: &Value| root_of(nodes, locals, expression, depth);
    match expression["nodeType"].as_str()? {
        "FunctionCall" => {
            let [argument] = list(&expression["arguments"]) else {
                return None;
            };
            let called = &expression["expression"];
            if called["name"] == "keccak256" && is_builtin(nodes, called) {
                let text = literal(argument).filter(|text| text.bytes().all(is_name_letter));
                return text.map(HashRoot::from_text);
            }
            let kept = ["bytes32", "uint256"].map(Value::from);
            let is_whole = kept.contains(&expression["typeDescriptions"]["typeString"]);
            inner(argument).filter(|_| is_whole && expression["kind"] == "typeConversion")
        }
        "TupleExpression" => match list(&expression["components"]) {
            [component] => inner(component),
            _ => None,
        },
        "BinaryOperation" => {
            let is_one_less = expression["operator"] == "-"
                && literal(&expression["rightExpression"]).is_some_and(|number| number == "1");
            let root = inner(&expression["leftExpression"])?;
            is_one_less.then(|| root.minus_one()).flatten()
        }
        _ => root_of_variable(nodes, locals, named_by(expression)?, depth),
    }
}

/// Returns true for a function of the compiler: no source declares it.
fn is_builtin(nodes: &Nodes<'_>, identifier: &Value) -> bool {
    named_by(identifier).is_none_or(|id| nodes.get(id).is_none())
}

/// Returns true for a letter that the names of storage areas usually have. Other letters would need an escape in ids.
const fn is_name_letter(letter: u8) -> bool {
    letter.is_ascii_alphanumeric() || matches!(letter, b'.' | b'-' | b'_' | b':' | b'/')
}

/// The text of a literal, or of a literal in a type conversion: `bytes("text")`.
fn literal(expression: &Value) -> Option<&str> {
    match expression["nodeType"].as_str()? {
        "Literal" if expression["subdenomination"].is_null() => expression["value"].as_str(),
        "FunctionCall" if expression["kind"] == "typeConversion" => {
            literal(list(&expression["arguments"]).first()?)
        }
        _ => None,
    }
}
