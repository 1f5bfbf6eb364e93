//! The initializers of a contract, by what is there: functions that compare a variable of storage and leave a higher
//! number in it, whatever they, their modifiers and that variable are called. As long as less is kept, such a function
//! can be called.

use super::constants::{Given, constant};
use super::open::{INITIALIZER, REINITIALIZER};
use super::{is_called_from_outside, is_sent, modifiers, text};
use crate::layout::nodes::{Nodes, each, is, list, named_by};
use alloy::primitives::{B256, Selector, U256};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::{FieldPlace, Layout, Storage, StorageField, WalkLimits};

/// Functions that override each other, and expressions within expressions, that are followed.
const DEPTH: usize = 64;
/// Nodes within nodes that are walked through, with what they call.
const DEEPEST: usize = 1_000;
/// Fields of a layout that are looked through for such a variable, at most.
const LIMITS: WalkLimits = WalkLimits { fields: 4_096 };

/// The numbers that the initializers of a contract and its parents leave behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Initializers(pub Vec<Initializer>);

/// A function that leaves a number behind, and that can be called while less is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Initializer {
    /// The function: `Vault.again`.
    pub name: String,
    /// Its selector; nothing of a fallback, and of what an older solc compiled.
    pub selector: Option<Selector>,
    /// The number that it leaves behind: 1 of a flag, n of a `reinitializer(n)`; nothing where only a run tells.
    pub number: Option<U256>,
    /// Its declaration.
    pub id: u64,
    /// The functions and modifiers that it runs, itself among them: an initializer that another one calls has run.
    pub runs: BTreeSet<u64>,
    /// The variable that holds it; nothing where it is not found.
    pub counter: Option<Counter>,
}

/// A variable in which initializers leave a number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Counter {
    /// Its name.
    pub name: String,
    /// Its slot.
    pub slot: U256,
    /// Its offset in the slot, in bytes from the low-order end.
    offset: u64,
    /// Bytes that it takes.
    size: u64,
}

impl Initializer {
    /// The function without its contract.
    pub fn function(&self) -> &str {
        self.name
            .rsplit_once('.')
            .map_or(&self.name, |(_, name)| name)
    }
}

impl Counter {
    /// The number in its slot's word.
    pub fn number(&self, word: B256) -> U256 {
        let bits = |bytes: u64| usize::try_from(bytes * 8).unwrap_or(256);
        let kept = U256::from_be_bytes(word.0) >> bits(self.offset);
        kept & (U256::MAX >> 256_usize.saturating_sub(bits(self.size)))
    }
}

impl Initializers {
    /// Finds the initializers of a contract.
    pub(super) fn of(nodes: &Nodes<'_>, layout: &Layout) -> Self {
        let search = Search::of(nodes, layout);
        let entries: Vec<Entry<'_>> = search.entries();
        // What is set back is no counter: a pause, or a guard against calls within calls.
        let set_back: BTreeSet<u64> = entries.iter().flat_map(Entry::set_back).collect();
        let mut all: Vec<(Initializer, bool)> = Vec::new();
        for entry in &entries {
            let by_name = named_number(nodes, entry.function);
            let is_named = by_name.is_some();
            let add = |number: Option<U256>, counter: Option<Counter>| {
                let initializer = Initializer {
                    name: entry.name.clone(),
                    selector: selector(entry.function),
                    number,
                    id: entry.id,
                    runs: entry.runs.clone(),
                    counter,
                };
                (initializer, is_named)
            };
            let mut found = entry.counted(&set_back);
            if is_named && found.is_empty() {
                found = entry.counted(&entry.set_back().collect());
            }
            let before = all.len();
            for mark in found {
                match search.place(mark.variable) {
                    Place::At(counter) => all.push(add(mark.number, Some(counter))),
                    Place::ByHand => all.push(add(mark.number, None)),
                    Place::Nowhere => {}
                }
            }
            // What is too deep, or a modifier of that name which does something else, or does it in assembly.
            let number = by_name.filter(|_| all.len() == before);
            let number = number.or_else(|| (!entry.is_whole).then_some(None));
            all.extend(number.map(|number| add(number, None)));
        }
        // Where no other function leaves a constant, what only a run tells is the highest bid of an auction, or the like.
        let known = all
            .iter()
            .filter(|(initializer, _)| initializer.number.is_some());
        let known: BTreeSet<Counter> = known
            .filter_map(|(initializer, _)| initializer.counter.clone())
            .collect();
        all.retain(|(initializer, is_named)| {
            let counter = initializer.counter.as_ref();
            *is_named
                || initializer.number.is_some()
                || counter.is_none_or(|counter| known.contains(counter))
        });
        Self(
            all.into_iter()
                .map(|(initializer, _)| initializer)
                .collect(),
        )
    }
}

