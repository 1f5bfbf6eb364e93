//! Storage that Solidity reaches by inline assembly: which slots those are, where the sources say so by constants. What
//! they do not say is told by a hash of the code that decides it, so that another version can be compared with it.

use super::annotations::{Sources, location};
use super::nodes::{Declared, Nodes, each, id_of, is, list, named_by};
use alloy::primitives::{B256, U256, keccak256};
use serde_json::Value;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::is_gap_name;
use stylus_upgrades_interface::slots;

/// What reads and writes storage in inline assembly.
const STORES: [&str; 2] = ["sload", "sstore"];
/// The words that a proxy keeps by ERC-1967. They are known, so no code that reads them is asked about.
const OF_PROXIES: [B256; 3] = [slots::IMPLEMENTATION, slots::ADMIN, slots::BEACON];
/// Expressions within each other that are followed.
const DEPTH: usize = 24;
/// Slots that one place may reach and that are listed.
const SLOTS: usize = 8;
/// Digits of a hash of code that are shown: who writes two codes finds no two with one hash.
const DIGITS: usize = 32;
/// What of a node makes code what it is, whatever numbers a compiler gives to declarations.
const MEANING: [&str; 10] = [
    "nodeType",
    "name",
    "memberName",
    "operator",
    "kind",
    "value",
    "hexValue",
    "visibility",
    "prefix",
    "subdenomination",
];
/// Types of a whole word: a value of another one may stand elsewhere in its word.
const WORDS: [&str; 3] = ["uint256", "bytes32", "int256"];

/// The slots that a place may reach.
type Slots = BTreeSet<U256>;

/// What reaches storage by itself in a contract, and in what it calls.
pub(super) struct ByHand<'a, 'v> {
    nodes: &'a Nodes<'v>,
    sources: &'a Sources<'v>,
    reached: Vec<Declared<'v>>,
    /// The files that OpenZeppelin published.
    published: BTreeSet<&'v str>,
}

impl<'a, 'v> ByHand<'a, 'v> {
    pub(super) fn of(nodes: &'a Nodes<'v>, sources: &'a Sources<'v>) -> Self {
        let reached = nodes.reached();
        let files: BTreeSet<&'v str> = reached.iter().map(|declared| declared.file).collect();
        let published = files.into_iter().filter(|file| sources.is_published(file));
        Self {
            nodes,
            sources,
            published: published.collect(),
            reached,
        }
    }

    /// The places that reach what no layout lists: each by its file and function, and the slots or the code that
    /// decides about them. The slots of listed variables, the root of a namespace in a pointer to its struct, what a
    /// proxy keeps, and what OpenZeppelin's own files reach are left out; who gives these a slot is not.
    pub(super) fn places(&self) -> BTreeSet<String> {
        let mut places = BTreeSet::new();
        for function in &self.reached {
            let mut own = BTreeSet::new();
            self.in_assembly(function, &mut own);
            self.in_gaps(function, &mut own);
            if !self.published.contains(function.file) {
                places.extend(own);
            } else if !own.is_empty() {
                self.outside_callers(function, &mut places);
            }
        }
        places
    }

    /// What gives a word to a function of OpenZeppelin that reaches storage by it, through whatever other functions of
    /// theirs that take a word, and is in none of their files.
    fn outside_callers(&self, function: &Declared<'v>, found: &mut BTreeSet<String>) {
        let (mut ahead, mut seen) = (vec![*function], BTreeSet::new());
        while let Some(callee) = ahead.pop() {
            let takes_word = list(&callee.node["parameters"]["parameters"])
                .iter()
                .any(is_word);
            let id = id_of(callee.node, "id").filter(|id| takes_word && seen.insert(*id));
            let Some(id) = id else {
                continue;
            };
            let name = |of: &Declared<'v>| of.node["name"].as_str().unwrap_or_default().to_owned();
            for caller in &self.reached {
                let is_code = !is(caller.node, "UsingForDirective");
                if !is_code || mentions(caller.node, id) == 0 {
                    continue;
                }
                if self.published.contains(caller.file) {
                    ahead.push(*caller);
                } else {
                    let code = self.code(&[(*caller, true)]);
                    let (called, caller_name) = (name(&callee), name(caller));
                    let place = format!("{}: {called} in {caller_name}", caller.file);
                    found.insert(format!("{place}, code {code}"));
                }
            }
        }
    }

