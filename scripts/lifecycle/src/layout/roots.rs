//! Solidity structs at slots in the style that preceded ERC-7201: a function sets the slot of a storage pointer to the
//! hash of a text, or to that hash minus one, as diamond storage libraries do.

use super::nodes::{Declared, Nodes, each, id_of, is, list, named_by};
use serde_json::Value;
use std::collections::BTreeMap;
use stylus_layout::HashRoot;

/// Expressions within expressions that are followed, at most.
const DEPTH: usize = 16;

/// A struct with the root that a function gives it.
pub(super) struct StructRoot {
    pub(super) root: HashRoot,
    /// The id of the struct's declaration.
    pub(super) declaration: u64,
}

/// Finds the structs at hashes of texts in the functions that a contract has or calls.
pub(super) fn find_struct_roots(nodes: &Nodes<'_>) -> Vec<StructRoot> {
    let functions = nodes.reached().into_iter();
    let functions = functions.filter(|declared| is(declared.node, "FunctionDefinition"));
    let roots = functions.flat_map(|function| roots_of(nodes, &function));
    roots.collect()
}

/// The roots that the assembly of one function sets.
fn roots_of(nodes: &Nodes<'_>, function: &Declared<'_>) -> Vec<StructRoot> {
    let locals = LocalVariables::from_function(function.node);
    let mut roots = Vec::new();
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
            let pointer = target.and_then(|target| id_of(target, "declaration"));
            let declaration = pointer.and_then(|pointer| locals.struct_of(pointer));
            let value = reference(&assignment["value"]);
            let value = value.and_then(|value| id_of(value, "declaration"));
            let root = value.and_then(|value| root_of_variable(nodes, &locals, value, DEPTH));
            roots.extend(
                declaration
                    .zip(root)
                    .map(|(declaration, root)| StructRoot { root, declaration }),
            );
        });
    });
    roots
}

/// Returns true if a reference in assembly is to the slot of a variable, not to its value.
fn is_slot(reference: &Value) -> bool {
    reference["isSlot"] == true || reference["suffix"] == "slot"
}

/// The variables of a function.
struct LocalVariables<'v> {
    declared: BTreeMap<u64, &'v Value>,
    /// Their initial values.
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
        Self { declared, values }
    }

    /// The declaration of the struct that a storage pointer points to.
    fn struct_of(&self, pointer: u64) -> Option<u64> {
        let pointer = self.declared.get(&pointer)?;
        let is_pointer = pointer["storageLocation"] == "storage";
        id_of(&pointer["typeName"], "referencedDeclaration").filter(|_| is_pointer)
    }
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
            if expression["expression"]["name"] == "keccak256" {
                return literal(argument).map(HashRoot::from_text);
            }
            inner(argument).filter(|_| expression["kind"] == "typeConversion")
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

/// The text of a literal, or of a literal in a type conversion: `bytes("text")`.
fn literal(expression: &Value) -> Option<&str> {
    match expression["nodeType"].as_str()? {
        "Literal" => expression["value"].as_str(),
        "FunctionCall" if expression["kind"] == "typeConversion" => {
            literal(list(&expression["arguments"]).first()?)
        }
        _ => None,
    }
}