/// The number that a modifier of OpenZeppelin's name leaves behind; nothing in that where only a run tells.
fn named_number(nodes: &Nodes<'_>, function: &Value) -> Option<Option<U256>> {
    let names = modifiers(function).zip(list(&function["modifiers"]));
    let mut numbers = names.filter_map(|(name, modifier)| match name {
        INITIALIZER => Some(Some(U256::ONE)),
        REINITIALIZER => {
            let argument = list(&modifier["arguments"]).first();
            Some(argument.and_then(|argument| constant(nodes, argument, &Given::new())))
        }
        _ => None,
    });
    numbers.next()
}

/// The selector of a function, as solc notes it.
fn selector(function: &Value) -> Option<Selector> {
    let digits = function["functionSelector"].as_str()?;
    digits.parse().ok()
}

/// A variable that a function compares and leaves a number in.
struct CounterMark {
    /// Its declaration.
    variable: u64,
    /// The highest number; nothing where only a run tells.
    number: Option<U256>,
}

/// An operation on a variable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Event {
    /// It is compared by size, or with what is given as an argument.
    Ordered,
    /// It is compared with that number.
    Equals(U256),
    /// It is asked as a truth value.
    Asked,
    /// A number is stored.
    Set(U256),
    /// An argument is stored that only a run tells.
    SetAsGiven,
    /// Something else is stored.
    SetOtherwise,
}

/// A function that others call, and what it does with variables, in that order.
struct Entry<'v> {
    function: &'v Value,
    name: String,
    id: u64,
    /// The functions and modifiers that it runs.
    runs: BTreeSet<u64>,
    events: Vec<(u64, Event)>,
    /// True if all code that it runs was walked through.
    is_whole: bool,
}

impl Entry<'_> {
    /// Groups its events by variable.
    fn by_variable(&self) -> BTreeMap<u64, Vec<Event>> {
        let mut all: BTreeMap<u64, Vec<Event>> = BTreeMap::new();
        for (variable, event) in &self.events {
            all.entry(*variable).or_default().push(*event);
        }
        all
    }

    /// The variables that it sets to zero, to less than it did before, or to anything without a question.
    fn set_back(&self) -> impl Iterator<Item = u64> + use<> {
        let is_set_back = |events: &[Event]| {
            let mut last = U256::ZERO;
            let is_asked = events.contains(&Event::Ordered);
            events.iter().any(|event| match *event {
                Event::Set(value) => value.is_zero() || std::mem::replace(&mut last, value) > value,
                Event::SetAsGiven => !is_asked,
                Event::SetOtherwise => true,
                Event::Ordered | Event::Equals(_) | Event::Asked => false,
            })
        };
        let all = self.by_variable().into_iter();
        let all: Vec<u64> = all
            .filter(|(_, events)| is_set_back(events))
            .map(|(variable, _)| variable)
            .collect();
        all.into_iter()
    }

    /// The variables that it compares and leaves a number in.
    fn counted(&self, set_back: &BTreeSet<u64>) -> Vec<CounterMark> {
        let all = self.by_variable().into_iter();
        let all = all.filter(|(variable, _)| !set_back.contains(variable));
        let counted = all.filter_map(|(variable, events)| {
            let numbers = events.iter().filter_map(|event| match event {
                Event::Set(value) => Some(*value),
                _ => None,
            });
            let is_given = events.contains(&Event::SetAsGiven);
            let number = numbers.max();
            let is_asked = events.iter().any(|event| match event {
                Event::Ordered | Event::Asked => true,
                // One of several states in a row is another thing.
                Event::Equals(value) => value.is_zero() || Some(*value) == number,
                _ => false,
            });
            let number = if is_given { None } else { Some(number?) };
            is_asked.then_some(CounterMark { variable, number })
        });
        counted.collect()
    }
}

