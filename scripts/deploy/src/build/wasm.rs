//! From what rustc writes to what the chain accepts.
//!
//! rustc pads the table index of `call_indirect`, which a validator without reference types
//! refuses; no flag avoids it. So every module is encoded again: shortest LEBs, no custom
//! sections, no exports but the two that the chain looks at. Then it is activated by the rules that
//! the chain itself will apply at activation.

use super::error::BuildError;
use crate::error::Refusal;
use crate::interface::{Callable, is_answered};
use crate::text::grouped;
use alloy::sol_types::SolCall;
use std::collections::BTreeSet;
use std::fmt::Display;
use stylus_layout::{DeclaredStep, Layout, StepKind};
use stylus_upgrades_interface::migratable::IMigratable::isMigratedCall;
use stylus_upgrades_interface::sections;
use stylus_vm::{ARBOS_60_MAX_WASM_SIZE, Rule, Rules, activate};
use wasm_encoder::RawSection;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{BinaryReaderError, Parser, Payload};

/// The function that the chain calls.
const ENTRYPOINT: &str = "user_entrypoint";
/// The name of what [`layout`] reads.
const LAYOUT: &str = "the storage layout";
/// The memory that the chain reads and writes.
const MEMORY: &str = "memory";

/// Encodes `raw` again: shortest LEBs, no custom sections, only the chain's two exports.
pub fn reencode(package: &str, raw: &[u8]) -> Result<Vec<u8>, BuildError> {
    let raw =
        with_sections(raw, |_| false).map_err(|error| BuildError::not_wasm(package, error))?;
    let mut module = wasm_encoder::Module::new();
    Lean.parse_core_module(&mut module, Parser::new(0), &raw)
        .map_err(|error| BuildError::not_wasm(package, error))?;
    Ok(module.finish())
}

/// A module with the custom sections whose names `is_kept` says yes to, and without the number of its data segments:
/// `wasm-opt` writes it into modules that do not need it, and the chain takes none with it.
///
/// # Errors
/// Why it is no module.
pub(super) fn with_sections(
    raw: &[u8],
    is_kept: impl Fn(&str) -> bool,
) -> Result<Vec<u8>, BinaryReaderError> {
    let mut module = wasm_encoder::Module::new();
    for payload in Parser::new(0).parse_all(raw) {
        let payload = payload?;
        let is_left_out = match &payload {
            Payload::CustomSection(custom) => !is_kept(custom.name()),
            Payload::DataCountSection { .. } => true,
            _ => false,
        };
        if let Some((id, range)) = payload.as_section().filter(|_| !is_left_out) {
            let at = |place: u64| usize::try_from(place).unwrap_or(raw.len());
            let data = raw.get(at(range.start)..at(range.end)).unwrap_or_default();
            module.section(&RawSection { id, data });
        }
    }
    Ok(module.finish())
}

/// The storage layout that the compiler's module carries, if the contract declares one. Errors if
/// it is of another format, or contradicts itself.
pub fn layout(package: &str, raw: &[u8]) -> Result<Option<Layout>, BuildError> {
    let found = Layout::from_section(&section(raw, sections::LAYOUT));
    found.map_err(|error| unreadable(package, LAYOUT, &error))
}

/// Refuses a module that carries the layout of a struct other than the entrypoint, for example of a component that
/// declares itself top-level storage. The macro that writes a layout either gives its struct `isMigrated`, so that the
/// entrypoint answers it, or declares a complex migration. If the sources mark structs as entrypoints, the struct
/// must be one of them.
pub(super) fn require_layout_of(
    package: &str,
    raw: &[u8],
    entrypoints: &BTreeSet<String>,
) -> Result<(), BuildError> {
    let described = Layout::struct_of_section(&section(raw, sections::LAYOUT));
    let described = described.map_err(|error| unreadable(package, LAYOUT, &error))?;
    let Some(described) = described else {
        return Ok(());
    };
    let is_named = entrypoints.is_empty() || entrypoints.contains(&described);
    let steps = steps(package, raw)?.unwrap_or_default();
    let is_complex = steps.iter().any(|step| step.kind == StepKind::Complex);
    if is_named && (is_complex || is_answered(raw, isMigratedCall::SELECTOR.into())) {
        return Ok(());
    }
    let entrypoint = entrypoints.first().filter(|_| !is_named);
    let entrypoint = entrypoint.map_or("the entrypoint", String::as_str);
    let message = format!(
        "{package} carries the storage layout of {described}, and its entrypoint is {entrypoint}"
    );
    let next = format!(
        "put #[derive(StorageLayout)] above {entrypoint} and #[upgradeable] above its #[public] impl block, and \
         remove #[upgradeable] from the others"
    );
    let refusal = Refusal::new("LayoutOfAnother", message).with(
        format!("the layout of {entrypoint}"),
        format!("the layout of {described}"),
        next,
    );
    Err(refusal.into())
}

