//! The numbers that initializers leave behind: 1 of an `initializer`, n of a `reinitializer(n)`. As long as less is kept,
//! the initializer is open.

use super::initializers::{INITIALIZER, REINITIALIZER};
use super::{modifier_name, text};
use crate::layout::nodes::{Nodes, is, list, named_by};
use serde_json::Value;

/// Constants that name each other, at most.
const DEPTH: usize = 8;

/// What the initializers of a contract and its parents leave behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Initializers {
    /// The one with the highest number, as `Vault.initialize`, and that number.
    pub last: Option<(String, u64)>,
    /// Those whose number only a run tells.
    pub not_read: Vec<String>,
}

impl Initializers {
    /// Those of a contract that nobody can take for another: also what only other functions call.
    pub(super) fn of(nodes: &Nodes<'_>) -> Self {
        let mut all = Self::default();
        for base in nodes.bases() {
            for function in list(&base.node["nodes"]) {
                let is_function = is(function, "FunctionDefinition");
                if !is_function || function["kind"] == "constructor" {
                    continue;
                }
                let name = format!("{}.{}", text(&base.node["name"]), text(&function["name"]));
                for modifier in list(&function["modifiers"]) {
                    match number(nodes, modifier) {
                        None => {}
                        Some(Some(number)) => all.note(&name, number),
                        Some(None) => all.not_read.push(name.clone()),
                    }
                }
            }
        }
        all
    }

    fn note(&mut self, name: &str, number: u64) {
        if self.last.as_ref().is_none_or(|(_, last)| *last < number) {
            self.last = Some((name.to_owned(), number));
        }
    }
}

/// The number that a modifier leaves behind, if it is that of an initializer; nothing in that where only a run tells.
fn number(nodes: &Nodes<'_>, modifier: &Value) -> Option<Option<u64>> {
    match modifier_name(modifier) {
        INITIALIZER => Some(Some(1)),
        REINITIALIZER => {
            let argument = list(&modifier["arguments"]).first();
            Some(argument.and_then(|argument| constant(nodes, argument, DEPTH)))
        }
        _ => None,
    }
}

/// What the compiler computes of an expression: of literals, and of constants that name some.
fn constant(nodes: &Nodes<'_>, expression: &Value, depth: usize) -> Option<u64> {
    let kind = text(&expression["typeDescriptions"]["typeString"]);
    if let Some(literal) = kind.strip_prefix("int_const ") {
        return literal.parse().ok();
    }
    let declared = named_by(expression).and_then(|id| nodes.get(id))?;
    let is_constant = is(declared.node, "VariableDeclaration") && declared.node["constant"] == true;
    let depth = depth.checked_sub(1).filter(|_| is_constant)?;
    constant(nodes, &declared.node["value"], depth)
}