/// The place of a variable.
enum Place {
    At(Counter),
    /// At a slot that assembly names.
    ByHand,
    /// In a mapping, or nowhere in storage.
    Nowhere,
}

struct Search<'a, 'v> {
    nodes: &'a Nodes<'v>,
    fields: Vec<FieldPlace>,
    /// Structs by their members.
    structs: BTreeMap<u64, &'v Value>,
    /// Structs that assembly sets pointers to.
    by_hand: BTreeSet<u64>,
}

impl<'a, 'v> Search<'a, 'v> {
    fn of(nodes: &'a Nodes<'v>, layout: &'a Layout) -> Self {
        let mut structs = BTreeMap::new();
        for structure in nodes.of_type("StructDefinition") {
            let members = list(&structure["members"]).iter();
            structs.extend(members.filter_map(|member| Some((member["id"].as_u64()?, structure))));
        }
        let (mut pointers, mut named) = (BTreeMap::new(), BTreeSet::new());
        for declaration in nodes.reached() {
            each(declaration.node, &mut |node| {
                if is(node, "VariableDeclaration") && node["storageLocation"] == "storage" {
                    let of = named_by(&node["typeName"]);
                    pointers.extend(node["id"].as_u64().zip(of));
                }
                if is(node, "InlineAssembly") {
                    let all = list(&node["externalReferences"]).iter();
                    let slots = all.filter(|reference| {
                        reference["suffix"] == "slot" || reference["isSlot"] == true
                    });
                    named.extend(slots.filter_map(|slot| slot["declaration"].as_u64()));
                }
            });
        }
        let by_hand = named.iter().filter_map(|id| pointers.get(id).copied());
        Self {
            nodes,
            fields: Storage::from(layout).walk(LIMITS).fields,
            structs,
            by_hand: by_hand.collect(),
        }
    }

    /// Finds the place of a variable, or of a member of a struct of which there is one.
    fn place(&self, variable: u64) -> Place {
        let member = self.structs.get(&variable);
        let declared = self.nodes.get(variable);
        let name = declared.map_or("", |variable| text(&variable.node["name"]));
        let is_it = |field: &StorageField| match field.declaration {
            // What is laid out of the AST has no number of a declaration.
            0 => member.is_some_and(|structure| {
                structure["canonicalName"] == field.contract.as_str() && field.name == name
            }),
            id => id == variable,
        };
        let all = self.fields.iter();
        let mut found = all.filter(|field| field.declared.as_ref().is_some_and(is_it));
        let place = match (found.next(), found.next()) {
            (Some(field), None) => field.in_one_word(),
            _ => None,
        };
        let is_by_hand = || {
            let of = member.and_then(|structure| structure["id"].as_u64());
            of.is_some_and(|structure_id| self.by_hand.contains(&structure_id))
        };
        match place {
            Some(place) => Place::At(Counter {
                name: name.to_owned(),
                slot: place.slot,
                offset: place.offset,
                size: place.bytes_taken(),
            }),
            None if is_by_hand() => Place::ByHand,
            None => Place::Nowhere,
        }
    }

