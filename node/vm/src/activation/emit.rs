//! Writes the instrumented module for the engine.

use wasm_encoder::reencode::{Reencode, RoundtripReencoder};
use wasm_encoder::{
    ConstExpr, DataSection, ElementSection, Elements, ExportKind, ExportSection, Function,
    FunctionSection, GlobalSection, GlobalType, ImportSection, Instruction, MemorySection,
    MemoryType, TableSection, TypeSection, ValType,
};
use wasmparser::{DataKind, ElementItems, ElementKind, Operator};

use super::code_section::broken;
use super::injected::COUNTER_BYTES;
use super::instrument::Instrumented;
use super::link::PAGE;
use super::module::Module;
use crate::error::Result;
use crate::exported::{COUNTERS, ENTRYPOINT, INJECTED_NAMES};

/// The bytes the engine compiles: only the entry point, the memory and the injected globals are
/// exported; passive segments are left out, as no operator can use them.
pub(crate) fn emit(module: &Module<'_>, instrumented: &mut Instrumented) -> Result<Vec<u8>> {
    let mut encoder = RoundtripReencoder;
    let mut types = TypeSection::new();
    for ty in &module.types {
        types
            .ty()
            .func_type(&encoder.func_type(ty.clone()).map_err(broken)?);
    }
    let mut imports = ImportSection::new();
    for import in &module.imports {
        let ty = wasm_encoder::EntityType::Function(import.type_index);
        imports.import(import.module, import.name, ty);
    }
    let mut functions = FunctionSection::new();
    for ty in &module.functions {
        functions.function(*ty);
    }
    let mut tables = TableSection::new();
    for table in &module.tables {
        tables.table(encoder.table_type(*table).map_err(broken)?);
    }
    let mut memories = MemorySection::new();
    for memory in &module.memories {
        let mut ty = encoder.memory_type(*memory).map_err(broken)?;
        ty.maximum = Some(Module::largest_memory(memory));
        memories.memory(ty);
    }
    let counters = instrumented.blocks.len() as u64 * u64::from(COUNTER_BYTES);
    if counters > 0 {
        let pages = counters.div_ceil(PAGE);
        memories.memory(MemoryType {
            minimum: pages,
            maximum: Some(pages),
            memory64: false,
            shared: false,
            page_size_log2: None,
        });
    }

    let mut code = std::mem::take(&mut instrumented.code).section;
    let entrypoint = if instrumented.entrypoint < imports.len() {
        // The program exports a host function as its entry point: the engine needs a function of
        // the module's own to suspend in.
        let mut trampoline = Function::new([]);
        trampoline.instruction(&Instruction::LocalGet(0));
        trampoline.instruction(&Instruction::Call(instrumented.entrypoint));
        trampoline.instruction(&Instruction::End);
        code.function(&trampoline);
        types.ty().function([ValType::I32], [ValType::I32]);
        functions.function(types.len() - 1);
        imports.len() + functions.len() - 1
    } else {
        instrumented.entrypoint
    };

    let mut exports = ExportSection::new();
    exports.export("memory", ExportKind::Memory, 0);
    exports.export(ENTRYPOINT, ExportKind::Func, entrypoint);
    for (name, index) in INJECTED_NAMES
        .into_iter()
        .zip(instrumented.globals.ink_left()..)
    {
        exports.export(name, ExportKind::Global, index);
    }
    if counters > 0 {
        exports.export(COUNTERS, ExportKind::Memory, memories.len() - 1);
    }

    let mut out = wasm_encoder::Module::new();
    out.section(&types)
        .section(&imports)
        .section(&functions)
        .section(&tables)
        .section(&memories);
    out.section(&globals(module)?).section(&exports);
    out.section(&elements(module)?)
        .section(&code)
        .section(&datas(module)?);
    Ok(out.finish())
}

fn globals(module: &Module<'_>) -> Result<GlobalSection> {
    let mut section = GlobalSection::new();
    for global in &module.globals {
        let ty = RoundtripReencoder.global_type(global.ty).map_err(broken)?;
        section.global(ty, &constant(&global.value)?);
    }
    let mutable = |val_type| GlobalType {
        val_type,
        mutable: true,
        shared: false,
    };
    section.global(mutable(ValType::I64), &ConstExpr::i64_const(0));
    section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
    section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
    section.global(mutable(ValType::I32), &ConstExpr::i32_const(0));
    Ok(section)
}

fn constant(op: &Operator<'_>) -> Result<ConstExpr> {
    let instruction = RoundtripReencoder.instruction(op.clone()).map_err(broken)?;
    Ok(ConstExpr::extended([instruction]))
}

fn elements(module: &Module<'_>) -> Result<ElementSection> {
    let mut section = ElementSection::new();
    for element in &module.elements {
        let ElementKind::Active {
            table_index,
            offset_expr,
        } = &element.kind
        else {
            continue;
        };
        let ElementItems::Functions(items) = &element.items else {
            continue;
        };
        let mut indexes = Vec::new();
        for item in items.clone() {
            indexes.push(item.map_err(|error| broken(error.into()))?);
        }
        let offset = RoundtripReencoder
            .const_expr(offset_expr.clone())
            .map_err(broken)?;
        section.active(*table_index, &offset, Elements::Functions(indexes.into()));
    }
    Ok(section)
}

fn datas(module: &Module<'_>) -> Result<DataSection> {
    let mut section = DataSection::new();
    for data in &module.datas {
        let DataKind::Active {
            memory_index,
            offset_expr,
        } = &data.kind
        else {
            continue;
        };
        let offset = RoundtripReencoder
            .const_expr(offset_expr.clone())
            .map_err(broken)?;
        section.active(*memory_index, &offset, data.data.iter().copied());
    }
    Ok(section)
}
