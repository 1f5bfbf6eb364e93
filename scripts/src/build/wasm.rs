//! From what rustc writes to what the chain accepts.
//!
//! rustc pads the table index of `call_indirect`, which a validator without reference types
//! refuses; no flag avoids it. So every module is encoded again: shortest LEBs, no custom
//! sections, no exports but the two that the chain looks at.

use super::error::BuildError;
use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{
    CompositeInnerType, ExternalKind, FuncType, Parser, Payload, TypeRef, ValType, Validator,
    WasmFeatures,
};

/// Pages of 64 KiB that a program may start with (Nitro's `PageLimit`).
pub const PAGE_LIMIT: u64 = 128;
/// Bytes of a program before compression (Nitro's `MaxWasmSize`).
pub const WASM_SIZE_MAX: usize = 131_072;
const ENTRYPOINT: &str = "user_entrypoint";
const MEMORY: &str = "memory";
const ENTRYPOINT_EXPECTED: &str = "function user_entrypoint (i32) -> i32";
const MEMORY_EXPECTED: &str = "memory";

/// Encodes `raw` again: shortest LEBs, no custom sections, only the chain's two exports.
pub fn reencode(package: &str, raw: &[u8]) -> Result<Vec<u8>, BuildError> {
    let mut module = wasm_encoder::Module::new();
    Lean.parse_core_module(&mut module, Parser::new(0), raw)
        .map_err(|error| invalid(package, error.to_string()))?;
    Ok(module.finish())
}

/// Checks `wasm` against what the chain will ask at activation, as far as it can be told without
/// instrumenting it.
pub fn check(package: &str, wasm: &[u8]) -> Result<(), BuildError> {
    Validator::new_with_features(features())
        .validate_all(wasm)
        .map_err(|error| invalid(package, error.to_string()))?;
    let outline = Outline::read(wasm).map_err(|error| invalid(package, error.to_string()))?;
    outline.check_imports(package)?;
    outline.check_exports(package)?;
    match outline.pages {
        Some(found) if found > PAGE_LIMIT => Err(BuildError::TooMuchMemory {
            package: package.into(),
            limit: PAGE_LIMIT,
            found,
        }),
        _ if wasm.len() > WASM_SIZE_MAX => Err(BuildError::TooLarge {
            package: package.into(),
            what: "unpacked",
            limit: WASM_SIZE_MAX,
            found: wasm.len(),
        }),
        _ => Ok(()),
    }
}

/// What Nitro's validator allows at ArbOS 51.
fn features() -> WasmFeatures {
    WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        | WasmFeatures::MULTI_VALUE
        | WasmFeatures::GC_TYPES
}

fn invalid(package: &str, reason: String) -> BuildError {
    BuildError::InvalidWasm {
        package: package.into(),
        reason,
    }
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

/// The parts of a module that the checks look at.
#[derive(Default)]
struct Outline {
    types: Vec<Option<FuncType>>,
    functions: Vec<u32>,
    imports: Vec<String>,
    exports: Vec<(String, ExternalKind, u32)>,
    pages: Option<u64>,
}

impl Outline {
    fn read(wasm: &[u8]) -> wasmparser::Result<Self> {
        let mut outline = Self::default();
        for payload in Parser::new(0).parse_all(wasm) {
            outline.section(payload?)?;
        }
        Ok(outline)
    }

    fn section(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::TypeSection(groups) => {
                for group in groups {
                    self.types.extend(group?.into_types().map(
                        |ty| match ty.composite_type.inner {
                            CompositeInnerType::Func(func) => Some(func),
                            _ => None,
                        },
                    ));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.imports
                        .push(format!("{}.{}", import.module, import.name));
                    match import.ty {
                        TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.functions.push(ty),
                        TypeRef::Memory(memory) => self.pages = Some(memory.initial),
                        _ => {}
                    }
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.functions.push(ty?);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.pages = Some(memory?.initial);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    self.exports
                        .push((export.name.to_owned(), export.kind, export.index));
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn check_imports(&self, package: &str) -> Result<(), BuildError> {
        match self
            .imports
            .iter()
            .find(|import| !import.starts_with("vm_hooks."))
        {
            Some(import) => Err(BuildError::ForeignImport {
                package: package.into(),
                import: import.clone(),
            }),
            None => Ok(()),
        }
    }

    fn check_exports(&self, package: &str) -> Result<(), BuildError> {
        let missing = |export, found| BuildError::MissingExport {
            package: package.into(),
            export,
            found,
        };
        match self.export(ENTRYPOINT) {
            None => return Err(missing(ENTRYPOINT_EXPECTED, "no such export".into())),
            Some((ExternalKind::Func, index)) => {
                let ty = self
                    .functions
                    .get(index as usize)
                    .and_then(|ty| self.types.get(*ty as usize))
                    .and_then(Option::as_ref);
                let fits = ty.is_some_and(|ty| {
                    ty.params() == [ValType::I32] && ty.results() == [ValType::I32]
                });
                if !fits {
                    let found = ty.map_or_else(|| "no function".into(), |ty| format!("{ty:?}"));
                    return Err(missing(ENTRYPOINT_EXPECTED, found));
                }
            }
            Some((kind, _)) => return Err(missing(ENTRYPOINT_EXPECTED, format!("{kind:?}"))),
        }
        match self.export(MEMORY) {
            Some((ExternalKind::Memory, 0)) => Ok(()),
            Some((kind, _)) => Err(missing(MEMORY_EXPECTED, format!("{kind:?}"))),
            None => Err(missing(MEMORY_EXPECTED, "no such export".into())),
        }
    }

    fn export(&self, name: &str) -> Option<(ExternalKind, u32)> {
        self.exports
            .iter()
            .find(|(exported, ..)| exported == name)
            .map(|(_, kind, index)| (*kind, *index))
    }
}
