//! Parsing and the structural rules, in the order they are checked.

use std::collections::{HashMap, HashSet};

use wasmparser::{Operator, Parser, Payload, TypeRef, Validator, WasmFeatures};

use super::module::{ConstGlobal, FuncImport, Module};
use super::names::read_names;
use crate::Rules;
use crate::error::{ActivationError, Result, Rule, invalid};

/// Prefix of names that belong to the machine.
const RESERVED: &str = "stylus";

/// Parses a module and checks everything that needs no instrumentation.
pub(crate) fn parse<'a>(wasm: &'a [u8], rules: &Rules) -> Result<Module<'a>> {
    if wasm.len() > rules.max_wasm_size {
        return Err(ActivationError::limit(
            Rule::WasmSize,
            "the module",
            rules.max_wasm_size,
            wasm.len(),
        ));
    }
    let features = features(rules);
    Validator::new_with_features(features)
        .validate_all(wasm)
        .map_err(invalid)?;
    let module = read(wasm, features)?;
    import_types_agree(&module)?;
    names_are_free(&module)?;
    Ok(module)
}

/// First Stylus version without multi-value.
const NO_MULTI_VALUE: u16 = 3;

/// WebAssembly features. Without multi-value, types with two results and blocks that name a type
/// are refused.
fn features(rules: &Rules) -> WasmFeatures {
    let mut features = WasmFeatures::MUTABLE_GLOBAL
        | WasmFeatures::SATURATING_FLOAT_TO_INT
        | WasmFeatures::SIGN_EXTENSION
        | WasmFeatures::BULK_MEMORY
        | WasmFeatures::FLOATS
        | WasmFeatures::GC_TYPES;
    let multi_value = rules.stylus_version < NO_MULTI_VALUE;
    features.set(WasmFeatures::MULTI_VALUE, multi_value);
    features
}

fn read<'a>(wasm: &'a [u8], features: WasmFeatures) -> Result<Module<'a>> {
    let mut module = Module {
        wasm_len: wasm.len(),
        ..Module::default()
    };
    let mut parser = Parser::new(0);
    parser.set_features(features);
    for payload in parser.parse_all(wasm) {
        match payload.map_err(invalid)? {
            Payload::TypeSection(types) => {
                for ty in types.into_iter_err_on_gc_types() {
                    module.types.push(ty.map_err(invalid)?);
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    let import = import.map_err(invalid)?;
                    let TypeRef::Func(type_index) = import.ty else {
                        return Err(ActivationError::new(
                            Rule::ImportKind,
                            format!("import {}.{}", import.module, import.name),
                            "a function",
                            format!("{:?}", import.ty),
                        ));
                    };
                    module.imports.push(FuncImport {
                        module: import.module,
                        name: import.name,
                        type_index,
                    });
                }
            }
            Payload::FunctionSection(functions) => {
                for function in functions {
                    module.functions.push(function.map_err(invalid)?);
                }
            }
            Payload::TableSection(tables) => {
                for table in tables {
                    module.tables.push(table.map_err(invalid)?.ty);
                }
            }
            Payload::MemorySection(memories) => {
                for memory in memories {
                    module.memories.push(memory.map_err(invalid)?);
                }
            }
            Payload::GlobalSection(globals) => {
                for global in globals {
                    let global = global.map_err(invalid)?;
                    let value = constant(&global.init_expr)?.ok_or_else(|| {
                        ActivationError::new(
                            Rule::GlobalInitializer,
                            format!("global {}", module.globals.len()),
                            "a single i32, i64, f32 or f64 constant",
                            "another expression",
                        )
                    })?;
                    module.globals.push(ConstGlobal {
                        ty: global.ty,
                        value,
                    });
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports {
                    let export = export.map_err(invalid)?;
                    module
                        .exports
                        .insert(export.name, (export.kind, export.index));
                }
            }
            Payload::StartSection { func, .. } => module.start = Some(func),
            Payload::ElementSection(elements) => {
                for element in elements {
                    module.elements.push(element.map_err(invalid)?);
                }
            }
            Payload::DataSection(datas) => {
                for data in datas {
                    module.datas.push(data.map_err(invalid)?);
                }
            }
            Payload::CodeSectionEntry(body) => module.bodies.push(body),
            Payload::CustomSection(section) => {
                if section.name() == "name" {
                    read_names(&section, &mut module)?;
                }
            }
            Payload::Version { .. } | Payload::CodeSectionStart { .. } | Payload::End(_) => {}
            Payload::DataCountSection { range, .. } => {
                return Err(unsupported(range.start, "a data-count section"));
            }
            other => {
                let start = other.as_section().map_or(0, |(_, range)| range.start);
                return Err(unsupported(start, "an unknown section"));
            }
        }
    }
    if module.name.is_empty() {
        "user".clone_into(&mut module.name);
    }
    Ok(module)
}

fn unsupported(offset: u64, found: &str) -> ActivationError {
    ActivationError::new(
        Rule::Section,
        format!("byte {offset:#x}"),
        "type, import, function, table, memory, global, export, element, code and data sections",
        found,
    )
}

/// The operator of a constant expression that has just one.
pub(crate) fn constant<'a>(expr: &wasmparser::ConstExpr<'a>) -> Result<Option<Operator<'a>>> {
    let mut operators = expr.get_operators_reader();
    let first = operators.read().map_err(invalid)?;
    let second = operators.read().map_err(invalid)?;
    let single = matches!(second, Operator::End) && operators.eof();
    let constant = matches!(
        first,
        Operator::I32Const { .. }
            | Operator::I64Const { .. }
            | Operator::F32Const { .. }
            | Operator::F64Const { .. }
    );
    Ok((single && constant).then_some(first))
}

fn import_types_agree(module: &Module<'_>) -> Result<()> {
    let mut seen = HashMap::new();
    for import in &module.imports {
        let first = *seen
            .entry((import.module, import.name))
            .or_insert(import.type_index);
        if first != import.type_index {
            return Err(ActivationError::new(
                Rule::ImportInconsistent,
                format!("import {}.{}", import.module, import.name),
                format!("type {first} as before"),
                format!("type {}", import.type_index),
            ));
        }
    }
    Ok(())
}

/// Export names count from their last `__` on.
fn names_are_free(module: &Module<'_>) -> Result<()> {
    let last = |name: &'_ str| name.rsplit("__").next().unwrap_or_default().to_owned();
    let exports: HashSet<String> = module.exports.keys().map(|name| last(name)).collect();
    if let Some(import) = module
        .imports
        .iter()
        .find(|import| exports.contains(import.name))
    {
        return Err(ActivationError::new(
            Rule::ExportReusesImportName,
            format!("import {}.{}", import.module, import.name),
            "no export of that name",
            "one",
        ));
    }
    if let Some(name) = exports.iter().find(|name| name.starts_with(RESERVED)) {
        return Err(ActivationError::new(
            Rule::ExportReserved,
            "exports",
            "no name that starts with `stylus`",
            format!("that the binary exports reserved symbol {name}"),
        ));
    }
    if let Some(import) = module
        .imports
        .iter()
        .find(|import| import.name.starts_with(RESERVED))
    {
        return Err(ActivationError::new(
            Rule::ImportReserved,
            "imports",
            "no name that starts with `stylus`",
            format!("that the binary imports reserved symbol {}", import.name),
        ));
    }
    Ok(())
}
