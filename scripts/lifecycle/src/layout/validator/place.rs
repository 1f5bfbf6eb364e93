//! The declarations that contain the validator's findings. Their names have no line numbers, since lines move.

use crate::layout::nodes::{is, list};
use serde_json::Value;

/// The name and the file of the declaration at `start:length:file` of the compiled sources. The name of a member has no
/// contract if that is the judged one: the next version may rename it. For a text that is no such position, the name is
/// empty and the file is the text.
pub(super) fn place_of(sources: &Value, file: &str, name: &str, src: &str) -> (String, String) {
    let Some((source, path)) = declarations(sources, src) else {
        return (String::new(), src.to_owned());
    };
    let names: Vec<String> = path.iter().map(|node| name_of(node)).collect();
    let is_own =
        |names: &[String]| source == file && names.first().is_some_and(|first| first == name);
    let words = match names.as_slice() {
        own @ [_, members @ ..] if is_own(own) && !members.is_empty() => members.join("."),
        // Not a member of the contract or of a base, which is named with a dot.
        [function] if is(path[0], "FunctionDefinition") => format!("::{function}"),
        [library, members @ ..] if path[0]["contractKind"] == "library" => {
            format!("{library}::{}", members.join("."))
        }
        names => names.join("."),
    };
    (words, source.to_owned())
}

/// Returns true if that is a constructor which does nothing but to keep anybody from initializing the code itself.
pub(super) fn is_lock(sources: &Value, src: &str) -> bool {
    let path = declarations(sources, src).map(|(_, path)| path);
    let constructor = path.and_then(|path| path.last().copied());
    let constructor =
        constructor.filter(|node| node["kind"] == "constructor" && node["src"] == src);
    constructor.is_some_and(|node| {
        let is_call = |statement: &Value| {
            let callee = &statement["expression"]["expression"];
            is(statement, "ExpressionStatement") && callee["name"] == "_disableInitializers"
        };
        let mut modifiers = list(&node["modifiers"]).iter();
        list(&node["body"]["statements"]).iter().all(is_call)
            && modifiers.all(|modifier| modifier["modifierName"]["name"] == "initializer")
    })
}

/// The file of a position, and the declarations around it, the outermost first.
fn declarations<'v>(sources: &'v Value, src: &str) -> Option<(&'v str, Vec<&'v Value>)> {
    let mut numbers = src.split(':');
    let mut number = || numbers.next()?.parse::<u64>().ok();
    let (start, length, id) = (number()?, number()?, number()?);
    let mut files = sources.as_object()?.iter();
    let (file, source) = files.find(|(_, source)| source["id"] == id)?;
    let is_around = |node: &&Value| {
        let mut numbers = node["src"].as_str().unwrap_or_default().split(':');
        let mut number = || numbers.next()?.parse::<u64>().ok();
        let range = number().zip(number());
        range.is_some_and(|(from, size)| from <= start && start + length <= from + size)
    };
    let (mut path, mut within) = (Vec::new(), &source["ast"]);
    while let Some(inner) = ["nodes", "members"]
        .iter()
        .flat_map(|key| list(&within[*key]))
        .find(is_around)
    {
        path.push(inner);
        within = inner;
    }
    Some((file.as_str(), path))
}

/// The name of a declaration; for a function, with the types of its parameters without their data locations.
fn name_of(node: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let name = text(&node["name"]);
    if !is(node, "FunctionDefinition") && !is(node, "ModifierDefinition") {
        return name;
    }
    if name.is_empty() || node["kind"] == "constructor" {
        return text(&node["kind"]);
    }
    let types = list(&node["parameters"]["parameters"])
        .iter()
        .map(|parameter| {
            let words = text(&parameter["typeDescriptions"]["typeString"]);
            let is_type = |word: &&str| {
                !matches!(
                    *word,
                    "memory"
                        | "calldata"
                        | "storage"
                        | "pointer"
                        | "ref"
                        | "struct"
                        | "contract"
                        | "enum"
                        | "payable"
                )
            };
            words.split(' ').filter(is_type).collect::<String>()
        });
    format!("{name}({})", types.collect::<Vec<_>>().join(","))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn functions_are_named_by_their_types() {
        let of = |types: &[&str]| {
            let all = types
                .iter()
                .map(|kind| json!({"typeDescriptions": {"typeString": kind}}));
            let all: Vec<Value> = all.collect();
            name_of(
                &json!({"nodeType": "FunctionDefinition", "name": "f", "parameters": {"parameters": all}}),
            )
        };
        assert_eq!(of(&[]), "f()");
        assert_eq!(of(&["address", "bytes calldata"]), "f(address,bytes)");
        assert_eq!(of(&["struct Vault.Held storage pointer"]), "f(Vault.Held)");
        assert_eq!(
            of(&["mapping(address => uint256)"]),
            "f(mapping(address=>uint256))"
        );
    }
}