    /// Lists the functions that others can call, with their operations on variables. Nobody reaches a function that another
    /// one overrides.
    fn entries(&self) -> Vec<Entry<'v>> {
        let bases = self.nodes.bases();
        let declared = || bases.iter().flat_map(|base| list(&base.node["nodes"]));
        let overridden = declared().flat_map(|node| list(&node["baseFunctions"]));
        let overridden: BTreeSet<u64> = overridden.filter_map(Value::as_u64).collect();
        let mut all = Vec::new();
        for base in &bases {
            for function in list(&base.node["nodes"]) {
                let is_there = is(function, "FunctionDefinition")
                    && is_called_from_outside(function)
                    && function["implemented"] != false;
                let id = function["id"].as_u64().filter(|_| is_there);
                let Some(id) = id.filter(|id| !overridden.contains(id)) else {
                    continue;
                };
                let mut walk = Walk {
                    search: self,
                    events: Vec::new(),
                    seen: BTreeSet::new(),
                    running: BTreeSet::new(),
                    left: DEEPEST,
                    is_whole: true,
                };
                walk.function(function, Given::new());
                let called = match text(&function["name"]) {
                    "" => text(&function["kind"]),
                    name => name,
                };
                let called_ids = walk.seen.iter().map(|(id, _)| *id);
                all.push(Entry {
                    function,
                    id,
                    runs: called_ids.chain([id]).collect(),
                    name: format!("{}.{called}", text(&base.node["name"])),
                    events: walk.events,
                    is_whole: walk.is_whole,
                });
            }
        }
        all
    }

    /// Finds the code that runs where a function or modifier is named: the most derived one that overrides it.
    fn resolved(&self, id: u64) -> Option<&'v Value> {
        let bases = self.nodes.bases();
        let declared = bases.iter().flat_map(|base| list(&base.node["nodes"]));
        let mut overriding = declared.filter(|node| self.overrides(node, id, DEPTH));
        let found = overriding.next();
        found.or_else(|| Some(self.nodes.get(id)?.node))
    }

    fn overrides(&self, node: &Value, id: u64, depth: usize) -> bool {
        let below = ["baseFunctions", "baseModifiers"].map(|key| list(&node[key]));
        let mut below = below.into_iter().flatten().filter_map(Value::as_u64);
        below.any(|function_id| {
            let is_below = || {
                let declared = self.nodes.get(function_id);
                declared.is_some_and(|function| {
                    depth > 0 && self.overrides(function.node, id, depth - 1)
                })
            };
            function_id == id || is_below()
        })
    }
}

/// A walk through what a function runs.
struct Walk<'s, 'a, 'v> {
    search: &'s Search<'a, 'v>,
    events: Vec<(u64, Event)>,
    /// The nodes that were walked through already, with the same arguments.
    seen: BTreeSet<(u64, Vec<Option<U256>>)>,
    /// The nodes that are being walked through.
    running: BTreeSet<u64>,
    /// Nodes within nodes that are still followed from here.
    left: usize,
    is_whole: bool,
}

/// A function or modifier that is walked through.
struct Frame {
    given: Given,
    /// Local variables that have the value of one in storage.
    copies: BTreeMap<u64, u64>,
}

impl<'v> Walk<'_, '_, 'v> {
    /// A function with its modifiers.
    fn function(&mut self, function: &'v Value, given: Given) {
        let mut frame = Frame {
            given,
            copies: BTreeMap::new(),
        };
        let parameters = list(&function["parameters"]["parameters"]).iter();
        for id in parameters.filter_map(|parameter| parameter["id"].as_u64()) {
            frame.given.entry(id).or_insert(None);
        }
        for modifier in list(&function["modifiers"]) {
            let id = named_by(&modifier["modifierName"]);
            let body = id.and_then(|id| self.search.resolved(id));
            if let Some(body) = body.filter(|node| is(node, "ModifierDefinition")) {
                let arguments: Vec<&'v Value> = list(&modifier["arguments"]).iter().collect();
                self.call(body, &arguments, &frame);
            }
        }
        self.node(&function["body"], &mut frame);
    }

