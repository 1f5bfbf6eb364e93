//! A plan written as Rust.

use std::fmt::Write;

use alloy_primitives::U256;

use crate::layout::Layout;
use crate::plan::{Conversion, Entries, Overrides, Part, Plan, Unsupported, Value, ones, plan};

/// Writes the migration's Rust: a file with `migrate_storage(host)`, to be called first in the
/// body of a `#[migration]` with `self.vm()`.
///
/// # Errors
/// [`Unsupported`] names the field that it cannot carry over.
pub fn skeleton(old: &Layout, new: &Layout, overrides: &Overrides) -> Result<String, Unsupported> {
    let plan = plan(old, new, overrides)?;
    let mut code = String::from(HEADER);
    code.push_str(&imports(&plan));
    // Writing into a String does not fail.
    let _ = body(&mut code, &plan);
    for (used, helper) in helpers(&plan) {
        if used {
            code.push_str(helper);
        }
    }
    Ok(code)
}

const HEADER: &str = "\
// Carries the storage of the version before over to this one: fields of the same name keep their
// values wherever they moved. Generated from the difference of the two layouts; generate it again
// if either changes.

";

fn imports(plan: &Plan) -> String {
    let b256 = if plan.takes.is_empty() && plan.writes.is_empty() && plan.entries.is_empty() {
        ""
    } else {
        "B256, "
    };
    let mut lines = if plan.is_empty() {
        String::new()
    } else {
        format!("use stylus_sdk::alloy_primitives::{{{b256}U256}};\n")
    };
    if !plan.takes.is_empty() {
        lines = format!("extern crate alloc;\n\nuse alloc::vec::Vec;\n\n{lines}");
    }
    if !plan.takes.is_empty() || !plan.entries.is_empty() {
        lines.push_str("use stylus_sdk::crypto::keccak;\n");
    }
    lines + "use stylus_sdk::stylus_core::StorageAccess;\n\n"
}

fn body(code: &mut String, plan: &Plan) -> std::fmt::Result {
    code.push_str("/// Call it once, before anything else in the migration's body: `migrate_storage(self.vm())`.\n");
    let is_idle = plan.reads.is_empty() && plan.takes.is_empty() && plan.writes.is_empty();
    let host = if is_idle { "_host" } else { "host" };
    writeln!(
        code,
        "pub fn migrate_storage({host}: &impl StorageAccess) {{"
    )?;
    if is_idle {
        code.push_str("    // Every field is where and what it was.\n");
    }
    for read in &plan.reads {
        let (name, slot) = (&read.name, number(read.slot));
        writeln!(code, "    // {}", read.label)?;
        writeln!(
            code,
            "    let {name} = part(host, {slot}, {}, {});",
            read.offset, read.bytes
        )?;
    }
    for take in &plan.takes {
        let name = if take.used { take.name.as_str() } else { "_" };
        writeln!(code, "    let {name} = take(host, {});", number(take.slot))?;
    }
    for write in &plan.writes {
        let values: Vec<String> = write.parts.iter().map(expression(plan)).collect();
        let value = match values.as_slice() {
            [] => "U256::ZERO".into(),
            [one] => one.clone(),
            several => several
                .iter()
                .map(|value| format!("({value})"))
                .collect::<Vec<_>>()
                .join(" | "),
        };
        let fields = write
            .parts
            .iter()
            .map(|part| part.field.as_str())
            .collect::<Vec<_>>()
            .join(", ");
        writeln!(
            code,
            "    // {}",
            if fields.is_empty() {
                "no longer used"
            } else {
                &fields
            }
        )?;
        writeln!(
            code,
            "    write(host, {}, {}, {value});",
            number(write.slot),
            number(write.keep)
        )?;
    }
    for put in &plan.puts {
        let name = plan.takes.get(put.take).map_or("", |take| &take.name);
        writeln!(code, "    put(host, {}, &{name});", number(put.slot))?;
    }
    code.push_str("}\n");
    for one in &plan.entries {
        let Entries {
            name, field, keys, ..
        } = one;
        let value = converted("old", one.conversion);
        let (from, to, words) = (number(one.from), number(one.to), one.words);
        writeln!(
            code,
            "\n/// Carries one entry of `{field}` over, by its keys from the outermost on: for each item of a batch of a\n\
             /// `ComplexMigration`, which `run-migration --gather census:{field}` supplies.\n\
             pub fn {name}(host: &impl StorageAccess, keys: [B256; {keys}]) {{\n    \
             carry(host, &keys, {from}, {to}, {words}, |old| {value});\n}}"
        )?;
    }
    Ok(())
}

/// An old value as the new one.
fn converted(name: &str, conversion: Conversion) -> String {
    match conversion {
        Conversion::Same => name.to_owned(),
        Conversion::Signed { from, to } => format!("signed({name}, {from}, {to})"),
        Conversion::Left(bytes) => format!("{name} << {}", 8 * bytes),
    }
}

/// A value at its position in the word.
fn expression(plan: &Plan) -> impl Fn(&Part) -> String {
    move |part| {
        let value = match &part.value {
            Value::Code(code) if part.bytes < 32 => {
                format!("({code}) & {}", number(ones(part.bytes)))
            }
            Value::Code(code) => code.clone(),
            Value::Old(read, conversion) => {
                let name = plan.reads.get(*read).map_or("", |read| &read.name);
                converted(name, *conversion)
            }
        };
        if part.offset == 0 {
            return value;
        }
        let bits = 8 * part.offset;
        let is_simple = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
        if is_simple {
            format!("{value} << {bits}")
        } else {
            format!("({value}) << {bits}")
        }
    }
}

