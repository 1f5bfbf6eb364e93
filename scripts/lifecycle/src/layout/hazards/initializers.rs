//! InitializerCalls of parents that are missing, called twice or out of order, and code that anybody can initialize.

use super::{
    AllowedBy, HazardKind, Hazards, Search, is_called_from_outside, is_sent, modifiers, text,
};
use crate::layout::nodes::{Declared, each, is, list, named_by};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Functions within functions that are followed.
const DEPTH: usize = 64;
/// The modifier of what initializes a new proxy.
pub(super) const INITIALIZER: &str = "initializer";
/// The modifier of what initializes one more time.
pub(super) const REINITIALIZER: &str = "reinitializer";
/// What a constructor calls so that nobody initializes the code itself.
const LOCK: &str = "_disableInitializers";

/// What a function does with variables.
#[derive(Clone, Copy)]
enum Marks {
    Stored,
    Asked,
}

/// A variable of storage.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Mark {
    /// By its declaration.
    Of(u64),
    /// One that inline assembly finds.
    ByHand,
}

/// What is wrong with the initializers of a contract.
pub(super) fn hazards<'v>(search: &Search<'_, 'v>, own: &'v Value, found: &mut Hazards) {
    let Some(all) = InitializerCalls::of(search, own) else {
        return;
    };
    if all.entries.is_empty() {
        all.missing(found);
        return;
    }
    all.open(found);
    // A reinitializer runs on a proxy that was initialized: it need not call the parents again.
    let first = all.entries.iter().copied();
    let first = first.filter(|node| runs_modifier(search, node, INITIALIZER));
    let first: Vec<&Value> = first.collect();
    let Some(entry) = first.first() else {
        return;
    };
    all.not_called(&first, found);
    let calls = all.called_by(entry);
    all.called_twice(&calls, found);
    all.out_of_order(&calls, found);
}

/// The initializers of a contract and of its parents, and what they call.
struct InitializerCalls<'s, 'a, 'v> {
    search: &'s Search<'a, 'v>,
    contract: Declared<'v>,
    /// The contract and its parents, the most basic one first.
    parents: Vec<Declared<'v>>,
    /// What anybody can call to initialize it, the contract's own first.
    entries: Vec<&'v Value>,
    /// The initializers of parents that do something, with their ids, but those that another one calls.
    outer: Vec<(u64, Declared<'v>)>,
}

impl<'s, 'a, 'v> InitializerCalls<'s, 'a, 'v> {
    /// Those of a contract; nothing of what nobody deploys behind a proxy.
    fn of(search: &'s Search<'a, 'v>, own: &'v Value) -> Option<Self> {
        if own["abstract"] == true || own["contractKind"] != "contract" {
            return None;
        }
        let contract = search.nodes.get(own["id"].as_u64()?)?;
        let mut parents = search.nodes.bases();
        parents.reverse();
        let declared = parents.iter().rev();
        let declared = declared.flat_map(|one| list(&one.node["nodes"]));
        let entries = declared.filter(|node| is_entry(search, node)).collect();
        let mut all = Self {
            search,
            contract,
            parents,
            entries,
            outer: Vec::new(),
        };
        all.outer = all.of_parents();
        Some(all)
    }

