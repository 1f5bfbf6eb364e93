//! Names of causes.

use stylus_vm::{Failure, OutcomeKind, Rule};

/// Names of causes that are the same in every set; others are not compared.
const STABLE_LABELS: &[&str] = &[
    "activation_out_of_gas",
    "entrypoint_missing",
    "entrypoint_signature",
    "export_reserved",
    "export_reuses_import_name",
    "float_operation",
    "hostio_bad_log",
    "hostio_create_out_of_gas",
    "hostio_flush_failure_legacy",
    "hostio_memory_oob",
    "hostio_write_protection",
    "import_debug_only",
    "import_inconsistent",
    "import_kind",
    "import_signature",
    "import_unknown",
    "limit_datas",
    "limit_element_entries",
    "limit_functions",
    "limit_imports",
    "limit_locals",
    "limit_table_entries",
    "limit_value_stack",
    "memory_missing_or_not_exported",
    "memory_over_heap_bound",
    "memory_over_page_limit",
    "opcode_unsupported",
    "pay_for_memory_grow_missing",
    "pay_for_memory_grow_signature",
    "section_unsupported",
    "start_function",
    "trap_div_by_zero",
    "trap_indirect_signature",
    "trap_integer_overflow",
    "trap_memory_oob",
    "trap_table_oob",
    "trap_unreachable",
    "wasm_validation",
];

/// Whether a cause has that name in every set.
pub(super) fn is_stable(label: &str) -> bool {
    STABLE_LABELS.contains(&label)
}

/// The name of a rule of activation.
pub(crate) fn of_rule(rule: Rule) -> &'static str {
    match rule {
        Rule::Validation => "wasm_validation",
        Rule::WasmSize => "limit_wasm_size",
        Rule::Section => "section_unsupported",
        Rule::GlobalInitializer => "global_initializer",
        Rule::ImportKind => "import_kind",
        Rule::ImportInconsistent => "import_inconsistent",
        Rule::ExportReusesImportName => "export_reuses_import_name",
        Rule::ExportReserved => "export_reserved",
        Rule::ImportReserved => "import_reserved",
        Rule::StartFunction => "start_function",
        Rule::Memory => "memory_missing_or_not_exported",
        Rule::HeapBound => "memory_over_heap_bound",
        Rule::PayForMemoryGrow => "pay_for_memory_grow_missing",
        Rule::PayForMemoryGrowSignature => "pay_for_memory_grow_signature",
        Rule::Opcode => "opcode_unsupported",
        Rule::Frame => "limit_frame",
        Rule::ValueStack => "limit_value_stack",
        Rule::Entrypoint => "entrypoint_missing",
        Rule::EntrypointSignature => "entrypoint_signature",
        Rule::InitCost => "init_cost_too_high",
        Rule::AsmEstimate => "asm_estimate_too_high",
        Rule::PageLimit => "memory_over_page_limit",
        Rule::Datas => "limit_datas",
        Rule::Elements => "limit_elements",
        Rule::Exports => "limit_exports",
        Rule::Functions => "limit_functions",
        Rule::Globals => "limit_globals",
        Rule::Locals => "limit_locals",
        Rule::Opcodes => "limit_opcodes",
        Rule::Imports => "limit_imports",
        Rule::TableEntries => "limit_table_entries",
        Rule::ElementEntries => "limit_element_entries",
        Rule::ExportName => "limit_export_name",
        Rule::ModuleName => "limit_module_name",
        Rule::Gas => "activation_out_of_gas",
        Rule::ImportUnknown => "import_unknown",
        Rule::ImportDebugOnly => "import_debug_only",
        Rule::ImportSignature => "import_signature",
        Rule::FloatOperation => "float_operation",
        Rule::SegmentOffset => "segment_offset",
        Rule::DataBounds => "data_out_of_bounds",
        Rule::ElementBounds => "element_out_of_bounds",
        Rule::ElementItems => "element_items",
        Rule::Engine => "engine",
    }
}

/// The name of a failure's cause.
pub(crate) fn of_failure(failure: &Failure) -> &'static str {
    match failure {
        Failure::Unreachable => "trap_unreachable",
        Failure::MemoryOutOfBounds => "trap_memory_oob",
        Failure::HostMemoryOutOfBounds { .. } => "hostio_memory_oob",
        Failure::DivisionByZero => "trap_div_by_zero",
        Failure::IntegerOverflow => "trap_integer_overflow",
        Failure::IndirectSignature => "trap_indirect_signature",
        Failure::TableOutOfBounds => "trap_table_oob",
        Failure::IndirectNull => "trap_indirect_null",
        Failure::WriteProtection { .. } => "hostio_write_protection",
        Failure::BadLog { .. } => "hostio_bad_log",
        Failure::CreateOutOfGas { .. } => "hostio_create_out_of_gas",
        Failure::FlushOutOfGas => "hostio_flush_failure_legacy",
        Failure::Trap(_) => "trap_other",
        Failure::Internal(_) => "internal",
        Failure::WrongAnswer { .. } => "wrong_answer",
        Failure::OutOfOrder => "out_of_order",
    }
}

/// The name of an end.
pub(crate) fn of_end(kind: OutcomeKind) -> &'static str {
    match kind {
        OutcomeKind::Success => "success",
        OutcomeKind::Revert => "revert",
        OutcomeKind::Failure => "failure",
        OutcomeKind::OutOfInk => "out_of_ink",
        OutcomeKind::OutOfStack => "out_of_stack",
        OutcomeKind::TooLong => "too_long",
    }
}
