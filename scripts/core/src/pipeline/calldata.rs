//! Calls as people type them: `'initialize(uint256)' 7`, or calldata in hexadecimal.

use crate::client::show;
use crate::context::prelude::*;
use crate::manifest::Manifest;
use crate::text::{count, number, one_line};
use alloy::dyn_abi::{DynSolType, DynSolValue, JsonAbiExt};
use alloy::json_abi::Function;

/// Encodes a call: its signature and arguments, or one word of calldata. Without words it is empty.
/// Addresses may be aliases.
pub(crate) fn encode(words: &[String], manifest: &Manifest) -> Result<Bytes> {
    let Some((first, arguments)) = words.split_first() else {
        return Ok(Bytes::new());
    };
    if first.starts_with("0x") && arguments.is_empty() {
        let first = &**first;
        return first.parse::<Bytes>().map_err(|error| {
            usage(
                format!(
                    "{first:?} is not calldata: {}",
                    one_line(&error.to_string(), first)
                ),
                "0x and pairs of digits",
                first,
            )
        });
    }
    encode_for(&signature(first)?, arguments, manifest)
}

/// A function as its signature says.
pub(crate) fn signature(text: &str) -> Result<Function> {
    Function::parse(text).map_err(|error| {
        let reason = one_line(&error.to_string(), text);
        let message = format!("{text:?} is not a signature: {reason}");
        usage(message, "name(type,…)", text)
    })
}

/// Encodes a call of a function whose inputs are known.
pub(crate) fn encode_for(
    function: &Function,
    arguments: &[String],
    manifest: &Manifest,
) -> Result<Bytes> {
    let first = &function.signature();
    if function.inputs.len() != arguments.len() {
        let words: Vec<&str> = arguments.iter().map(|word| &**word).collect();
        let given = if words.is_empty() {
            "none".to_owned()
        } else {
            words.join(" ")
        };
        let message = format!("{first} was given {}", count(arguments.len(), "argument"));
        let expected = count(function.inputs.len(), "argument");
        return Err(usage(message, &expected, &given));
    }
    let mut values = Vec::with_capacity(arguments.len());
    for (input, argument) in function.inputs.iter().zip(arguments) {
        values.push(value(&input.selector_type(), argument, manifest)?);
    }
    let encoded = function.abi_encode_input(&values).map_err(|error| {
        let shown: Vec<_> = values.iter().map(show).collect();
        usage(
            format!(
                "{first} cannot be encoded: {}",
                one_line(&error.to_string(), first)
            ),
            first,
            &shown.join(", "),
        )
    })?;
    Ok(encoded.into())
}

/// The function of a call as it was typed; empty where it is calldata, or nothing.
pub(crate) fn typed(words: &[String]) -> &str {
    match words.first() {
        Some(first) if !first.starts_with("0x") => first,
        _ => "",
    }
}

fn value(ty: &str, argument: &str, manifest: &Manifest) -> Result<DynSolValue> {
    let bad = |reason: String| {
        let reason = one_line(&reason, argument);
        usage(
            format!("{argument:?} is not a value of type {ty}: {reason}"),
            ty,
            argument,
        )
    };
    let parsed = DynSolType::parse(ty).map_err(|error| bad(error.to_string()))?;
    if parsed == DynSolType::String {
        return Ok(DynSolValue::String(text(argument)));
    }
    parsed
        .coerce_str(&with_addresses(&parsed, argument, manifest)?)
        .map_err(|error| bad(error.to_string()))
}

/// A text as it was typed, blanks and quotes included; what is a string of JSON is what that says.
fn text(argument: &str) -> String {
    serde_json::from_str(argument).unwrap_or_else(|_| argument.to_owned())
}

/// A value with its address in place of each alias, where the type has an address; its numbers have to be whole. Other
/// parts stay as they are.
fn with_addresses(ty: &DynSolType, text: &str, manifest: &Manifest) -> Result<String> {
    let of = |index: usize| match ty {
        DynSolType::Array(one) | DynSolType::FixedArray(one, _) => Some(&**one),
        DynSolType::Tuple(all) => all.get(index),
        _ => None,
    };
    if *ty == DynSolType::Address {
        return Ok(manifest.address(text.trim())?.to_string());
    }
    let unsigned = text.trim().trim_start_matches(['-', '+']);
    if matches!(ty, DynSolType::Uint(_) | DynSolType::Int(_)) && number(unsigned).is_none() {
        let digits = unsigned.strip_prefix("0x").unwrap_or(unsigned);
        let is_whole = !digits.is_empty()
            && if unsigned.starts_with("0x") {
                digits.chars().all(|digit| digit.is_ascii_hexdigit())
            } else {
                digits.chars().all(|digit| digit.is_ascii_digit())
            };
        let why = if is_whole {
            "it is too large"
        } else {
            "it is no whole number"
        };
        let message = format!("{text:?} is not a value of type {ty}: {why}");
        let expected = format!("{ty}: digits, or 0x and hexadecimal digits");
        return Err(usage(message, &expected, text));
    }
    let inside = text.trim().strip_prefix(['[', '(']);
    let inside = inside.and_then(|text| text.strip_suffix([']', ')']));
    let Some(inside) = inside.filter(|inside| of(0).is_some() && !inside.trim().is_empty()) else {
        return Ok(text.to_owned());
    };
    let (mut depth, mut quote, mut from, mut parts) = (0_usize, None, 0, Vec::new());
    for (at, c) in inside.char_indices() {
        let is_first = inside.get(from..at).unwrap_or_default().trim().is_empty();
        match c {
            _ if quote == Some(c) => quote = None,
            _ if quote.is_some() => {}
            '"' | '\'' if is_first => quote = Some(c),
            '[' | '(' => depth += 1,
            ']' | ')' => depth = depth.saturating_sub(1),
            ',' if depth == 0 => {
                parts.push(inside.get(from..at));
                from = at + 1;
            }
            _ => {}
        }
    }
    parts.push(inside.get(from..));
    let parts = parts.into_iter().flatten().enumerate();
    let parts = parts.map(|(index, part)| match of(index) {
        Some(ty) => with_addresses(ty, part, manifest),
        None => Ok(part.to_owned()),
    });
    let parts: Vec<String> = parts.collect::<Result<_>>()?;
    Ok(text.replacen(inside, &parts.join(","), 1))
}

fn usage(message: String, expected: &str, found: &str) -> Error {
    Error::Usage {
        message,
        expected: expected.into(),
        found: found.into(),
        next: "write it as 'name(type,…)' argument …, or as calldata 0x…".into(),
    }
}

#[cfg(test)]
mod tests;