/// A number as an expression.
fn number(value: U256) -> String {
    match value {
        U256::ZERO => "U256::ZERO".into(),
        U256::MAX => "U256::MAX".into(),
        _ => {
            let limbs = value.as_limbs().map(|limb| {
                if limb < 4096 {
                    limb.to_string()
                } else {
                    format!("{limb:#x}")
                }
            });
            format!("U256::from_limbs([{}])", limbs.join(", "))
        }
    }
}

fn helpers(plan: &Plan) -> [(bool, &'static str); 5] {
    let parts = plan.writes.iter().flat_map(|write| &write.parts);
    let conversions = parts.filter_map(|part| match part.value {
        Value::Old(_, conversion) => Some(conversion),
        Value::Code(_) => None,
    });
    let mut conversions = conversions.chain(plan.entries.iter().map(|entry| entry.conversion));
    let signed = conversions.any(|conversion| matches!(conversion, Conversion::Signed { .. }));
    let has_entries = !plan.entries.is_empty();
    [
        (!plan.reads.is_empty(), PART),
        (signed, SIGNED),
        (!plan.writes.is_empty() || has_entries, WRITE),
        (has_entries, ENTRIES),
        (!plan.takes.is_empty(), TEXTS),
    ]
}

impl Plan {
    /// Returns true if there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.reads.is_empty()
            && self.takes.is_empty()
            && self.writes.is_empty()
            && self.entries.is_empty()
    }
}

const PART: &str = "
/// So many bytes of a word, counted from its low-order end.
fn part(host: &impl StorageAccess, slot: U256, offset: usize, bytes: usize) -> U256 {
    let word = U256::from_be_bytes(host.storage_load_bytes32(slot).0) >> (8 * offset);
    if bytes < 32 { word & ((U256::from(1) << (8 * bytes)) - U256::from(1)) } else { word }
}
";

const SIGNED: &str = "
/// A signed number of so many bytes as one of more bytes.
fn signed(value: U256, from: usize, to: usize) -> U256 {
    if !value.bit(8 * from - 1) {
        return value;
    }
    let all = if to < 32 { (U256::from(1) << (8 * to)) - U256::from(1) } else { U256::MAX };
    value | ((all >> (8 * from)) << (8 * from))
}
";

const WRITE: &str = "
/// Replaces the bits of a word that are not kept.
fn write(host: &impl StorageAccess, slot: U256, keep: U256, value: U256) {
    let kept = if keep.is_zero() { keep } else { U256::from_be_bytes(host.storage_load_bytes32(slot).0) & keep };
    // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
    unsafe { host.storage_cache_bytes32(slot, B256::from(kept | value)) };
}
";

const ENTRIES: &str = "
/// Carries an entry over, word by word. Words that are zero were carried over already, or never were there.
fn carry(host: &impl StorageAccess, keys: &[B256], from: U256, to: U256, words: usize, convert: impl Fn(U256) -> U256) {
    for word in 0..words {
        let [from, to] = [from, to].map(|map| entry(map, keys).wrapping_add(U256::from(word)));
        let old = U256::from_be_bytes(host.storage_load_bytes32(from).0);
        if !old.is_zero() {
            write(host, from, U256::ZERO, U256::ZERO);
            write(host, to, U256::ZERO, convert(old));
        }
    }
}

/// Where a map has the entry of these keys.
fn entry(map: U256, keys: &[B256]) -> U256 {
    keys.iter().fold(map, |map, key| {
        let mut preimage = [0; 64];
        preimage[..32].copy_from_slice(key.as_slice());
        preimage[32..].copy_from_slice(&map.to_be_bytes::<32>());
        keccak(preimage).into()
    })
}
";

const TEXTS: &str = "
/// Takes a `bytes` or `string` out of storage: its root, then its data words.
fn take(host: &impl StorageAccess, slot: U256) -> Vec<B256> {
    let root = host.storage_load_bytes32(slot);
    let (first, length) = (data(slot), U256::from_be_bytes(root.0));
    let words = if length.bit(0) { (length >> 1_usize).saturating_to::<usize>().div_ceil(32) } else { 0 };
    let mut taken = Vec::with_capacity(1 + words);
    taken.push(root);
    // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
    unsafe { host.storage_cache_bytes32(slot, B256::ZERO) };
    for word in 0..words {
        let location = first.wrapping_add(U256::from(word));
        taken.push(host.storage_load_bytes32(location));
        // SAFETY: as above.
        unsafe { host.storage_cache_bytes32(location, B256::ZERO) };
    }
    taken
}

/// Puts what was taken into another slot.
fn put(host: &impl StorageAccess, slot: U256, words: &[B256]) {
    let first = data(slot);
    for (at, word) in words.iter().enumerate() {
        let location = if at == 0 { slot } else { first.wrapping_add(U256::from(at - 1)) };
        // SAFETY: no accessor is alive while the migration runs; it is the first thing in its call.
        unsafe { host.storage_cache_bytes32(location, *word) };
    }
}

/// Where the data of a `bytes` or `string` begins.
fn data(slot: U256) -> U256 {
    keccak(B256::from(slot)).into()
}
";