    /// The initializers of parents that do something, but those that another one calls.
    fn of_parents(&self) -> Vec<(u64, Declared<'v>)> {
        let own = &self.contract.node["id"];
        let mut found: Vec<(u64, Declared<'v>)> = Vec::new();
        for parent in self.parents.iter().filter(|one| one.node["id"] != *own) {
            for node in list(&parent.node["nodes"]) {
                let is_unchained = text(&node["name"]).ends_with("_unchained");
                let is_wanted = is_of_parent(node) && !is_unchained;
                if is_wanted && self.does_something(node, &mut BTreeSet::new()) {
                    let one = Declared {
                        node,
                        contract: parent.node["id"].as_u64(),
                        file: parent.file,
                    };
                    found.extend(node["id"].as_u64().map(|id| (id, one)));
                }
            }
        }
        let mut within: BTreeSet<u64> = BTreeSet::new();
        for (id, one) in &found {
            let calls = self.called_by(one.node).into_iter();
            within.extend(calls.filter(|called| called != id));
        }
        found.retain(|(id, _)| !within.contains(id));
        found
    }

    /// Parents have initializers, and the contract has none.
    fn missing(&self, found: &mut Hazards) {
        if let Some((_, one)) = self.outer.first() {
            self.add((HazardKind::MissingInitializer, ""), one, found);
        }
    }

    /// Nothing keeps anybody from initializing the code itself.
    fn open(&self, found: &mut Hazards) {
        let mut declared = self.parents.iter().flat_map(|one| list(&one.node["nodes"]));
        if !declared.any(|node| self.is_lock(node)) {
            let kind = HazardKind::OpenImplementation;
            self.add((kind, ""), &self.contract, found);
        }
    }

    /// Whether it is a constructor after which nobody can initialize the code itself: it stores something that the
    /// modifiers of initializers ask. A function that is only called as if it did is none.
    fn is_lock(&self, node: &'v Value) -> bool {
        if node["kind"] != "constructor" {
            return false;
        }
        let named = |kind: &str, name: &str| -> Vec<&'v Value> {
            let declared = self.parents.iter().rev();
            let declared = declared.flat_map(|one| list(&one.node["nodes"]));
            declared
                .filter(|one| is(one, kind) && one["name"] == name)
                .collect()
        };
        let initializers = named("ModifierDefinition", INITIALIZER);
        let mut asked = BTreeSet::new();
        for modifier in initializers
            .iter()
            .chain(&named("ModifierDefinition", REINITIALIZER))
        {
            asked.extend(self.marks(modifier, Marks::Asked));
        }
        let mut locks = Vec::new();
        if has_modifier(node, INITIALIZER) {
            locks.extend(initializers.first());
        }
        each(&node["body"], &mut |inner| {
            let callee = &inner["expression"];
            if is(inner, "FunctionCall") && callee["name"] == LOCK {
                // The most derived one runs.
                locks.extend(named("FunctionDefinition", LOCK).first());
            } else if is(inner, "FunctionCall") && callee["memberName"] == LOCK {
                let named = named_by(callee).and_then(|id| self.search.nodes.get(id));
                locks.extend(named.map(|one| one.node));
            }
        });
        locks
            .into_iter()
            .any(|one| !self.marks(one, Marks::Stored).is_disjoint(&asked))
    }

