//! Declarations in a compiler's AST.

use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Declarations by their ids, as a contract has them.
#[derive(Default)]
pub(super) struct Nodes<'v> {
    by_id: BTreeMap<u64, Declared<'v>>,
    /// The contracts that it consists of.
    bases: Vec<u64>,
}

/// A declaration, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Declared<'v> {
    pub(super) node: &'v Value,
    /// The contract or library; nothing of what stands in none.
    pub(super) contract: Option<u64>,
    /// The source file.
    pub(super) file: &'v str,
}

/// Returns true if a node is of that type.
pub(super) fn is(node: &Value, kind: &str) -> bool {
    node["nodeType"] == kind
}

/// The elements of a list; none where it is none.
pub(super) fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// The id that stands under a key; nothing of what the compiler itself brings.
pub(super) fn id_of(node: &Value, key: &str) -> Option<u64> {
    node[key].as_u64()
}

impl<'v> Nodes<'v> {
    /// Indexes the nodes of source units, for a contract in one of them; nothing where its bases are not all there.
    pub(super) fn of(units: impl Iterator<Item = &'v Value>, contract: &Value) -> Option<Self> {
        let mut nodes = Self::default();
        for unit in units {
            let file = unit["absolutePath"].as_str().unwrap_or_default();
            nodes.note(unit, None, file);
        }
        let bases = list(&contract["linearizedBaseContracts"]).iter();
        nodes.bases = bases.filter_map(Value::as_u64).collect();
        let mut bases = nodes.bases.iter();
        let is_whole = !nodes.bases.is_empty() && bases.all(|base| nodes.get(*base).is_some());
        is_whole.then_some(nodes)
    }

    fn note(&mut self, node: &'v Value, contract: Option<u64>, file: &'v str) {
        let id = id_of(node, "id");
        if let Some(id) = id {
            let declared = Declared {
                node,
                contract,
                file,
            };
            self.by_id.insert(id, declared);
        }
        let contract = if is(node, "ContractDefinition") {
            id
        } else {
            contract
        };
        let members = if is(node, "StructDefinition") {
            list(&node["members"])
        } else {
            &[]
        };
        for inner in list(&node["nodes"]).iter().chain(members) {
            self.note(inner, contract, file);
        }
    }

    /// A declaration.
    pub(super) fn get(&self, id: u64) -> Option<Declared<'v>> {
        self.by_id.get(&id).copied()
    }

    /// Every declaration of a type of nodes, of whichever contract.
    pub(super) fn of_type(&self, kind: &str) -> impl Iterator<Item = &'v Value> {
        let all = self.by_id.values().map(|declaration| declaration.node);
        all.filter(move |node| is(node, kind))
    }

    /// The contract and its parents, the contract first.
    pub(super) fn bases(&self) -> Vec<Declared<'v>> {
        self.bases.iter().filter_map(|id| self.get(*id)).collect()
    }

    /// Lists the declarations of the contract and its bases, those in libraries and outside of contracts that they name, and
    /// the structs that it has pointers to in storage: those may stand in any contract.
    pub(super) fn reached(&self) -> Vec<Declared<'v>> {
        let is_own = |contract: u64| self.bases.contains(&contract);
        let own = self.by_id.iter();
        let own = own.filter(|(_, declaration)| declaration.contract.is_some_and(is_own));
        let mut ahead: Vec<u64> = own.map(|(id, _)| *id).collect();
        // Arguments of parents' constructors stand in the contract itself.
        for base in self.bases() {
            each(&base.node["baseContracts"], &mut |node| {
                ahead.extend(named_by(node).filter(|id| self.is_outside(*id)));
            });
        }
        let (mut seen, mut reached) = (BTreeSet::new(), Vec::new());
        while let Some(id) = ahead.pop() {
            let Some(declaration) = self.get(id).filter(|_| seen.insert(id)) else {
                continue;
            };
            each(declaration.node, &mut |node| {
                ahead.extend(named_by(node).filter(|id| self.is_outside(*id)));
                ahead.extend(pointed_to(node));
            });
            reached.push(declaration);
        }
        reached
    }

    /// Returns true if it stands in a library, or in no contract.
    pub(super) fn is_outside(&self, id: u64) -> bool {
        let found = self.get(id);
        let found = found.filter(|declaration| !is(declaration.node, "ContractDefinition"));
        found.is_some_and(|declaration| {
            let of = declaration
                .contract
                .and_then(|contract_id| self.get(contract_id));
            of.is_none_or(|contract| contract.node["contractKind"] == "library")
        })
    }
}

/// Returns the declaration that a node names, or the function that an operator stands for.
pub(super) fn named_by(node: &Value) -> Option<u64> {
    id_of(node, "referencedDeclaration").or_else(|| id_of(node, "function"))
}

/// The type of a pointer to storage.
fn pointed_to(node: &Value) -> Option<u64> {
    let is_pointer = is(node, "VariableDeclaration") && node["storageLocation"] == "storage";
    id_of(&node["typeName"], "referencedDeclaration").filter(|_| is_pointer)
}

/// Every node, from the outermost in.
pub(super) fn each<'v>(node: &'v Value, see: &mut impl FnMut(&'v Value)) {
    see(node);
    match node {
        Value::Array(all) => all.iter().for_each(|child| each(child, see)),
        Value::Object(fields) => fields.values().for_each(|field| each(field, see)),
        _ => {}
    }
}
