//! A file with the arguments of an initializer, a row for each instance: a list of lists in JSON, or CSV with a line of
//! names.

use super::INSTANCES_MAX;
use crate::context::prelude::*;
use crate::manifest::Manifest;
use crate::pipeline::calldata;
use crate::registry::SALT;
use crate::text::{count, grouped, number};
use alloy::dyn_abi::DynSolType;
use alloy::json_abi::Function;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Bytes of a file, at most.
const FILE_MAX: u64 = 16 * 1024 * 1024;
/// The column, or the field, that has the salt of an instance.
const SALT_FIELD: &str = "salt";
/// The field that has the arguments, beside a salt.
const ARGUMENTS_FIELD: &str = "arguments";
/// The form of a file, for a refusal.
const EXPECTED: &str =
    "JSON such as [[\"0x…\", 7], [\"0x…\", 8]], or CSV whose first line names the columns";

/// The row of one instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ArgumentRow {
    /// The arguments, in the order of the parameters.
    arguments: Vec<Value>,
    /// The salt of its address, if the row has one.
    pub(super) salt: Option<U256>,
}

/// Reads the rows of a file.
///
/// # Errors
/// `ArgumentFileUnreadable` where it is no such file, has no rows, or rows of different lengths.
pub(super) fn read(path: &Path) -> Result<Vec<ArgumentRow>, Refusal> {
    let shown = path.display();
    let unreadable = |error: std::io::Error| refusal(path, error.to_string());
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(unreadable)?;
    file.take(FILE_MAX + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    if bytes.len() as u64 > FILE_MAX {
        let found = format!("more than {} bytes", grouped(FILE_MAX));
        return Err(refusal(path, found));
    }
    let text = String::from_utf8(bytes).map_err(|_| refusal(path, "bytes that are no text"))?;
    let text = text.trim_start_matches('\u{feff}');
    let ending = path.extension().unwrap_or_default().to_ascii_lowercase();
    let rows = match ending.to_str() {
        Some("json") => read_json(text),
        Some("csv") => read_csv(text),
        _ => Err(format!(
            "{shown}, whose name ends in neither .json nor .csv"
        )),
    };
    let rows = rows.map_err(|found| refusal(path, found))?;
    let Some(first) = rows.first() else {
        return Err(refusal(path, "no rows"));
    };
    if rows.len() > INSTANCES_MAX as usize {
        let found = format!(
            "{} rows; at most {}",
            grouped(rows.len()),
            grouped(INSTANCES_MAX)
        );
        return Err(refusal(path, found));
    }
    let length = first.arguments.len();
    let other = (1..)
        .zip(&rows)
        .find(|(_, row)| row.arguments.len() != length);
    if let Some((place, row)) = other {
        let (first, other) = (count(length, "argument"), row.arguments.len());
        let found = format!("row 1 has {first}, and row {place} has {other}");
        return Err(refusal(path, found));
    }
    require_distinct_salts(&rows).map_err(|found| refusal(path, found))?;
    Ok(rows)
}

/// Refuses two rows with one salt: they would be one instance.
fn require_distinct_salts(rows: &[ArgumentRow]) -> Result<(), String> {
    let mut known = BTreeMap::new();
    for (place, row) in (1..).zip(rows) {
        let Some(salt) = row.salt else {
            continue;
        };
        if let Some(before) = known.insert(salt, place) {
            return Err(format!(
                "rows {before} and {place} with the same salt {salt}"
            ));
        }
    }
    Ok(())
}

impl ArgumentRow {
    /// The number of its arguments.
    pub(super) fn argument_count(&self) -> usize {
        self.arguments.len()
    }

    /// Encodes a call of that function with the arguments of this row. Addresses may be aliases.
    ///
    /// # Errors
    /// [`Error::Usage`] with the number of the row, from 1.
    pub(super) fn encode(
        &self,
        place: usize,
        function: &Function,
        manifest: &Manifest,
    ) -> Result<Bytes> {
        let types = function.inputs.iter().map(|input| input.selector_type());
        let types: Vec<_> = types.map(|ty| DynSolType::parse(&ty).ok()).collect();
        let words = self.arguments.iter().enumerate().map(|(index, argument)| {
            let ty = types.get(index).and_then(Option::as_ref);
            argument_text(argument, ty)
        });
        let words: Vec<String> = words.collect();
        let encoded = calldata::encode_for(function, &words, manifest);
        encoded.map_err(|error| in_row(place, &error).into())
    }
}

/// The refusal of a row: the same with the number of the row, from 1.
pub(super) fn in_row(place: usize, error: &dyn Explain) -> Refusal {
    Refusal::of(error).saying(format!("row {place}: {error}"))
}

/// The text of an argument as it is typed on the command line. A string is one of JSON there, so that it is exact.
fn argument_text(argument: &Value, ty: Option<&DynSolType>) -> String {
    match (argument, ty) {
        (Value::String(text), Some(DynSolType::String)) => Value::from(text.as_str()).to_string(),
        (Value::String(text), _) => text.clone(),
        (Value::Array(parts), ty) => {
            let parts = parts.iter().enumerate().map(|(index, part)| {
                let ty = match ty {
                    Some(DynSolType::Array(inner) | DynSolType::FixedArray(inner, _)) => {
                        Some(&**inner)
                    }
                    Some(DynSolType::Tuple(members)) => members.get(index),
                    _ => None,
                };
                argument_text(part, ty)
            });
            let parts: Vec<String> = parts.collect();
            let is_tuple = matches!(ty, Some(DynSolType::Tuple(_)));
            if is_tuple {
                format!("({})", parts.join(","))
            } else {
                format!("[{}]", parts.join(","))
            }
        }
        (other, _) => other.to_string(),
    }
}

/// Reads the rows of a list of lists, or of objects with [`ARGUMENTS_FIELD`] and [`SALT_FIELD`].
fn read_json(text: &str) -> Result<Vec<ArgumentRow>, String> {
    let rows: Value = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let Value::Array(rows) = rows else {
        return Err("JSON that is no list of rows".into());
    };
    let rows = (1..).zip(rows).map(|(place, row)| {
        let row = match row {
            Value::Array(arguments) => Ok((arguments, None)),
            Value::Object(mut fields) => {
                let salt = fields.remove(SALT_FIELD);
                match (fields.remove(ARGUMENTS_FIELD), fields.keys().next()) {
                    (Some(Value::Array(arguments)), None) => Ok((arguments, salt)),
                    (Some(_), None) => Err(format!("{ARGUMENTS_FIELD:?} that is no list")),
                    (_, Some(other)) => Err(format!("the field {other:?}")),
                    (None, None) => Err(format!("no field {ARGUMENTS_FIELD:?}")),
                }
            }
            _ => Err("a row that is no list of arguments".to_owned()),
        };
        let row = row.and_then(|(arguments, salt)| {
            arguments.iter().try_for_each(require_exact)?;
            let salt = salt.as_ref().map(json_salt).transpose()?;
            Ok(ArgumentRow { arguments, salt })
        });
        row.map_err(|found| format!("row {place}: {found}"))
    });
    rows.collect()
}

/// Refuses what no argument is, and numbers that JSON cannot hold exactly.
fn require_exact(argument: &Value) -> Result<(), String> {
    match argument {
        Value::Array(parts) => parts.iter().try_for_each(require_exact),
        Value::Number(found) if found.is_f64() => Err(format!(
            "the number {found}, which JSON does not hold exactly: write it as a string"
        )),
        Value::Object(_) => Err("an object as an argument: a tuple is a list".into()),
        Value::Null => Err("null as an argument".into()),
        Value::Bool(_) | Value::Number(_) | Value::String(_) => Ok(()),
    }
}

fn json_salt(salt: &Value) -> Result<U256, String> {
    let text = match salt {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    typed_salt(&text)
}

fn typed_salt(text: &str) -> Result<U256, String> {
    number(text.trim()).ok_or_else(|| format!("the salt {text:?}: {SALT}"))
}

/// Reads the rows of CSV (RFC 4180). The first line names the columns; that of [`SALT_FIELD`] has salts, and the others
/// have the arguments in their order.
fn read_csv(text: &str) -> Result<Vec<ArgumentRow>, String> {
    let mut records = csv_records(text)?.into_iter();
    let Some(names) = records.next() else {
        return Err("an empty file".into());
    };
    let is_name = |name: &String| {
        let mut letters = name.trim().chars();
        let begins = letters
            .next()
            .is_some_and(|first| first.is_alphabetic() || first == '_');
        begins && letters.all(|letter| letter.is_alphanumeric() || "_ -".contains(letter))
    };
    if let Some(other) = names.iter().find(|name| !is_name(name)) {
        return Err(format!(
            "a first line with {other:?} in place of the name of a column"
        ));
    }
    let is_salt = |name: &String| name.trim().eq_ignore_ascii_case(SALT_FIELD);
    let salt_column = names.iter().position(is_salt);
    if names.iter().filter(|name| is_salt(name)).count() > 1 {
        return Err(format!("two columns {SALT_FIELD:?}"));
    }
    let rows = (1..).zip(records).map(|(place, mut cells)| {
        if cells.len() != names.len() {
            let (columns, found) = (count(names.len(), "column"), cells.len());
            return Err(format!(
                "the first line names {columns}, and row {place} has {found}"
            ));
        }
        let salt = salt_column.map(|column| cells.remove(column));
        let salt = salt.filter(|salt| !salt.trim().is_empty());
        let salt = salt.map(|salt| typed_salt(&salt)).transpose();
        Ok(ArgumentRow {
            arguments: cells.into_iter().map(Value::String).collect(),
            salt: salt.map_err(|found| format!("row {place}: {found}"))?,
        })
    });
    rows.collect()
}

/// The cells of each line of CSV that is not empty.
fn csv_records(text: &str) -> Result<Vec<Vec<String>>, String> {
    let (mut records, mut cells, mut cell) = (Vec::new(), Vec::new(), String::new());
    let (mut is_quoted, mut was_quoted, mut line) = (false, false, 1);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        line += usize::from(letter == '\n');
        match letter {
            '"' if is_quoted && letters.peek() == Some(&'"') => {
                letters.next();
                cell.push('"');
            }
            '"' if is_quoted => is_quoted = false,
            _ if is_quoted => cell.push(letter),
            '"' if cell.is_empty() && !was_quoted => (is_quoted, was_quoted) = (true, true),
            ',' => {
                cells.push(std::mem::take(&mut cell));
                was_quoted = false;
            }
            '\r' if letters.peek() == Some(&'\n') => {}
            '\n' => {
                if !cells.is_empty() || !cell.is_empty() || was_quoted {
                    cells.push(std::mem::take(&mut cell));
                    records.push(std::mem::take(&mut cells));
                }
                was_quoted = false;
            }
            '"' => return Err(format!("a quote in the middle of a cell of line {line}")),
            _ if was_quoted => return Err(format!("text after a quoted cell in line {line}")),
            _ => cell.push(letter),
        }
    }
    if is_quoted {
        return Err("a quote that does not end".into());
    }
    if !cells.is_empty() || !cell.is_empty() || was_quoted {
        cells.push(cell);
        records.push(cells);
    }
    Ok(records)
}

fn refusal(path: &Path, found: impl Into<String>) -> Refusal {
    let message = format!("{} is no file of arguments", path.display());
    let next = "write a row for each instance, with the arguments of --init in their order";
    let refusal = Refusal::new("ArgumentFileUnreadable", message);
    refusal.with(EXPECTED, found, next).usage()
}

#[cfg(test)]
mod tests;
