//! A parsed module, before instrumentation.

use std::collections::BTreeMap;

use wasmparser::{
    Data, Element, ExternalKind, FuncType, FunctionBody, GlobalType, MemoryType, Operator,
    TableType,
};

/// Largest memory, also where more is declared: it must stay below 4 GiB.
const MAX_PAGES: u64 = 65_534;

/// A function import.
#[derive(Clone, Copy, Debug)]
pub(crate) struct FuncImport<'a> {
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
    pub(crate) type_index: u32,
}

/// A global with its constant.
#[derive(Clone, Debug)]
pub(crate) struct ConstGlobal<'a> {
    pub(crate) ty: GlobalType,
    pub(crate) value: Operator<'a>,
}

/// Parts of a module that activation needs. Everything in it has passed WebAssembly validation.
#[derive(Default)]
pub(crate) struct Module<'a> {
    /// Length of the whole module in bytes, custom sections included.
    pub(crate) wasm_len: usize,
    /// Value of the name section, or `user`.
    pub(crate) name: String,
    pub(crate) types: Vec<FuncType>,
    pub(crate) imports: Vec<FuncImport<'a>>,
    /// Type index of every local function.
    pub(crate) functions: Vec<u32>,
    pub(crate) tables: Vec<TableType>,
    pub(crate) memories: Vec<MemoryType>,
    pub(crate) globals: Vec<ConstGlobal<'a>>,
    pub(crate) exports: BTreeMap<&'a str, (ExternalKind, u32)>,
    pub(crate) start: Option<u32>,
    pub(crate) elements: Vec<Element<'a>>,
    pub(crate) datas: Vec<Data<'a>>,
    pub(crate) bodies: Vec<FunctionBody<'a>>,
}

impl Module<'_> {
    /// The most pages a memory can grow to.
    pub(crate) fn largest_memory(memory: &MemoryType) -> u64 {
        memory.maximum.unwrap_or(MAX_PAGES).min(MAX_PAGES)
    }

    /// Type of a function, imports counted first.
    pub(crate) fn function_type(&self, index: u32) -> Option<&FuncType> {
        let index = usize::try_from(index).ok()?;
        let type_index = match self.imports.get(index) {
            Some(import) => import.type_index,
            None => *self.functions.get(index.checked_sub(self.imports.len())?)?,
        };
        self.types.get(usize::try_from(type_index).ok()?)
    }

    /// Index of the first global that instrumentation adds. Globals cannot be imported.
    pub(crate) fn first_injected_global(&self) -> u32 {
        u32::try_from(self.globals.len()).unwrap_or(u32::MAX)
    }

    /// Encoded bytes of all element segments.
    pub(crate) fn element_bytes(&self) -> usize {
        self.elements
            .iter()
            .map(|segment| {
                usize::try_from(segment.range.end - segment.range.start).unwrap_or(usize::MAX)
            })
            .fold(0, usize::saturating_add)
    }

    /// Encoded bytes of all data segments, headers included.
    pub(crate) fn data_bytes(&self) -> usize {
        self.datas
            .iter()
            .map(|segment| {
                usize::try_from(segment.range.end - segment.range.start).unwrap_or(usize::MAX)
            })
            .fold(0, usize::saturating_add)
    }

    /// Bytes the data segments carry.
    pub(crate) fn data_payload(&self) -> usize {
        self.datas
            .iter()
            .map(|segment| segment.data.len())
            .fold(0, usize::saturating_add)
    }

    /// Initial pages of the memory.
    pub(crate) fn initial_pages(&self) -> u64 {
        self.memories.first().map_or(0, |memory| memory.initial)
    }
}
