//! Code that anybody can initialize where it lies: it has initializers, and no constructor that closes them.

use super::{is_called_from_outside, is_sent, modifiers};
use crate::layout::nodes::{Declared, Nodes, each, is, list, named_by};
use serde_json::Value;
use std::collections::BTreeSet;

/// The modifier of functions that initialize a new proxy.
pub(super) const INITIALIZER: &str = "initializer";
/// The modifier of functions that initialize a proxy again.
pub(super) const REINITIALIZER: &str = "reinitializer";
/// The function that a constructor calls so that nobody initializes the code itself.
const LOCK: &str = "_disableInitializers";

/// The use of a variable by a function.
#[derive(Clone, Copy)]
enum Marks {
    Stored,
    Asked,
}

/// A variable of storage.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// A declared variable, by the id of its declaration.
    Of(u64),
    /// Any slot that inline assembly reads or writes.
    ByHand,
}

/// Returns true if a contract has initializers and no constructor closes them. An abstract contract is never deployed.
pub(super) fn is_open<'v>(nodes: &Nodes<'v>, own: &'v Value) -> bool {
    let is_deployed = own["abstract"] != true && own["contractKind"] == "contract";
    // The contract first.
    let parents = nodes.bases();
    let declared = || {
        parents
            .iter()
            .flat_map(|parent| list(&parent.node["nodes"]))
    };
    is_deployed
        && declared().any(|node| is_entry(nodes, node))
        && !declared().any(|node| is_lock(nodes, &parents, node))
}

/// Returns true for a constructor after which nobody can initialize the code itself: it stores a variable that the
/// modifiers of initializers read. The name of a function that it calls proves nothing.
fn is_lock<'v>(nodes: &Nodes<'v>, parents: &[Declared<'v>], node: &'v Value) -> bool {
    if node["kind"] != "constructor" {
        return false;
    }
    let named = |kind: &str, name: &str| -> Vec<&'v Value> {
        let declared = parents.iter();
        let declared = declared.flat_map(|base| list(&base.node["nodes"]));
        declared
            .filter(|member| is(member, kind) && member["name"] == name)
            .collect()
    };
    let initializers = named("ModifierDefinition", INITIALIZER);
    let mut asked = BTreeSet::new();
    for modifier in initializers
        .iter()
        .chain(&named("ModifierDefinition", REINITIALIZER))
    {
        asked.extend(marks(nodes, modifier, Marks::Asked));
    }
    let mut locks = Vec::new();
    if has_modifier(node, INITIALIZER) {
        locks.extend(initializers.first());
    }
    each(&node["body"], &mut |inner| {
        let callee = &inner["expression"];
        if is(inner, "FunctionCall") && callee["name"] == LOCK {
            // The most derived function runs.
            locks.extend(named("FunctionDefinition", LOCK).first());
        } else if is(inner, "FunctionCall") && callee["memberName"] == LOCK {
            let named = named_by(callee).and_then(|id| nodes.get(id));
            locks.extend(named.map(|declaration| declaration.node));
        }
    });
    locks
        .into_iter()
        .any(|lock| !marks(nodes, lock, Marks::Stored).is_disjoint(&asked))
}

/// The variables that a function or modifier and the functions that it calls store, or name at all.
fn marks<'v>(nodes: &Nodes<'v>, of: &'v Value, which: Marks) -> BTreeSet<Mark> {
    let (mut found, mut seen, mut ahead) = (BTreeSet::new(), BTreeSet::new(), vec![of]);
    while let Some(function) = ahead.pop() {
        if !seen.insert(function["id"].as_u64()) {
            continue;
        }
        each(function, &mut |node| {
            let is_code =
                |node: &Value| is(node, "FunctionDefinition") || is(node, "ModifierDefinition");
            let called = named_by(node).and_then(|id| nodes.get(id));
            let called = called.filter(|_| !is_sent(nodes, node));
            ahead.extend(
                called
                    .map(|declaration| declaration.node)
                    .filter(|node| is_code(node)),
            );
            let by_hand = match which {
                Marks::Stored => "sstore",
                Marks::Asked => "sload",
            };
            if node["functionName"]["name"] == by_hand {
                found.insert(Mark::ByHand);
            }
            let mut take = |node: &Value| {
                let variable = named_by(node).filter(|id| {
                    let declared = nodes.get(*id);
                    declared.is_some_and(|declaration| is(declaration.node, "VariableDeclaration"))
                });
                found.extend(variable.map(Mark::Of));
            };
            match which {
                Marks::Stored => each(&node["leftHandSide"], &mut |node| take(node)),
                Marks::Asked => take(node),
            }
        });
    }
    found
}

/// Returns true if anybody can call a function to initialize the contract.
fn is_entry(nodes: &Nodes<'_>, node: &Value) -> bool {
    let guards = [INITIALIZER, REINITIALIZER];
    is_called_from_outside(node)
        && node["implemented"] != false
        && guards.iter().any(|guard| runs_modifier(nodes, node, guard))
}

/// Returns true if a function has a modifier, or calls an internal function that has it.
fn runs_modifier(nodes: &Nodes<'_>, function: &Value, wanted: &str) -> bool {
    let mut is_run = has_modifier(function, wanted);
    each(&function["body"], &mut |node| {
        let callee = &node["expression"];
        if is(node, "FunctionCall") && !is_sent(nodes, callee) {
            let called = named_by(callee).and_then(|id| nodes.get(id));
            is_run |= called.is_some_and(|called| {
                is(called.node, "FunctionDefinition")
                    && !is_called_from_outside(called.node)
                    && has_modifier(called.node, wanted)
            });
        }
    });
    is_run
}

fn has_modifier(node: &Value, wanted: &str) -> bool {
    modifiers(node).any(|name| name == wanted)
}