    /// A function or modifier that is called with these arguments.
    fn call(&mut self, called: &'v Value, arguments: &[&'v Value], from: &Frame) {
        let nodes = self.search.nodes;
        let Some(id) = called["id"].as_u64() else {
            return;
        };
        // What calls itself may do so with ever other constants.
        let is_running = !self.running.insert(id);
        let values = arguments.iter().map(|value| {
            let value = constant(nodes, value, &from.given);
            value.filter(|_| !is_running)
        });
        let values: Vec<_> = values.collect();
        self.run(called, id, values);
        if !is_running {
            self.running.remove(&id);
        }
    }

    /// A function or modifier with the values of its parameters, unless it was walked through with these.
    fn run(&mut self, called: &'v Value, id: u64, values: Vec<Option<U256>>) {
        if !self.seen.insert((id, values.clone())) {
            return;
        }
        let parameters = list(&called["parameters"]["parameters"]).iter();
        let parameters = parameters.filter_map(|parameter| parameter["id"].as_u64());
        let given = parameters.zip(values.into_iter().chain(std::iter::repeat(None)));
        let given: Given = given.collect();
        if is(called, "FunctionDefinition") {
            self.function(called, given)
        } else {
            let copies = BTreeMap::new();
            let mut frame = Frame { given, copies };
            self.node(&called["body"], &mut frame);
        }
    }

    fn node(&mut self, node: &'v Value, frame: &mut Frame) {
        let Some(left) = self.left.checked_sub(1) else {
            self.is_whole = false;
            return;
        };
        self.left = left;
        self.inner(node, frame);
        self.left = left + 1;
    }

    fn inner(&mut self, node: &'v Value, frame: &mut Frame) {
        match text(&node["nodeType"]) {
            "Assignment" => return self.assignment(node, frame),
            "UnaryOperation" => {
                let of = &node["subExpression"];
                match text(&node["operator"]) {
                    "++" | "--" | "delete" => self.note(self.variable(of), Event::SetOtherwise),
                    "!" => self.asked(of, frame),
                    _ => {}
                }
            }
            "BinaryOperation" => self.compared(node, frame),
            "IfStatement" | "Conditional" => self.asked(&node["condition"], frame),
            "VariableDeclarationStatement" => {
                let copied = self.read(&node["initialValue"], frame, DEPTH);
                if let ([one], Some(copied)) = (list(&node["declarations"]), copied) {
                    frame
                        .copies
                        .extend(one["id"].as_u64().map(|id| (id, copied)));
                }
            }
            "FunctionCall" => {
                let callee = &node["expression"];
                let arguments = list(&node["arguments"]);
                if matches!(text(&callee["name"]), "require" | "assert") {
                    arguments
                        .first()
                        .into_iter()
                        .for_each(|argument| self.asked(argument, frame));
                }
                // Those run first.
                arguments
                    .iter()
                    .for_each(|argument| self.node(argument, frame));
                self.node(callee, frame);
                if let Some((called, arguments)) = self.called(node) {
                    self.call(called, &arguments, frame);
                }
                return;
            }
            _ => {}
        }
        match node {
            Value::Array(all) => all.iter().for_each(|node| self.node(node, frame)),
            Value::Object(fields) => fields.values().for_each(|field| self.node(field, frame)),
            _ => {}
        }
    }

    /// Finds the function of this contract or of a library that a call runs, with the values of its parameters.
    fn called(&self, call: &'v Value) -> Option<(&'v Value, Vec<&'v Value>)> {
        let callee = &call["expression"];
        let id = named_by(callee)?;
        let of = text(&callee["expression"]["typeDescriptions"]["typeString"]);
        // `super.f()` and `Parent.f()` are that one and no other.
        let is_exact = of.starts_with("type(") || callee["memberName"].is_string();
        let called = if is_exact {
            self.search.nodes.get(id)?.node
        } else {
            self.search.resolved(id)?
        };
        if !is(called, "FunctionDefinition") || is_sent(self.search.nodes, callee) {
            return None;
        }
        let names = list(&call["names"]);
        let parameters = list(&called["parameters"]["parameters"]);
        let mut arguments: Vec<&'v Value> = list(&call["arguments"]).iter().collect();
        if !names.is_empty() {
            let by_name = parameters.iter().map(|parameter| {
                let place = names.iter().position(|name| *name == parameter["name"]);
                place.and_then(|place| arguments.get(place).copied())
            });
            arguments = by_name
                .map(|argument| argument.unwrap_or(&Value::Null))
                .collect();
        } else if parameters.len() == arguments.len() + 1 {
            // What a library is attached to.
            arguments.insert(0, &callee["expression"]);
        }
        Some((called, arguments))
    }

    fn assignment(&mut self, node: &'v Value, frame: &mut Frame) {
        let (left, right) = (&node["leftHandSide"], &node["rightHandSide"]);
        self.node(right, frame);
        self.node(left, frame);
        let is_plain = node["operator"] == "=";
        let several = list(&left["components"]);
        if several.len() > 1 {
            for component in several {
                self.note(self.variable(component), Event::SetOtherwise);
            }
            return;
        }
        let event = match constant(self.search.nodes, right, &frame.given) {
            Some(value) if is_plain => Event::Set(value),
            None if is_plain && is_given(right, frame) => Event::SetAsGiven,
            _ => Event::SetOtherwise,
        };
        self.note(self.variable(left), event);
    }

    fn note(&mut self, variable: Option<u64>, event: Event) {
        self.events
            .extend(variable.map(|variable| (variable, event)));
    }

    /// Notes which variables a condition asks as truth values.
    fn asked(&mut self, condition: &'v Value, frame: &Frame) {
        match self.read(condition, frame, DEPTH) {
            Some(variable) => self.note(Some(variable), Event::Asked),
            None => {
                let inner = match text(&condition["nodeType"]) {
                    "BinaryOperation" if matches!(text(&condition["operator"]), "&&" | "||") => {
                        ["leftExpression", "rightExpression"].map(|side| &condition[side])
                    }
                    _ => return,
                };
                inner
                    .into_iter()
                    .for_each(|expression| self.asked(expression, frame));
            }
        }
    }

    /// Notes what two sides are compared for.
    fn compared(&mut self, node: &'v Value, frame: &Frame) {
        let sides = ["leftExpression", "rightExpression"].map(|side| &node[side]);
        let operator = text(&node["operator"]);
        let (is_order, is_equality) = (
            matches!(operator, "<" | "<=" | ">" | ">="),
            matches!(operator, "==" | "!="),
        );
        for (one, other) in [(sides[0], sides[1]), (sides[1], sides[0])] {
            let Some(variable) = self.read(one, frame, DEPTH) else {
                continue;
            };
            let value = constant(self.search.nodes, other, &frame.given);
            match value {
                _ if is_order => self.note(Some(variable), Event::Ordered),
                Some(value) if is_equality => self.note(Some(variable), Event::Equals(value)),
                None if is_equality && is_given(other, frame) => {
                    self.note(Some(variable), Event::Ordered);
                }
                _ if matches!(operator, "&&" | "||") => self.note(Some(variable), Event::Asked),
                _ => {}
            }
        }
    }

    /// The variable whose value an expression is.
    fn read(&self, of: &'v Value, frame: &Frame, depth: usize) -> Option<u64> {
        let depth = depth.checked_sub(1)?;
        if let Some(variable) = self.variable(of) {
            return Some(variable);
        }
        match text(&of["nodeType"]) {
            "Identifier" => frame.copies.get(&named_by(of)?).copied(),
            "TupleExpression" => match list(&of["components"]) {
                [one] => self.read(one, frame, depth),
                _ => None,
            },
            "FunctionCall" if of["kind"] == "typeConversion" => {
                self.read(list(&of["arguments"]).first()?, frame, depth)
            }
            // A function that only returns it.
            "FunctionCall" => {
                let (called, _) = self.called(of)?;
                match list(&called["body"]["statements"]) {
                    [one] if is(one, "Return") => self.read(&one["expression"], frame, depth),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The variable of storage that an expression is: a number or a truth value, of the contract or in a struct.
    fn variable(&self, of: &'v Value) -> Option<u64> {
        if let ("TupleExpression", [one]) = (text(&of["nodeType"]), list(&of["components"])) {
            return self.variable(one);
        }
        let id = named_by(of)?;
        let declared = self.search.nodes.get(id)?.node;
        let kind = text(&declared["typeDescriptions"]["typeString"]);
        let is_number = kind == "bool" || kind.starts_with("uint") && !kind.contains(['[', '(']);
        let is_stored = if self.search.structs.contains_key(&id) {
            let of = text(&of["expression"]["typeDescriptions"]["typeString"]);
            of.contains(" storage ")
        } else {
            let is_in_code = declared["constant"] == true || declared["mutability"] == "immutable";
            declared["stateVariable"] == true && !is_in_code
        };
        (is_number && is_stored && is(declared, "VariableDeclaration")).then_some(id)
    }
}

/// Returns true if an expression is an argument that only a run tells.
fn is_given(expression: &Value, frame: &Frame) -> bool {
    let id = named_by(expression);
    id.and_then(|id| frame.given.get(&id)) == Some(&None)
}
