//! Slots that a Solidity contract computes by itself: the inline assembly of its bases, and of the libraries and
//! free functions that they call. A storage pointer is made in no other way.

use super::constants::{Known, value, variable};
use super::namespaces::{ERC7201, location};
use super::nodes::{Declared, Nodes, id_of, is, list};
use alloy::primitives::{B256, U256};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stylus_upgrades_interface::slots::{ADMIN, BEACON, IMPLEMENTATION, erc1967, erc7201};

/// Calls that are followed, each with the arguments that are known.
const CALLS: usize = 4096;
/// Places that are named.
const PLACES: usize = 16;
/// What reads and writes storage in inline assembly.
const STORES: [&str; 2] = ["sload", "sstore"];
/// Of OpenZeppelin's proxies 4.
const ROLLBACK: B256 = erc1967(b"eip1967.proxy.rollback");
/// Of OpenZeppelin 5, which keeps one word there.
const REENTRANCY_GUARD: B256 = erc7201(b"openzeppelin.storage.ReentrancyGuard");

/// What the code of a contract reaches.
#[derive(Default)]
pub(super) struct Reached {
    /// Structs that lie at the root that their annotation names, by their ids.
    pub(super) structs: BTreeSet<u64>,
    by_hand: BTreeSet<String>,
}

/// A function that is looked at, and what its parameters and local variables come to.
struct Scope<'v> {
    declared: Declared<'v>,
    known: Known,
}

struct Walk<'n, 'v> {
    nodes: &'n Nodes<'v>,
    seen: BTreeSet<(u64, Vec<Option<U256>>)>,
    ahead: Vec<Scope<'v>>,
    reached: Reached,
}

/// Looks at a contract.
pub(super) fn look(nodes: &Nodes<'_>) -> Reached {
    let mut walk = Walk {
        nodes,
        seen: BTreeSet::new(),
        ahead: Vec::new(),
        reached: Reached::default(),
    };
    for one in nodes.iter().filter(|one| nodes.is_own(one)) {
        walk.enter(one, Vec::new());
    }
    while let Some(mut scope) = walk.ahead.pop() {
        note_locals(nodes, &mut scope);
        walk.visit(scope.declared.node, &scope);
    }
    walk.reached
}

impl Reached {
    /// The places that compute slots, to be named.
    pub(super) fn places(self) -> Vec<String> {
        self.by_hand.into_iter().take(PLACES).collect()
    }
}