    /// Inline assembly in a function.
    fn in_assembly(&self, one: &Declared<'v>, found: &mut BTreeSet<String>) {
        let name = [&one.node["name"], &one.node["kind"]].into_iter();
        let mut name = name.filter_map(Value::as_str);
        let name = name.find(|name| !name.is_empty()).unwrap_or_default();
        // Its declarations are looked at by themselves.
        each(&one.node["body"], &mut |block| {
            if !is(block, "InlineAssembly") {
                return;
            }
            let mut note = |what: &str, more: String| {
                found.insert(format!("{}: {what} in {name}{more}", one.file));
            };
            if !block["AST"].is_object() {
                // solc before 0.6 shows assembly as text.
                let code = block["operations"].as_str();
                let code = code.map(|text| format!(", code {}", digits(text)));
                note("inline assembly", code.unwrap_or_default());
            }
            let yul = Yul::of(block);
            each(&block["AST"], &mut |node| {
                let targets = list(&node["variableNames"]);
                for target in targets {
                    let pointer = target["name"].as_str().unwrap_or_default();
                    if pointer.ends_with(".slot") {
                        let value = (targets.len() == 1).then_some(&node["value"]);
                        let more = self.pointer((one, &yul), target, value);
                        more.into_iter().for_each(|more| note(pointer, more));
                    }
                }
                let called = node["functionName"]["name"].as_str();
                if let Some(stores) = called.filter(|name| STORES.contains(name)) {
                    let slot = list(&node["arguments"]).first();
                    let of = slot.and_then(|slot| yul.slot_of(slot));
                    if !of.is_some_and(|of| self.is_listed(one, of)) {
                        let more = self.says((one, &yul), slot, Some(one));
                        more.into_iter().for_each(|more| note(stores, more));
                    }
                }
            });
        });
    }

    /// Whether a layout lists what lies in the word at a variable's slot: that of a state variable, and the length of a list
    /// or of bytes behind a pointer. A pointer to a struct leads to words of which a struct may fill a part.
    fn is_listed(&self, function: &Declared<'v>, id: u64) -> bool {
        let Some(node) = self.nodes_within(function, id) else {
            return false;
        };
        let of = &node["typeName"];
        let is_list = match of["nodeType"].as_str().unwrap_or_default() {
            "ArrayTypeName" => of["length"].is_null(),
            _ => of["name"] == "bytes" || of["name"] == "string",
        };
        node["stateVariable"] == true || is_list
    }

    /// Variables that keep room free, and hold something all the same.
    fn in_gaps(&self, one: &Declared<'v>, found: &mut BTreeSet<String>) {
        if !is(one.node, "FunctionDefinition") && !is(one.node, "ModifierDefinition") {
            return;
        }
        each(one.node, &mut |node| {
            let name = node["name"].as_str().or(node["memberName"].as_str());
            let name = name.filter(|name| is_gap_name(name));
            let declared = id_of(node, "referencedDeclaration").and_then(|id| self.nodes.get(id));
            let is_listed = declared.is_some_and(|one| is(one.node, "VariableDeclaration"));
            if let Some(name) = name.filter(|_| is_listed) {
                let of = one.node["name"].as_str().unwrap_or_default();
                let code = self.code(&[(*one, false)]);
                found.insert(format!("{}: {name} in {of}, code {code}", one.file));
            }
        });
    }

    /// What a pointer's new place is, in words; nothing where it is the root of its struct's namespace.
    fn pointer(
        &self,
        (function, yul): (&Declared<'v>, &Yul<'v>),
        target: &Value,
        value: Option<&'v Value>,
    ) -> Option<String> {
        let declared = yul
            .declared(target)
            .and_then(|id| self.nodes_within(function, id));
        let of = declared.and_then(|node| id_of(&node["typeName"], "referencedDeclaration"));
        let of = of.and_then(|id| self.nodes.get(id));
        let root = of.and_then(|of| {
            let location = location(&self.sources.documentation(of.node, of.file))?;
            let id = location.strip_prefix("erc7201:")?;
            Some(U256::from_be_bytes(slots::erc7201(id.as_bytes()).0))
        });
        let slots = value.and_then(|value| self.yul((function, yul), value, 0));
        let is_root = root.is_some() && slots == root.map(|root| Slots::from([root]));
        // The fields of an annotated struct are listed.
        let content = of.filter(|_| root.is_none());
        match is_root {
            true => None,
            false => self.says((function, yul), value, content.as_ref()),
        }
    }

