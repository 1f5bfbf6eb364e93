//! Constant expressions, as the compiler computes them: of literals, of constants, and of arguments that are constants.

use super::text;
use crate::layout::nodes::{Nodes, is, list, named_by};
use alloy::primitives::U256;
use serde_json::Value;
use std::collections::BTreeMap;

/// Expressions within expressions, and constants that name each other, at most.
const DEPTH: usize = 64;

/// Parameters by their declarations, with what is given for each; nothing of what only a run tells.
pub(super) type Given = BTreeMap<u64, Option<U256>>;

/// The value of an expression that is a whole number or a truth value; nothing where only a run tells, and of what is
/// negative.
pub(super) fn constant(nodes: &Nodes<'_>, expression: &Value, given: &Given) -> Option<U256> {
    Constants { nodes, given }.of(expression, DEPTH)
}

struct Constants<'a, 'v> {
    nodes: &'a Nodes<'v>,
    given: &'a Given,
}

impl Constants<'_, '_> {
    fn of(&self, node: &Value, depth: usize) -> Option<U256> {
        let depth = depth.checked_sub(1)?;
        let kind = text(&node["typeDescriptions"]["typeString"]);
        let literal = kind.strip_prefix("int_const ");
        if let Some(number) = literal.and_then(|number| number.parse().ok()) {
            return Some(number);
        }
        let found = match text(&node["nodeType"]) {
            "Literal" => match text(&node["value"]) {
                "true" => Some(U256::ONE),
                "false" => Some(U256::ZERO),
                number => number.replace('_', "").parse().ok(),
            },
            "TupleExpression" => match list(&node["components"]) {
                [one] => self.of(one, depth),
                _ => None,
            },
            "FunctionCall" if node["kind"] == "typeConversion" => {
                self.of(list(&node["arguments"]).first()?, depth)
            }
            "BinaryOperation" if node["function"].is_null() => {
                let [left, right] =
                    ["leftExpression", "rightExpression"].map(|side| self.of(&node[side], depth));
                operation(text(&node["operator"]), left?, right?)
            }
            "Conditional" => {
                if self.of(&node["condition"], depth)?.is_zero() {
                    self.of(&node["falseExpression"], depth)
                } else {
                    self.of(&node["trueExpression"], depth)
                }
            }
            _ => self.named(node, depth),
        };
        found.filter(|value| fits(*value, kind))
    }

    /// Finds the value of a name.
    fn named(&self, node: &Value, depth: usize) -> Option<U256> {
        let of = &node["expression"];
        let kind = text(&node["typeDescriptions"]["typeString"]);
        if node["memberName"] == "max" && of["expression"]["name"] == "type" {
            return most(kind);
        }
        let id = named_by(node);
        if let Some(given) = id.and_then(|id| self.given.get(&id)) {
            return *given;
        }
        let declared = id.and_then(|id| self.nodes.get(id));
        let is_constant =
            |node: &Value| is(node, "VariableDeclaration") && node["constant"] == true;
        if let Some(declared) = declared.filter(|variable| is_constant(variable.node)) {
            return self.of(&declared.node["value"], depth);
        }
        let of = named_by(of).and_then(|id| self.nodes.get(id))?;
        let mut members = list(&of.node["members"]).iter();
        let place = members.position(|member| member["name"] == node["memberName"])?;
        is(of.node, "EnumDefinition").then(|| U256::from(place))
    }
}

/// Computes an operator's result on two numbers; nothing where it is no whole number or does not fit.
fn operation(operator: &str, left: U256, right: U256) -> Option<U256> {
    let bits = || usize::try_from(right).ok().filter(|bits| *bits < 256);
    match operator {
        "+" => left.checked_add(right),
        "-" => left.checked_sub(right),
        "*" => left.checked_mul(right),
        "/" => left.checked_div(right),
        "%" => left.checked_rem(right),
        "**" => left.checked_pow(right),
        "<<" => left.checked_shl(bits()?),
        ">>" => left.checked_shr(bits()?).or(Some(left >> bits()?)),
        "|" => Some(left | right),
        "&" => Some(left & right),
        "^" => Some(left ^ right),
        _ => None,
    }
}

/// The largest number of a type.
fn most(kind: &str) -> Option<U256> {
    let bits: usize = kind.strip_prefix("uint")?.parse().ok()?;
    Some(U256::MAX >> 256_usize.checked_sub(bits)?)
}

/// Returns true if a type can hold that number. A type that the compiler keeps as a number of any size can hold every one.
fn fits(value: U256, kind: &str) -> bool {
    most(kind).is_none_or(|most| value <= most)
}