impl<'v> Walk<'_, 'v> {
    /// Puts a declaration on the list, called with those arguments; of what is no call nothing is known of them.
    fn enter(&mut self, declared: Declared<'v>, arguments: Vec<Option<U256>>) {
        let node = declared.node;
        let ids = list(&node["parameters"]["parameters"])
            .iter()
            .map(|one| id_of(one, "id"));
        let known = ids
            .zip(&arguments)
            .filter_map(|(id, value)| Some((id?, (*value)?)));
        let scope = Scope {
            declared,
            known: known.collect(),
        };
        if self.seen.len() > CALLS {
            return self.by_hand(&scope, "more calls than are followed");
        }
        let id = id_of(node, "id").unwrap_or_default();
        if self.seen.insert((id, arguments)) {
            self.ahead.push(scope);
        }
    }

    fn by_hand(&mut self, scope: &Scope<'_>, what: &str) {
        let Declared { node, file, .. } = scope.declared;
        let named = [&node["name"], &node["kind"]]
            .into_iter()
            .filter_map(Value::as_str);
        let name = named
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or_default();
        self.reached
            .by_hand
            .insert(format!("{file}: {what} in {name}"));
    }

    /// A function or modifier of a library, or of no contract. Those of the contract itself are all looked at.
    fn outside(&self, id: Option<u64>) -> Option<Declared<'v>> {
        let found = self.nodes.get(id?)?;
        let of = found.contract.and_then(|of| self.nodes.get(of));
        let is_outside = of.is_none_or(|of| of.node["contractKind"] == "library");
        let is_code = is(found.node, "FunctionDefinition") || is(found.node, "ModifierDefinition");
        (is_code && is_outside && !self.nodes.is_own(&found)).then_some(found)
    }

    fn visit(&mut self, node: &'v Value, scope: &Scope<'v>) {
        match node {
            Value::Array(all) => all.iter().for_each(|one| self.visit(one, scope)),
            Value::Object(_) if is(node, "InlineAssembly") => self.assembly(node, scope),
            Value::Object(_) if is(node, "UsingForDirective") => {} // names functions, and calls none
            Value::Object(fields) => {
                let callee = &node["expression"];
                let called = self.outside(id_of(callee, "referencedDeclaration"));
                if let Some(called) = called.filter(|_| is(node, "FunctionCall")) {
                    self.enter(called, self.arguments(node, called, scope));
                    self.visit(&callee["expression"], scope);
                    return self.visit(&node["arguments"], scope);
                }
                if let Some(named) = self.outside(id_of(node, "referencedDeclaration")) {
                    self.enter(named, Vec::new());
                }
                fields.values().for_each(|inner| self.visit(inner, scope));
            }
            _ => {}
        }
    }

    /// What the arguments of a call come to. What it is attached to (`using … for …`) is the first.
    fn arguments(
        &self,
        call: &Value,
        called: Declared<'_>,
        scope: &Scope<'_>,
    ) -> Vec<Option<U256>> {
        if !list(&call["names"]).is_empty() {
            return Vec::new(); // in whatever order
        }
        let arguments = list(&call["arguments"]);
        let parameters = list(&called.node["parameters"]["parameters"]);
        let attached =
            (arguments.len() < parameters.len()).then(|| &call["expression"]["expression"]);
        let all = attached.into_iter().chain(arguments);
        all.map(|one| value(self.nodes, one, &scope.known, 0))
            .collect()
    }

    fn assembly(&mut self, node: &'v Value, scope: &Scope<'v>) {
        if !node["AST"].is_object() {
            return self.by_hand(scope, "inline assembly");
        }
        let references = references(node);
        let is_slot =
            |yul: &Value| reference(&references, yul).is_some_and(|one| one["isSlot"] == true);
        let value = |yul: &Value| match yul["nodeType"].as_str()? {
            "YulLiteral" if yul["kind"] == "number" => yul["value"].as_str()?.parse().ok(),
            "YulIdentifier" if !is_slot(yul) => {
                let id = id_of(reference(&references, yul)?, "declaration")?;
                variable(self.nodes, id, &scope.known, 0)
            }
            _ => None,
        };
        let (mut by_hand, mut structs) = (Vec::new(), Vec::new());
        each(&node["AST"], &mut |yul| match yul["nodeType"].as_str() {
            Some("YulAssignment") => {
                for target in list(&yul["variableNames"])
                    .iter()
                    .filter(|one| is_slot(one))
                {
                    let root = value(&yul["value"]);
                    let pointed =
                        reference(&references, target).and_then(|one| id_of(one, "declaration"));
                    match root.is_some_and(is_known) {
                        true => {}
                        false => match self.pointed(scope, pointed, root) {
                            Some(id) => structs.push(id),
                            None => by_hand.extend(target["name"].as_str()),
                        },
                    }
                }
            }
            Some("YulFunctionCall") => {
                let name = yul["functionName"]["name"]
                    .as_str()
                    .filter(|name| STORES.contains(name));
                let at = list(&yul["arguments"]).first();
                let is_own = |at: &Value| {
                    let declared = reference(&references, at).map(|one| id_of(one, "declaration"));
                    is_slot(at) && (name == Some("sload") || self.is_word(declared.flatten()))
                };
                let is_listed = at.is_some_and(|at| is_own(at) || value(at).is_some_and(is_known));
                by_hand.extend(name.filter(|_| !is_listed));
            }
            _ => {}
        });
        self.reached.structs.extend(structs);
        by_hand
            .into_iter()
            .for_each(|what| self.by_hand(scope, what));
    }

    /// Whether a variable of the contract is one value. The length of an array says which slots are its elements.
    fn is_word(&self, variable: Option<u64>) -> bool {
        let declared = variable.and_then(|id| self.nodes.get(id));
        let id = declared.and_then(|one| one.node["typeDescriptions"]["typeIdentifier"].as_str());
        id.is_some_and(|id| {
            let is_pointer = id.ends_with("_storage") || id.ends_with("_storage_ptr");
            !is_pointer && !id.starts_with("t_mapping")
        })
    }

    /// The struct that a pointer is to, where its annotation names that root.
    fn pointed(&self, scope: &Scope<'v>, pointer: Option<u64>, root: Option<U256>) -> Option<u64> {
        let mut pointed = None;
        each(scope.declared.node, &mut |node| {
            if is(node, "VariableDeclaration") && id_of(node, "id") == pointer {
                pointed = id_of(&node["typeName"], "referencedDeclaration");
            }
        });
        let location = location(self.nodes.get(pointed?)?.node)?;
        let named = erc7201(location.strip_prefix(ERC7201)?.as_bytes());
        pointed.filter(|_| root == Some(named.into()))
    }
}