    /// The slots, or a hash of the code that decides about them; and a hash of what lies there. Nothing where those are a
    /// proxy's own alone.
    fn says(
        &self,
        within: (&Declared<'v>, &Yul<'v>),
        value: Option<&'v Value>,
        content: Option<&Declared<'v>>,
    ) -> Option<String> {
        let slots = value.and_then(|value| self.yul(within, value, 0));
        let mut slots = slots.filter(|slots| slots.len() <= SLOTS);
        // A pointer to more than a word reaches beyond it, and fields that are listed elsewhere do not belong there.
        let is_a_word = content.is_some_and(|of| list(&of.node["members"]).len() <= 1);
        if let Some(slots) = slots.as_mut().filter(|_| is_a_word) {
            slots.retain(|slot| !OF_PROXIES.contains(&B256::from(*slot)));
            if slots.is_empty() {
                return None;
            }
        }
        let of = content.map_or(String::new(), |of| {
            format!(", code {}", self.code(&[(*of, false)]))
        });
        Some(match slots {
            Some(slots) => {
                let slots: Vec<String> = slots.iter().map(|slot| format!("{slot:#x}")).collect();
                format!(" at {}{of}", slots.join(" or "))
            }
            None => {
                let mut all = vec![(*within.0, true)];
                all.extend(content.map(|of| (*of, false)));
                format!(", code {}", self.code(&all))
            }
        })
    }

