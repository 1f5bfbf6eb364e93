//! Modules by wasm-smith: any shape of code within the features that Stylus allows.

use arbitrary::Unstructured;
use wasm_encoder::reencode::{Error, Reencode, RoundtripReencoder};
use wasm_encoder::{
    CodeSection, ExportKind, ExportSection, Function, FunctionSection, Instruction, MemArg,
    MemArgTarget, Module,
};
use wasm_smith::Config;
use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use super::random::Random;

const ENTRYPOINT: &str = "user_entrypoint";
const IMPORTS: [&str; 5] = [
    r#"(import "vm_hooks" "read_args" (func (param i32)))"#,
    r#"(import "vm_hooks" "write_result" (func (param i32 i32)))"#,
    r#"(import "vm_hooks" "exit_early" (func (param i32)))"#,
    r#"(import "vm_hooks" "evm_ink_left" (func (result i64)))"#,
    r#"(import "vm_hooks" "msg_reentrant" (func (result i32)))"#,
];
/// Limits of the memory.
const MEMORIES: [&str; 6] = ["1 1", "1", "1 4", "0 2", "2 3", "0"];

/// A module; `None` when the random bytes did not suffice for one.
pub(crate) fn module(random: &mut Random, multi_value: bool) -> Option<Vec<u8>> {
    let mut imports =
        String::from(r#"(import "vm_hooks" "pay_for_memory_grow" (func (param i32)))"#);
    for import in IMPORTS {
        if random.once_in(2) {
            imports.push_str(import);
        }
    }
    let memory = random.pick(&MEMORIES);
    let shape = format!(
        r#"(module {imports} (memory (export "memory") {memory})
            (func (export "{ENTRYPOINT}") (param i32) (result i32) unreachable))"#
    );
    // Bulk operators bring those on segments and tables with them, which are refused.
    let bulk = random.once_in(4);
    let config = Config {
        module_shape: Some(wat::parse_str(shape).expect("the shape assembles")),
        allow_floats: false,
        allow_start_export: false,
        bulk_memory_enabled: bulk,
        compact_imports_enabled: false,
        disallow_traps: random.once_in(2),
        exceptions_enabled: false,
        extended_const_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: multi_value,
        reference_types_enabled: false,
        relaxed_simd_enabled: false,
        saturating_float_to_int_enabled: false,
        simd_enabled: false,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        max_data_segments: if bulk { 0 } else { 4 },
        max_element_segments: if bulk { 0 } else { 2 },
        max_tables: usize::from(!bulk),
        max_table_elements: 40,
        max_funcs: 8,
        max_globals: 6,
        max_instructions: 40 + random.below(200),
        ..Config::default()
    };
    let bytes = random.bytes(4_096);
    let module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    with_dumped_globals(&module.to_bytes())
}

/// Lets the entry point call the old one and then write every global into memory, where it can be
/// compared.
fn with_dumped_globals(wasm: &[u8]) -> Option<Vec<u8>> {
    let found = Found::read(wasm)?;
    let mut module = Module::new();
    let mut encoder = Dump { found };
    encoder
        .parse_core_module(&mut module, Parser::new(0), wasm)
        .ok()?;
    Some(module.finish())
}

/// What the new entry point needs to know.
struct Found {
    /// Index and type of the old entry point.
    entrypoint: (u32, u32),
    functions: u32,
    /// Whether each global is an i64.
    globals: Vec<bool>,
}

impl Found {
    fn read(wasm: &[u8]) -> Option<Self> {
        let (mut types, mut globals, mut entrypoint) = (Vec::new(), Vec::new(), None);
        for payload in Parser::new(0).parse_all(wasm) {
            match payload.ok()? {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        if let TypeRef::Func(ty) = import.ok()?.ty {
                            types.push(ty);
                        }
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        types.push(ty.ok()?);
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        globals.push(global.ok()?.ty.content_type == wasmparser::ValType::I64);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export.ok()?;
                        if export.kind == ExternalKind::Func && export.name == ENTRYPOINT {
                            entrypoint = Some(export.index);
                        }
                    }
                }
                _ => {}
            }
        }
        let entrypoint = entrypoint?;
        let ty = *types.get(usize::try_from(entrypoint).ok()?)?;
        Some(Self {
            entrypoint: (entrypoint, ty),
            functions: u32::try_from(types.len()).ok()?,
            globals,
        })
    }
}

struct Dump {
    found: Found,
}

impl Reencode for Dump {
    type Error = std::convert::Infallible;

    fn parse_function_section(
        &mut self,
        functions: &mut FunctionSection,
        section: wasmparser::FunctionSectionReader<'_>,
    ) -> Result<(), Error> {
        RoundtripReencoder.parse_function_section(functions, section)?;
        functions.function(self.found.entrypoint.1);
        Ok(())
    }

    fn parse_export_section(
        &mut self,
        exports: &mut ExportSection,
        section: wasmparser::ExportSectionReader<'_>,
    ) -> Result<(), Error> {
        for export in section {
            let export = export?;
            if export.name == ENTRYPOINT {
                exports.export(ENTRYPOINT, ExportKind::Func, self.found.functions);
            } else {
                RoundtripReencoder.parse_export(exports, export)?;
            }
        }
        Ok(())
    }

    fn parse_code_section(
        &mut self,
        code: &mut CodeSection,
        section: wasmparser::CodeSectionReader<'_>,
    ) -> Result<(), Error> {
        RoundtripReencoder.parse_code_section(code, section)?;
        let mut function = Function::new([]);
        function
            .instruction(&Instruction::LocalGet(0))
            .instruction(&Instruction::Call(self.found.entrypoint.0));
        for (index, wide) in (0u32..).zip(&self.found.globals) {
            let position = MemArg {
                offset: u64::from(index) * 8,
                align: 0,
                target: MemArgTarget::Memory(0),
                ordering: None,
            };
            function
                .instruction(&Instruction::I32Const(0))
                .instruction(&Instruction::GlobalGet(index))
                .instruction(&if *wide {
                    Instruction::I64Store(position)
                } else {
                    Instruction::I32Store(position)
                });
        }
        function.instruction(&Instruction::End);
        code.function(&function);
        Ok(())
    }
}