/// Whether what lies there is known: the slots of proxies, and the one that OpenZeppelin 5 has no struct for.
fn is_known(slot: U256) -> bool {
    let known = [IMPLEMENTATION, ADMIN, BEACON, ROLLBACK, REENTRANCY_GUARD];
    known.contains(&B256::from(slot))
}

/// What the names within inline assembly are declared as, by their places.
fn references(assembly: &Value) -> BTreeMap<&str, &Value> {
    let all = list(&assembly["externalReferences"]).iter();
    all.filter_map(|one| Some((one["src"].as_str()?, one)))
        .collect()
}

fn reference<'v>(all: &BTreeMap<&str, &'v Value>, yul: &Value) -> Option<&'v Value> {
    all.get(yul["src"].as_str()?).copied()
}

/// Notes what local variables come to that are set once.
fn note_locals(nodes: &Nodes<'_>, scope: &mut Scope<'_>) {
    let whole = scope.declared.node;
    let mut changed = BTreeSet::new();
    each(whole, &mut |node| match node["nodeType"].as_str() {
        Some("Assignment") => named(&node["leftHandSide"], &mut changed),
        Some("UnaryOperation") => named(&node["subExpression"], &mut changed),
        Some("InlineAssembly") => {
            let references = references(node);
            each(&node["AST"], &mut |yul| {
                for target in list(&yul["variableNames"]) {
                    let found = reference(&references, target);
                    changed.extend(found.and_then(|one| id_of(one, "declaration")));
                }
            });
        }
        _ => {}
    });
    scope.known.retain(|id, _| !changed.contains(id));
    each(whole, &mut |node| {
        if let [one] = list(&node["declarations"])
            && let Some(id) = id_of(one, "id").filter(|id| !changed.contains(id))
            && let Some(value) = value(nodes, &node["initialValue"], &scope.known, 0)
        {
            scope.known.insert(id, value);
        }
    });
}

/// Adds the ids of what an expression names.
fn named(expression: &Value, ids: &mut BTreeSet<u64>) {
    each(expression, &mut |node| {
        ids.extend(id_of(node, "referencedDeclaration"))
    });
}

/// Every node, from the outermost in.
fn each<'v>(node: &'v Value, see: &mut impl FnMut(&'v Value)) {
    see(node);
    match node {
        Value::Array(all) => all.iter().for_each(|one| each(one, see)),
        Value::Object(fields) => fields.values().for_each(|one| each(one, see)),
        _ => {}
    }
}