/// The initializers and migrations that the compiler's module declares; `None` if it says nothing
/// of them. Errors as [`layout`] does.
pub fn steps(package: &str, raw: &[u8]) -> Result<Option<Vec<DeclaredStep>>, BuildError> {
    let found = DeclaredStep::from_section(&section(raw, sections::STEPS));
    found.map_err(|error| unreadable(package, "the initializers and migrations", &error))
}

/// Reads what callers can use, as the compiler's module says and its code shows; `None` if it says nothing of it.
/// Errors if something else than `#[upgradeable]` wrote its section.
pub fn interface(
    package: &str,
    raw: &[u8],
    steps: Option<&[DeclaredStep]>,
) -> Result<Option<Callable>, BuildError> {
    let found = Callable::of_module(raw, steps);
    found.map_err(|reason| unreadable(package, "the functions", &reason))
}

fn unreadable(package: &str, what: &str, reason: &dyn Display) -> BuildError {
    let message = format!("{what} of {package} cannot be read: {reason}");
    let refusal = Refusal::new("Section", message).with(
        "what #[derive(StorageLayout)] and #[upgradeable] write of one contract, and nothing else in their sections",
        reason.to_string(),
        "build contract and tool from one version; one storage struct is the entrypoint; remove what else writes \
         these sections",
    );
    refusal.into()
}

/// Refuses a module that was compiled without what only this builder knows: it is good for
/// `cargo check` and would fail on chain.
pub fn require_no_placeholder(package: &str, raw: &[u8]) -> Result<(), BuildError> {
    let missing = section(raw, sections::PLACEHOLDERS);
    if missing.is_empty() {
        return Ok(());
    }
    let missing = String::from_utf8_lossy(&missing);
    let message =
        format!("{package} was compiled without {missing} and holds a placeholder in its place");
    let refusal = Refusal::new("Placeholder", message.clone()).with(
        "code with the addresses of the framework in it",
        message,
        "give the crate's folder, so that it is built here; its own Cargo.toml turns the feature `complex` of \
         stylus-upgradeable on",
    );
    Err(refusal.into())
}

/// Returns the contents of the custom sections of that name, one after the other.
fn section(raw: &[u8], name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    for payload in Parser::new(0).parse_all(raw) {
        match payload {
            Ok(Payload::CustomSection(custom)) if custom.name() == name => {
                bytes.extend_from_slice(custom.data());
            }
            Ok(_) => {}
            Err(_) => break, // encoding it again says what is wrong with it
        }
    }
    bytes
}

/// The rules that programs are built for: those of the live chains.
const ARBOS: u64 = 61;

/// Checks `wasm` by the rules of activation on a production chain at ArbOS 61. Errors with the
/// first rule it breaks, where, what the rule asks for and what the module has.
pub fn check(package: &str, wasm: &[u8]) -> Result<(), BuildError> {
    let mut gas = u64::MAX;
    let Err(error) = activate(wasm, &Rules::for_arbos(ARBOS), &mut gas) else {
        return Ok(());
    };
    if error.rule == Rule::WasmSize {
        let limit = format!("{} bytes of WASM", grouped(ARBOS_60_MAX_WASM_SIZE));
        return Err(BuildError::too_large(
            package,
            format!("at most {limit}"),
            wasm.len(),
        ));
    }
    let (rule, location) = (&error.rule, &error.location);
    let message = format!("{package} breaks the chain's rule `{rule}` at {location}");
    let next = "leave out what breaks it: floats, other imports than vm_hooks, extensions";
    let refusal = Refusal::new("InvalidWasm", message);
    Err(refusal.with(error.expected, error.found, next).into())
}

/// Leaves out what the chain does not read.
struct Lean;

impl Reencode for Lean {
    type Error = std::convert::Infallible;

    fn parse_custom_section(
        &mut self,
        _: &mut wasm_encoder::Module,
        _: wasmparser::CustomSectionReader<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        Ok(())
    }

    fn parse_export(
        &mut self,
        exports: &mut wasm_encoder::ExportSection,
        export: wasmparser::Export<'_>,
    ) -> Result<(), reencode::Error<Self::Error>> {
        if matches!(export.name, ENTRYPOINT | MEMORY) {
            reencode::utils::parse_export(self, exports, export)?;
        }
        Ok(())
    }
}