    /// A declaration in a function: a variable, a parameter or what it returns.
    fn nodes_within(&self, function: &Declared<'v>, id: u64) -> Option<&'v Value> {
        let mut found = None;
        each(function.node, &mut |node| {
            if is(node, "VariableDeclaration") && id_of(node, "id") == Some(id) {
                found = Some(node);
            }
        });
        found.or_else(|| Some(self.nodes.get(id)?.node))
    }

    /// A hash of declarations with everything that they name; where it is asked for and one has parameters, of what
    /// names it as well.
    fn code(&self, of: &[(Declared<'v>, bool)]) -> String {
        let mut parts: BTreeMap<u64, String> = BTreeMap::new();
        let (mut asked, mut ahead) = (BTreeSet::new(), of.to_vec());
        while let Some((one, is_asked)) = ahead.pop() {
            let Some(id) = id_of(one.node, "id") else {
                continue;
            };
            if let Entry::Vacant(entry) = parts.entry(id) {
                entry.insert(meaning(one.node));
                each(one.node, &mut |node| {
                    let named = named_by(node).into_iter();
                    let named = named.flat_map(|id| self.bodies(id));
                    ahead.extend(named.map(|one| (one, false)));
                });
            }
            let takes = !list(&one.node["parameters"]["parameters"]).is_empty();
            if is_asked && takes && asked.insert(id) {
                // Calls name what is overridden.
                let same = self.bodies(id).into_iter();
                let same: Vec<u64> = same.filter_map(|one| id_of(one.node, "id")).collect();
                let names =
                    |caller: &&Declared<'v>| same.iter().any(|id| mentions(caller.node, *id) > 0);
                let callers = self.reached.iter().filter(names);
                ahead.extend(callers.map(|caller| (*caller, true)));
            }
        }
        let mut parts: Vec<String> = parts.into_values().collect();
        parts.sort();
        digits(&parts.concat())
    }

    /// What may run, or stand, where a declaration is named: those of a contract may be overridden.
    fn bodies(&self, id: u64) -> Vec<Declared<'v>> {
        let Some(one) = self
            .nodes
            .get(id)
            .filter(|one| !is(one.node, "ContractDefinition"))
        else {
            return Vec::new();
        };
        if self.nodes.is_outside(id) || !is(one.node, "FunctionDefinition") {
            return vec![one];
        }
        let bases = self.nodes.bases();
        let declared = bases.iter().flat_map(|base| {
            let nodes = list(&base.node["nodes"]).iter();
            nodes.map(move |node| Declared {
                node,
                contract: id_of(base.node, "id"),
                file: base.file,
            })
        });
        let same = declared.filter(|other| {
            is(other.node, "FunctionDefinition") && other.node["name"] == one.node["name"]
        });
        same.collect()
    }

    /// The values of an expression in assembly.
    fn yul(
        &self,
        (function, yul): (&Declared<'v>, &Yul<'v>),
        node: &'v Value,
        depth: usize,
    ) -> Option<Slots> {
        let arguments = || -> Option<Vec<Slots>> {
            let all = list(&node["arguments"]).iter();
            all.map(|one| self.yul((function, yul), one, depth + 1))
                .collect()
        };
        if depth > DEPTH {
            return None;
        }
        match node["nodeType"].as_str()? {
            "YulLiteral" => Some([number(node["value"].as_str()?)?].into()),
            "YulIdentifier" => {
                let id = yul.declared(node).filter(|_| yul.slot_of(node).is_none())?;
                self.variable(function, id, depth + 1)
            }
            "YulFunctionCall" => match (
                node["functionName"]["name"].as_str()?,
                arguments()?.as_slice(),
            ) {
                ("not", [one]) => Some(one.iter().map(|one| !*one).collect()),
                (name, [one, other]) => {
                    let operator = match name {
                        "add" => "+",
                        "sub" => "-",
                        "and" => "&",
                        "or" => "|",
                        "xor" => "^",
                        _ => return None,
                    };
                    calculated(operator, one, other)
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// The values of an expression in Solidity, in a function.
    fn value(&self, function: &Declared<'v>, node: &'v Value, depth: usize) -> Option<Slots> {
        if depth > DEPTH {
            return None;
        }
        let next = |node: &'v Value| self.value(function, node, depth + 1);
        match node["nodeType"].as_str()? {
            "Literal" if node["kind"] == "number" && node["subdenomination"].is_null() => {
                Some([number(node["value"].as_str()?)?].into())
            }
            "Identifier" | "MemberAccess" => {
                self.variable(function, id_of(node, "referencedDeclaration")?, depth + 1)
            }
            "TupleExpression" if node["isInlineArray"] != true => match list(&node["components"]) {
                [one] => next(one),
                _ => None,
            },
            "BinaryOperation" if node["function"].is_null() => {
                let (left, right) = (
                    next(&node["leftExpression"])?,
                    next(&node["rightExpression"])?,
                );
                calculated(node["operator"].as_str()?, &left, &right)
            }
            "UnaryOperation" if node["operator"] == "~" && node["function"].is_null() => {
                let one = next(&node["subExpression"])?;
                Some(one.iter().map(|one| !*one).collect())
            }
            "FunctionCall" => self.call(function, node, depth + 1),
            _ => None,
        }
    }

    fn call(&self, function: &Declared<'v>, node: &'v Value, depth: usize) -> Option<Slots> {
        let (callee, arguments) = (&node["expression"], list(&node["arguments"]));
        if node["kind"] == "typeConversion" {
            // Of a word into a word nothing is lost.
            let to = callee["typeName"]["name"].as_str()?;
            let [one] = arguments else { return None };
            let is_word = WORDS.contains(&to) || ["uint", "int"].contains(&to);
            return is_word.then(|| self.value(function, one, depth + 1))?;
        }
        if callee["name"] == "keccak256" && callee["referencedDeclaration"].as_i64()? < 0 {
            let [one] = arguments else { return None };
            let text = self.bytes(function, one, depth + 1)?;
            return Some([U256::from_be_bytes(keccak256(text).0)].into());
        }
        // A function that does nothing but to return it.
        let id = id_of(callee, "referencedDeclaration")?;
        if !self.runs_here(callee, id) {
            return None;
        }
        let mut all = Slots::new();
        let bodies = self.bodies(id);
        for one in &bodies {
            let plain = is(one.node, "FunctionDefinition")
                && list(&one.node["modifiers"]).is_empty()
                && list(&one.node["returnParameters"]["parameters"])
                    .iter()
                    .all(is_word);
            let statements = list(&one.node["body"]["statements"]);
            match statements {
                [only] if plain && is(only, "Return") => {
                    all.extend(self.value(one, &only["expression"], depth + 1)?);
                }
                // It is declared here, and written below.
                [] if one.node["implemented"] == false => {}
                _ => return None,
            }
        }
        (!all.is_empty()).then_some(all)
    }

    /// Whether a call runs code of the contract itself, or of a library: another account may answer otherwise.
    fn runs_here(&self, callee: &Value, id: u64) -> bool {
        let from = &callee["expression"];
        let names_contract = || {
            let named = id_of(from, "referencedDeclaration").and_then(|id| self.nodes.get(id));
            from["name"] == "super" || named.is_some_and(|one| is(one.node, "ContractDefinition"))
        };
        is(callee, "Identifier")
            || self.nodes.is_outside(id)
            || (is(callee, "MemberAccess") && names_contract())
    }

    /// The bytes that are hashed.
    fn bytes(&self, function: &Declared<'v>, node: &'v Value, depth: usize) -> Option<Vec<u8>> {
        if depth > DEPTH {
            return None;
        }
        let text = |node: &'v Value| self.bytes(function, node, depth + 1);
        let (callee, arguments) = (&node["expression"], list(&node["arguments"]));
        match node["nodeType"].as_str()? {
            "Literal" if node["kind"] == "string" => {
                alloy::hex::decode(node["hexValue"].as_str()?).ok()
            }
            "Identifier" | "MemberAccess" => {
                let declared = self.nodes.get(id_of(node, "referencedDeclaration")?)?;
                (declared.node["constant"] == true).then(|| text(&declared.node["value"]))?
            }
            "FunctionCall" if node["kind"] == "typeConversion" => match arguments {
                [one] if callee["typeName"]["name"] == "bytes" => text(one),
                _ => None,
            },
            "FunctionCall" if callee["memberName"] == "encode" && is_abi(&callee["expression"]) => {
                let mut all = Vec::new();
                for one in arguments {
                    let values = self.value(function, one, depth + 1)?;
                    let mut values = values.iter();
                    let (Some(value), None) = (values.next(), values.next()) else {
                        return None;
                    };
                    all.extend(value.to_be_bytes::<32>());
                }
                Some(all)
            }
            _ => None,
        }
    }

    /// The values of a variable: of a constant, of a local one that is given one value, or of a parameter.
    fn variable(&self, function: &Declared<'v>, id: u64, depth: usize) -> Option<Slots> {
        if let Some(declared) = self.nodes.get(id) {
            let is_constant = is(declared.node, "VariableDeclaration")
                && declared.node["constant"] == true
                && is_word(declared.node);
            return is_constant
                .then(|| self.value(&declared, &declared.node["value"], depth + 1))?;
        }
        let declared = self.nodes_within(function, id);
        if is_assigned(function.node, id) || !declared.is_some_and(is_word) {
            return None;
        }
        let parameters = list(&function.node["parameters"]["parameters"]);
        if let Some(at) = parameters
            .iter()
            .position(|one| id_of(one, "id") == Some(id))
        {
            return self.parameter(function, (at, parameters.len()), depth);
        }
        let mut given = None;
        each(&function.node["body"], &mut |node| {
            if let [Value::Object(one)] = list(&node["declarations"])
                && one.get("id").and_then(Value::as_u64) == Some(id)
                && node["initialValue"].is_object()
            {
                given = Some(&node["initialValue"]);
            }
        });
        self.value(function, given?, depth + 1)
    }

    /// What callers give for a parameter, where each of them is known.
    fn parameter(
        &self,
        function: &Declared<'v>,
        (at, of): (usize, usize),
        depth: usize,
    ) -> Option<Slots> {
        let id = id_of(function.node, "id")?;
        let is_known = function.node["visibility"] == "internal"
            || function.node["visibility"] == "private"
            || function.node["kind"] == "freeFunction";
        if !is_known || function.node["virtual"] == true || function.node["overrides"].is_object() {
            return None;
        }
        let (mut all, mut calls, mut named) = (Slots::new(), 0, 0);
        for caller in self
            .reached
            .iter()
            .filter(|one| !is(one.node, "UsingForDirective"))
        {
            named += mentions(caller.node, id);
            let mut given: Vec<Option<&'v Value>> = Vec::new();
            each(caller.node, &mut |node| {
                let callee = &node["expression"];
                if is(node, "FunctionCall") && id_of(callee, "referencedDeclaration") == Some(id) {
                    let arguments = list(&node["arguments"]);
                    given.push(match of.checked_sub(arguments.len()) {
                        _ if !list(&node["names"]).is_empty() => None,
                        Some(0) => arguments.get(at),
                        // What it is attached to is the first.
                        Some(1) => match at.checked_sub(1) {
                            None => callee.get("expression"),
                            Some(at) => arguments.get(at),
                        },
                        _ => None,
                    });
                }
            });
            calls += given.len();
            for one in given {
                all.extend(self.value(caller, one?, depth + 1)?);
            }
        }
        // Named without a call, a pointer to it may be called with anything.
        (calls == named && !all.is_empty()).then_some(all)
    }
}

/// What names in inline assembly stand for.
struct Yul<'v> {
    /// The references to Solidity's variables, by their places in the source.
    references: BTreeMap<&'v str, &'v Value>,
}

impl<'v> Yul<'v> {
    fn of(block: &'v Value) -> Self {
        let all = list(&block["externalReferences"]).iter();
        let references = all.filter_map(|one| Some((one["src"].as_str()?, one)));
        Self {
            references: references.collect(),
        }
    }

    fn reference(&self, node: &Value) -> Option<&'v Value> {
        self.references.get(node["src"].as_str()?).copied()
    }

    /// The variable of Solidity that it is.
    fn declared(&self, node: &Value) -> Option<u64> {
        id_of(self.reference(node)?, "declaration")
    }

    /// The variable whose slot it is: `x.slot`.
    fn slot_of(&self, node: &Value) -> Option<u64> {
        let reference = self.reference(node)?;
        let is_slot = reference["suffix"] == "slot" || reference["isSlot"] == true;
        id_of(reference, "declaration").filter(|_| is_slot)
    }
}

/// Whether something in a function gives another value to a variable.
fn is_assigned(function: &Value, id: u64) -> bool {
    let mut found = false;
    each(
        function,
        &mut |node| match node["nodeType"].as_str().unwrap_or_default() {
            "Assignment" => found |= mentions(&node["leftHandSide"], id) > 0,
            "UnaryOperation" => {
                let changes = ["++", "--", "delete"]
                    .iter()
                    .any(|one| node["operator"] == *one);
                found |= changes && mentions(&node["subExpression"], id) > 0;
            }
            "InlineAssembly" => {
                let yul = Yul::of(node);
                each(&node["AST"], &mut |inner| {
                    let mut targets = list(&inner["variableNames"]).iter();
                    found |= targets
                        .any(|one| yul.declared(one) == Some(id) && yul.slot_of(one).is_none());
                });
            }
            _ => {}
        },
    );
    found
}

/// The digits that stand for code, by which it is compared.
fn digits(code: &str) -> String {
    let hash = keccak256(code).to_string();
    hash.get(2..2 + DIGITS).unwrap_or_default().to_owned()
}

/// How often a node names a declaration.
fn mentions(node: &Value, id: u64) -> usize {
    let mut count = 0;
    each(node, &mut |inner| {
        count += usize::from(named_by(inner) == Some(id))
    });
    count
}

/// What a declaration says, without the numbers and places that differ between builds. Each node has an end, so that what
/// stands in a block is told from what follows it.
fn meaning(node: &Value) -> String {
    let mut all = String::new();
    say(node, &mut all);
    all
}

fn say(node: &Value, all: &mut String) {
    match node {
        Value::Array(nodes) => {
            all.push('[');
            nodes.iter().for_each(|node| say(node, all));
            all.push(']');
        }
        Value::Object(fields) => {
            all.push('{');
            for (key, value) in fields {
                match value {
                    Value::String(_) | Value::Bool(_) if MEANING.contains(&key.as_str()) => {
                        all.push_str(&format!("{key}:{value}\n"));
                    }
                    // The names of arguments, in their order.
                    Value::Array(_) if key == "names" => all.push_str(&format!("{key}:{value}\n")),
                    Value::Array(_) | Value::Object(_) => {
                        all.push_str(key);
                        say(value, all);
                    }
                    _ => {}
                }
            }
            all.push('}');
        }
        _ => {}
    }
}

/// Whether a variable is of a type of a whole word.
fn is_word(variable: &Value) -> bool {
    let of = variable["typeDescriptions"]["typeString"].as_str();
    of.is_some_and(|of| WORDS.contains(&of))
}

/// Whether it is Solidity's own `abi`.
fn is_abi(node: &Value) -> bool {
    node["typeDescriptions"]["typeIdentifier"] == "t_magic_abi"
}

fn calculated(operator: &str, left: &Slots, right: &Slots) -> Option<Slots> {
    let one = |a: U256, b: U256| {
        Some(match operator {
            "+" => a.wrapping_add(b),
            "-" => a.wrapping_sub(b),
            "&" => a & b,
            "|" => a | b,
            "^" => a ^ b,
            _ => return None,
        })
    };
    let pairs = left
        .iter()
        .flat_map(|a| right.iter().map(move |b| (*a, *b)));
    pairs.map(|(a, b)| one(a, b)).collect()
}

fn number(text: &str) -> Option<U256> {
    let text = text.replace('_', "");
    match text.strip_prefix("0x") {
        Some(digits) => U256::from_str_radix(digits, 16).ok(),
        None => U256::from_str_radix(&text, 10).ok(),
    }
}