    /// The variables that a function or modifier stores, or names at all, with what it calls.
    fn marks(&self, of: &'v Value, which: Marks) -> BTreeSet<Mark> {
        let (mut found, mut seen, mut ahead) = (BTreeSet::new(), BTreeSet::new(), vec![of]);
        while let Some(one) = ahead.pop() {
            if !seen.insert(one["id"].as_u64()) {
                continue;
            }
            each(one, &mut |node| {
                let is_code =
                    |one: &Value| is(one, "FunctionDefinition") || is(one, "ModifierDefinition");
                let called = named_by(node).and_then(|id| self.search.nodes.get(id));
                let called = called.filter(|_| !is_sent(self.search.nodes, node));
                ahead.extend(called.map(|one| one.node).filter(|one| is_code(one)));
                let by_hand = match which {
                    Marks::Stored => "sstore",
                    Marks::Asked => "sload",
                };
                if node["functionName"]["name"] == by_hand {
                    found.insert(Mark::ByHand);
                }
                let mut take = |node: &Value| {
                    let variable = named_by(node).filter(|id| {
                        let declared = self.search.nodes.get(*id);
                        declared.is_some_and(|one| is(one.node, "VariableDeclaration"))
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

    /// InitializerCalls of parents that none of these calls.
    fn not_called(&self, entries: &[&'v Value], found: &mut Hazards) {
        let calls = entries.iter().flat_map(|entry| self.called_by(entry));
        let calls: BTreeSet<u64> = calls.collect();
        for (id, one) in &self.outer {
            let name = text(&one.node["name"]);
            let unchained = format!("{name}_unchained");
            let mut called = calls.iter().filter_map(|id| self.search.nodes.get(*id));
            let is_called =
                calls.contains(id) || called.any(|one| one.node["name"] == unchained.as_str());
            if !is_called {
                self.add((HazardKind::MissingInitializerCall, name), one, found);
            }
        }
    }

    /// InitializerCalls of parents that run twice.
    fn called_twice(&self, calls: &[u64], found: &mut Hazards) {
        let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
        for id in calls {
            *counts.entry(*id).or_default() += 1;
        }
        let twice = counts.into_iter().filter(|(_, count)| *count > 1);
        for one in twice.filter_map(|(id, _)| self.search.nodes.get(id)) {
            if is_of_parent(one.node) && has_effects(one.node) {
                let name = text(&one.node["name"]);
                self.add((HazardKind::DuplicateInitializerCall, name), &one, found);
            }
        }
    }

    /// The first initializer of a parent that does not run in the order of the parents.
    fn out_of_order(&self, calls: &[u64], found: &mut Hazards) {
        let place = |called: &u64| self.outer.iter().position(|(id, _)| id == called);
        let order: Vec<usize> = calls.iter().filter_map(place).collect();
        let late = order
            .windows(2)
            .find(|pair| matches!(pair, [a, b] if a > b));
        if let Some((_, one)) = late.and_then(|pair| self.outer.get(*pair.get(1)?)) {
            let name = text(&one.node["name"]);
            self.add((HazardKind::IncorrectInitializerOrder, name), one, found);
        }
    }

    /// Adds a hazard of the contract. A tag allows it there, at its own initializer or at what it concerns.
    fn add(&self, (kind, what): (HazardKind, &str), of: &Declared<'v>, found: &mut Hazards) {
        let contract = self.contract;
        let entry = self.entries.first().copied().unwrap_or(contract.node);
        let entry = Declared {
            node: entry,
            ..contract
        };
        let places = [&contract, of, &entry].into_iter();
        let by = places.map(|place| self.search.tags.allow(place, kind));
        let by = by.max().unwrap_or(AllowedBy::Nobody);
        let name = text(&contract.node["name"]);
        let place = match what {
            "" => name.to_owned(),
            what => format!("{name}.{what}"),
        };
        found.add(kind, (place, contract.file), by);
    }

    /// The initializers of parents that a function calls, in their order, with those that these call.
    fn called_by(&self, function: &'v Value) -> Vec<u64> {
        let mut all = Vec::new();
        self.calls(function, &mut BTreeSet::new(), &mut all);
        all
    }

    fn calls(&self, function: &'v Value, open: &mut BTreeSet<u64>, all: &mut Vec<u64>) {
        if open.len() >= DEPTH || all.len() >= DEPTH * DEPTH {
            return;
        }
        let mut named = Vec::new();
        each(&function["body"], &mut |node| {
            if is(node, "FunctionCall") && !is_sent(self.search.nodes, &node["expression"]) {
                named.extend(node["expression"]["referencedDeclaration"].as_u64());
            }
        });
        for id in named {
            let one = self.search.nodes.get(id);
            let Some(one) = one.filter(|one| is(one.node, "FunctionDefinition")) else {
                continue;
            };
            if is_of_parent(one.node) {
                all.push(id);
            }
            if open.insert(id) {
                self.calls(one.node, open, all);
                open.remove(&id);
            }
        }
    }

    /// Whether a function does more than to call others that do nothing.
    fn does_something(&self, function: &'v Value, open: &mut BTreeSet<u64>) -> bool {
        if has_effects(function) {
            return true;
        }
        let mut calls = Vec::new();
        each(&function["body"], &mut |node| {
            if is(node, "FunctionCall") && !is_sent(self.search.nodes, &node["expression"]) {
                calls.extend(node["expression"]["referencedDeclaration"].as_u64());
            }
        });
        calls.into_iter().any(|id| {
            let called = self.search.nodes.get(id);
            called.is_some_and(|one| {
                open.len() < DEPTH && open.insert(id) && self.does_something(one.node, open)
            })
        })
    }
}

/// Whether anybody can call it to initialize the contract.
fn is_entry(search: &Search<'_, '_>, node: &Value) -> bool {
    let guards = [INITIALIZER, REINITIALIZER];
    is_called_from_outside(node)
        && node["implemented"] != false
        && guards
            .iter()
            .any(|guard| runs_modifier(search, node, guard))
}

/// Whether a function has a modifier, or calls one that nobody else can call and that has it.
fn runs_modifier(search: &Search<'_, '_>, function: &Value, wanted: &str) -> bool {
    let mut is_run = has_modifier(function, wanted);
    each(&function["body"], &mut |node| {
        let callee = &node["expression"];
        if is(node, "FunctionCall") && !is_sent(search.nodes, callee) {
            let called = named_by(callee).and_then(|id| search.nodes.get(id));
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

/// Whether it is an initializer that contracts call which inherit it.
fn is_of_parent(node: &Value) -> bool {
    is(node, "FunctionDefinition")
        && node["visibility"] == "internal"
        && (has_modifier(node, "onlyInitializing") || has_modifier(node, INITIALIZER))
}

/// Whether a function has a statement that is no call of an initializer of a parent.
fn has_effects(node: &Value) -> bool {
    let is_call_of_other = |statement: &Value| {
        let call = &statement["expression"];
        let callee = &call["expression"];
        let name = callee["name"].as_str().or(callee["memberName"].as_str());
        is(statement, "ExpressionStatement")
            && is(call, "FunctionCall")
            && name.is_some_and(|name| name.starts_with("__") && name.contains("_init"))
    };
    list(&node["body"]["statements"])
        .iter()
        .any(|one| !is_call_of_other(one))
}
