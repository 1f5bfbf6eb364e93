//! Declarations in a compiler's AST.

use serde_json::Value;
use std::collections::BTreeMap;

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

/// Whether a node is of that type.
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
    /// Those of source units, for a contract in one of them; nothing where its bases are not all there.
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
        let contract = match is(node, "ContractDefinition") {
            true => id,
            false => contract,
        };
        for inner in list(&node["nodes"]) {
            self.note(inner, contract, file);
        }
    }

    /// A declaration.
    pub(super) fn get(&self, id: u64) -> Option<Declared<'v>> {
        self.by_id.get(&id).copied()
    }

    /// Every declaration.
    pub(super) fn iter(&self) -> impl Iterator<Item = Declared<'v>> {
        self.by_id.values().copied()
    }

    /// Whether the contract has it from one of those that it consists of.
    pub(super) fn is_own(&self, declared: &Declared<'v>) -> bool {
        declared.contract.is_some_and(|of| self.bases.contains(&of))
    }

    /// Whether the contract overrides a function.
    pub(super) fn is_overridden(&self, id: u64) -> bool {
        let own = self.iter().filter(|one| self.is_own(one));
        let mut overridden = own.flat_map(|one| list(&one.node["baseFunctions"]));
        overridden.any(|base| base.as_u64() == Some(id))
    }
}
