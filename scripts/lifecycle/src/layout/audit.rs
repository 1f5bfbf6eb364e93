//! The audit of a contract by the AST of its build-info: the numbers that its initializers store, and whether anybody
//! can initialize the code itself. The validator of OpenZeppelin Upgrades finds everything else that is unsafe behind a
//! proxy.

mod constants;
mod counters;
mod open;

pub use self::counters::{Counter, Initializer, Initializers};

use super::compilations::Judgement;
use super::nodes::{Nodes, is, list, named_by};
use crate::assess::Fact;
use serde_json::Value;
use stylus_layout::Layout;

/// The properties of a contract's code that its sources show.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// The findings of the validator, or why it did not run.
    pub judgement: Judgement,
    /// Its initializers, with the numbers that they store.
    pub initializers: Initializers,
    /// The contract, if anybody can initialize the code itself.
    pub open: Option<String>,
}

impl Default for Audit {
    /// Sources that were judged without a finding.
    fn default() -> Self {
        Self {
            judgement: Ok(Vec::new()),
            initializers: Initializers::default(),
            open: None,
        }
    }
}

impl Audit {
    /// The audit of code whose sources no file shows.
    pub fn unknown() -> Fact<Self> {
        Fact::unknown("no build-info shows them")
    }

    /// Reads the audit of a contract with a layout from a build-info, without the judgement; nothing if the AST is
    /// missing.
    pub(super) fn of(info: &Value, file: &str, name: &str, layout: &Layout) -> Option<Self> {
        let output = info.get("output").unwrap_or(info);
        let compiled = output.get("sources").and_then(Value::as_object)?;
        if compiled.values().any(|source| source.get("ast").is_none()) {
            return None;
        }
        let mut all = list(&compiled.get(file)?["ast"]["nodes"]).iter();
        let own = all.find(|node| is(node, "ContractDefinition") && node["name"] == name)?;
        let nodes = Nodes::of(compiled.values().map(|source| &source["ast"]), own)?;
        Some(Self {
            judgement: Err("the validator did not run".into()),
            initializers: Initializers::of(&nodes, layout),
            open: open::is_open(&nodes, own).then(|| name.to_owned()),
        })
    }
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// Returns true if anybody can call a function.
fn is_called_from_outside(node: &Value) -> bool {
    let is_open = matches!(text(&node["visibility"]), "public" | "external");
    is_open && node["kind"] != "constructor"
}

/// Returns true for a call of another contract, which has its own storage.
fn is_sent(nodes: &Nodes<'_>, callee: &Value) -> bool {
    let of = &callee["expression"];
    let kind = text(&of["typeDescriptions"]["typeString"]);
    let id = named_by(callee);
    let is_attached = || {
        let of = id.and_then(|id| nodes.get(id)?.contract);
        let of = of.and_then(|contract_id| nodes.get(contract_id));
        of.is_none_or(|contract| contract.node["contractKind"] == "library")
    };
    kind.starts_with("contract ") && of["name"] != "this" && !is_attached()
}

/// The names of a function's modifiers, without the contracts in front of them.
fn modifiers(node: &Value) -> impl Iterator<Item = &str> {
    list(&node["modifiers"]).iter().map(modifier_name)
}

/// The name of a modifier that a function has.
fn modifier_name(modifier: &Value) -> &str {
    let name = &modifier["modifierName"];
    let name = name["name"].as_str().or(name["memberName"].as_str());
    let name = name.unwrap_or_default();
    name.rsplit('.').next().unwrap_or(name)
}
