//! Reasons why a module is not activated, and why a program does not start.

use std::fmt;

use thiserror::Error;

/// The rules a module can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// The bytes are a valid module of the allowed WebAssembly features.
    Validation,
    /// The decompressed module fits the chain's size limit.
    WasmSize,
    /// Only known sections, no data-count section.
    Section,
    /// Globals start from a single constant.
    GlobalInitializer,
    /// Only functions are imported.
    ImportKind,
    /// The same import has one type.
    ImportInconsistent,
    /// No export is named like an import.
    ExportReusesImportName,
    /// No export starts with `stylus`.
    ExportReserved,
    /// No import starts with `stylus`.
    ImportReserved,
    /// No start function (production chains).
    StartFunction,
    /// One memory, exported as `memory`.
    Memory,
    /// At most 128 initial pages.
    HeapBound,
    /// `pay_for_memory_grow` is imported when the memory can grow.
    PayForMemoryGrow,
    /// `pay_for_memory_grow` takes one i32 and gives nothing.
    PayForMemoryGrowSignature,
    /// Only operators the meters know.
    Opcode,
    /// A frame has at most 10 240 words.
    Frame,
    /// A frame has at most 4 096 values on its stack.
    ValueStack,
    /// `user_entrypoint` is exported and a function.
    Entrypoint,
    /// `user_entrypoint` takes one i32 and gives one i32.
    EntrypointSignature,
    /// Start costs fit 16 bits.
    InitCost,
    /// The size estimate fits 32 bits.
    AsmEstimate,
    /// Initial pages fit the chain's page limit.
    PageLimit,
    /// At most 128 data segments.
    Datas,
    /// At most 128 element segments.
    Elements,
    /// At most 1 024 exports.
    Exports,
    /// At most 4 096 functions.
    Functions,
    /// At most 32 768 globals, the four injected ones included.
    Globals,
    /// At most 348 declared locals in a function.
    Locals,
    /// At most 65 536 operators in an instrumented function.
    Opcodes,
    /// At most 513 imports (from ArbOS 32).
    Imports,
    /// At most 4 096 initial table entries in all.
    TableEntries,
    /// At most 4 096 encoded bytes of element segments in all.
    ElementEntries,
    /// Export names have at most 512 bytes.
    ExportName,
    /// The module's name has at most 512 bytes.
    ModuleName,
    /// The gas covers the activation.
    Gas,
    /// Every import is a host function.
    ImportUnknown,
    /// Debug host functions need a debug chain.
    ImportDebugOnly,
    /// Imports have the host function's signature.
    ImportSignature,
    /// No floating-point arithmetic, comparison or conversion.
    FloatOperation,
    /// Active segments start at an `i32.const`.
    SegmentOffset,
    /// Active data segments fit the memory.
    DataBounds,
    /// Active element segments fit their table.
    ElementBounds,
    /// Element segments list function indexes.
    ElementItems,
    /// The engine can compile the module.
    Engine,
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}

/// A module breaks a rule of activation.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the module breaks the rule `{rule}` at {location}: expected {expected}, found {found}")]
pub struct ActivationError {
    /// The rule.
    pub rule: Rule,
    /// The location in the module.
    pub location: String,
    /// The value that the rule asks for.
    pub expected: String,
    /// The value that the module has.
    pub found: String,
}

impl ActivationError {
    pub(crate) fn new(
        rule: Rule,
        location: impl Into<String>,
        expected: impl Into<String>,
        found: impl Into<String>,
    ) -> Self {
        Self {
            rule,
            location: location.into(),
            expected: expected.into(),
            found: found.into(),
        }
    }

    /// A count above its limit.
    pub(crate) fn limit(
        rule: Rule,
        location: impl Into<String>,
        limit: usize,
        found: usize,
    ) -> Self {
        Self::new(
            rule,
            location,
            format!("at most {limit}"),
            found.to_string(),
        )
    }
}

pub(crate) type Result<T> = std::result::Result<T, ActivationError>;

/// The parser's words for a table index of several bytes.
const PADDED: &str = "zero byte expected";

/// Makes the error of a module that the parser refuses.
pub(crate) fn invalid(error: wasmparser::Error) -> ActivationError {
    let expected = if error.message() == PADDED {
        "a table index of one byte; rustc pads it, and stylus-upgrades deploy, cargo stylus or wasm-opt encode the module \
         again"
    } else {
        "a valid module of the allowed WebAssembly features"
    };
    ActivationError::new(
        Rule::Validation,
        format!("byte {:#x}", error.offset()),
        expected,
        error.message(),
    )
}

/// The reason why a program could not be started. It says nothing about the program: the embedder's machine is
/// out of memory, or the engine panicked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the engine could not start the program: {0}")]
pub struct StartError(pub String);
