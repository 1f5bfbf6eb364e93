//! Whether a document has the form of a schema, as far as the program's schemas go. Fields that the schema does not
//! name are refused.

use super::schema::{fields_of, list_in, referred};
use crate::prelude::*;
use serde_json::Map;

/// The first difference of a document from a schema; `definitions` are those that it refers to.
pub(super) fn difference(
    document: &Value,
    schema: &Value,
    definitions: &Map<String, Value>,
) -> Option<String> {
    if let Some(name) = referred(schema) {
        return difference(document, &definitions[name], definitions);
    }
    if let Some(all) = schema["anyOf"].as_array() {
        let mut all = all.iter().map(|one| difference(document, one, definitions));
        let first = all.next()??;
        let others: Option<Vec<String>> = all.collect();
        return others.map(|others| [&[first], others.as_slice()].concat().join(", or "));
    }
    if schema.get("allOf").is_some() {
        let whole = fields_of(schema, definitions).schema();
        return difference(document, &whole, definitions);
    }
    let is_word = |words: &Vec<Value>| words.contains(document);
    if schema["enum"]
        .as_array()
        .is_some_and(|words| !is_word(words))
        || schema.get("const").is_some_and(|word| word != document)
    {
        return Some(format!("{document} is none of {schema}"));
    }
    let kinds: Vec<&Value> = match &schema["type"] {
        Value::Null => return None,
        Value::Array(kinds) => kinds.iter().collect(),
        kind => vec![kind],
    };
    if !kinds
        .iter()
        .any(|kind| is_a(document, kind.as_str().unwrap_or_default()))
    {
        return Some(format!("{document} is not of {kinds:?}"));
    }
    match document {
        Value::Object(fields) => {
            let required = list_in(schema, "required");
            let mut required = required.filter_map(Value::as_str);
            if let Some(name) = required.find(|name| !fields.contains_key(*name)) {
                return Some(format!("no field {name} in {document}"));
            }
            fields.iter().find_map(|(name, value)| {
                let known = schema["properties"].get(name);
                let Some(schema) = known.or(schema.get("additionalProperties")) else {
                    return Some(format!("an unknown field {name}"));
                };
                let inner = difference(value, schema, definitions)?;
                Some(format!("{name}: {inner}"))
            })
        }
        Value::Array(all) => all.iter().enumerate().find_map(|(at, value)| {
            let schema = schema["prefixItems"].get(at).or(schema.get("items"));
            difference(value, schema?, definitions)
        }),
        _ => None,
    }
}

fn is_a(document: &Value, kind: &str) -> bool {
    match kind {
        "null" => document.is_null(),
        "boolean" => document.is_boolean(),
        "integer" => document.is_u64() || document.is_i64(),
        "number" => document.is_number(),
        "string" => document.is_string(),
        "array" => document.is_array(),
        "object" => document.is_object(),
        _ => false,
    }
}
