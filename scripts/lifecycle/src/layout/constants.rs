//! What constant expressions of Solidity come to, as slots are written: numbers, the formulas of ERC-1967 and
//! ERC-7201, constants, and functions that return one. From the compiler's AST.

use super::nodes::{Nodes, id_of, is, list};
use alloy::primitives::{U256, keccak256};
use serde_json::Value;
use std::collections::BTreeMap;
use stylus_upgrades_interface::slots::erc7201;

/// Expressions within expressions that are followed.
const DEPTH: usize = 32;

/// Local variables whose value is known, by their ids.
pub(super) type Known = BTreeMap<u64, U256>;

/// The value of an expression; nothing where it is no constant, or not known to be one.
pub(super) fn value(nodes: &Nodes<'_>, node: &Value, known: &Known, depth: usize) -> Option<U256> {
    if depth > DEPTH {
        return None;
    }
    let of = |node| value(nodes, node, known, depth + 1);
    match node["nodeType"].as_str()? {
        "Literal" if node["kind"] == "number" => {
            node["value"].as_str()?.replace('_', "").parse().ok()
        }
        "Identifier" | "MemberAccess" => variable(
            nodes,
            id_of(node, "referencedDeclaration")?,
            known,
            depth + 1,
        ),
        "TupleExpression" => match list(&node["components"]) {
            [one] => of(one),
            _ => None,
        },
        "UnaryOperation" if node["operator"] == "~" => Some(!of(&node["subExpression"])?),
        "BinaryOperation" => {
            let (left, right) = (of(&node["leftExpression"])?, of(&node["rightExpression"])?);
            match node["operator"].as_str()? {
                "-" => left.checked_sub(right),
                "&" => Some(left & right),
                _ => None,
            }
        }
        "FunctionCall" => call(nodes, node, known, depth + 1),
        _ => None,
    }
}

/// The value of a variable by its id: of a local one that is known, or of a constant.
pub(super) fn variable(nodes: &Nodes<'_>, id: u64, known: &Known, depth: usize) -> Option<U256> {
    let constant = || {
        let declared = nodes.get(id)?.node;
        let is_constant = declared["constant"].as_bool()?;
        is_constant.then(|| value(nodes, &declared["value"], &Known::new(), depth))?
    };
    known.get(&id).copied().or_else(constant)
}

fn call(nodes: &Nodes<'_>, node: &Value, known: &Known, depth: usize) -> Option<U256> {
    let (callee, arguments) = (&node["expression"], list(&node["arguments"]));
    if let Some(id) = id_of(callee, "referencedDeclaration") {
        return returned(nodes, id, depth);
    }
    let [argument] = arguments else {
        return None;
    };
    if node["kind"] == "typeConversion" {
        let is_whole =
            ["uint256", "bytes32"].map(|word| node["typeDescriptions"]["typeString"] == word);
        return is_whole
            .contains(&true)
            .then(|| value(nodes, argument, known, depth))?;
    }
    match callee["name"].as_str()? {
        "keccak256" => {
            let encoded = &argument["expression"];
            let word = match list(&argument["arguments"]) {
                [word]
                    if encoded["memberName"] == "encode"
                        && encoded["expression"]["name"] == "abi" =>
                {
                    value(nodes, word, known, depth)
                }
                _ => None,
            };
            let bytes = word.map(|word| word.to_be_bytes_vec());
            Some(keccak256(bytes.or_else(|| text(argument))?).into())
        }
        "erc7201" => Some(erc7201(&text(argument)?).into()),
        _ => None,
    }
}

/// What a function without arguments returns, where it does nothing else, a modifier neither, and no contract overrides
/// it.
fn returned(nodes: &Nodes<'_>, id: u64, depth: usize) -> Option<U256> {
    let function = nodes.get(id)?.node;
    let is_overridden = function["virtual"].as_bool()? && nodes.is_overridden(id);
    let is_modified = !list(&function["modifiers"]).is_empty();
    match list(&function["body"]["statements"]) {
        [only] if is(only, "Return") && !is_overridden && !is_modified => {
            value(nodes, &only["expression"], &Known::new(), depth)
        }
        _ => None,
    }
}

/// The bytes of a literal, or of one within `bytes(…)`.
fn text(node: &Value) -> Option<Vec<u8>> {
    match list(&node["arguments"]) {
        [inner] if node["kind"] == "typeConversion" => text(inner),
        [] if node["kind"] == "string" => hex::decode(node["hexValue"].as_str()?).ok(),
        _ => None,
    }
}
