//! Errors in the ABI of a Solidity contract that only the libraries which it uses name: its author does not promise
//! them to callers. The AST of the compiler's output shows who names an error.

use super::nodes::{each, id_of, is, list, named_by};
use alloy::json_abi::JsonAbi;
use alloy::primitives::hex;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use stylus_layout::error_entry;

/// The kind of a contract that is a library.
const LIBRARY: &str = "library";

/// The errors of a contract's ABI that only libraries name, as entries of a layout document; none if the output has no
/// AST.
pub(super) fn library_errors(
    whole: &Value,
    file: &str,
    contract: &str,
    abi: &JsonAbi,
) -> Vec<String> {
    let output = whole.get("output").unwrap_or(whole);
    let units = || {
        let sources = output["sources"].as_object().into_iter().flatten();
        sources.map(|(name, source)| (name, &source["ast"]))
    };
    let own = units()
        .find(|(name, _)| *name == file)
        .and_then(|(_, unit)| {
            let mut contracts = list(&unit["nodes"]).iter();
            contracts.find(|node| is(node, "ContractDefinition") && node["name"] == contract)
        });
    let used = own.map_or(&[][..], |own| list(&own["usedErrors"]));
    let used: BTreeSet<u64> = used.iter().filter_map(Value::as_u64).collect();
    let mut errors: BTreeMap<u64, DeclaredError> = BTreeMap::new();
    let mut named = BTreeSet::new();
    for (_, unit) in units() {
        for node in list(&unit["nodes"]) {
            let is_contract = is(node, "ContractDefinition");
            let is_library = is_contract && node["contractKind"] == LIBRARY;
            let members = if is_contract {
                list(&node["nodes"])
            } else {
                std::slice::from_ref(node)
            };
            for member in members
                .iter()
                .filter(|member| is(member, "ErrorDefinition"))
            {
                let declared = DeclaredError::of(member, is_contract && !is_library);
                errors.extend(
                    id_of(member, "id")
                        .filter(|id| used.contains(id))
                        .zip(declared),
                );
            }
            if !is_library && !is(node, "ImportDirective") {
                each(node, &mut |node| named.extend(named_by(node)));
            }
        }
    }
    let of_libraries = abi.errors().filter(|error| {
        let selector = error.selector().0;
        let mut same = errors
            .iter()
            .filter(|(_, declared)| declared.is_named_as(&error.name, selector))
            .peekable();
        same.peek().is_some()
            && same.all(|(id, declared)| !declared.is_of_contract && !named.contains(id))
    });
    of_libraries.map(error_entry).collect()
}

/// The declaration of an error in the AST.
struct DeclaredError {
    name: String,
    /// Its selector; solc before 0.8.14 writes none.
    selector: Option<[u8; 4]>,
    /// True if a contract or an interface declares it.
    is_of_contract: bool,
}

impl DeclaredError {
    fn of(node: &Value, is_of_contract: bool) -> Option<Self> {
        let selector = node["errorSelector"].as_str();
        let selector = selector.and_then(|text| hex::decode_to_array(text).ok());
        Some(Self {
            name: node["name"].as_str()?.to_owned(),
            selector,
            is_of_contract,
        })
    }

    /// Returns true if it may be the error with that name and selector.
    fn is_named_as(&self, name: &str, selector: [u8; 4]) -> bool {
        self.name == name && self.selector.is_none_or(|own| own == selector)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A library with an error and a contract that uses it; `member` is one more node of the contract.
    fn found(declares: &str, member: Value) -> Vec<String> {
        let abi = json!([{ "type": "error", "name": "Failed", "inputs": [] }]);
        let abi: JsonAbi = serde_json::from_value(abi).expect("an ABI");
        let error = json!({ "nodeType": "ErrorDefinition", "id": 7, "name": "Failed" });
        let revert = json!({ "nodeType": "RevertStatement", "referencedDeclaration": 7 });
        let unit = json!({ "nodes": [
            { "nodeType": "ContractDefinition", "id": 1, "name": "Calls", "contractKind": declares,
              "nodes": [error, revert] },
            { "nodeType": "ContractDefinition", "id": 2, "name": "Vault", "contractKind": "contract",
              "usedErrors": [7], "nodes": [member] },
        ] });
        let whole = json!({ "output": { "sources": { "Vault.sol": { "ast": unit } } } });
        library_errors(&whole, "Vault.sol", "Vault", &abi)
    }

    #[test]
    fn an_error_is_of_libraries_if_no_contract_names_it() {
        let other = || json!({ "nodeType": "Identifier", "referencedDeclaration": 9 });
        let names = json!({ "nodeType": "MemberAccess", "referencedDeclaration": 7 });
        assert_eq!(found("library", other()), ["error Failed()"]);
        assert_eq!(found("library", names), [""; 0]);
        assert_eq!(found("interface", other()), [""; 0]);
        assert_eq!(found("contract", other()), [""; 0]);
    }
}
