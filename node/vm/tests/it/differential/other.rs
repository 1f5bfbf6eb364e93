//! The second engine: tinywasm runs the metered module with host functions and a meter of its own.

use std::cell::RefCell;
use std::rc::Rc;

use stylus_vm::pages::{PageCounters, PageParams};
use tinywasm::engine::{Config, StackConfig};
use tinywasm::types::WasmValue;
use tinywasm::{Engine, Error, FuncContext, HostFunction, Imports, ModuleInstance, Store, Trap};

use super::compare::{Case, End, Observed};

/// Ink of a host function, of a pointer, of reading and of writing.
const HOSTIO: u64 = 8_400;
const POINTER: u64 = 5_040;
const READ: u64 = 16_381;
const READ_BYTE: u64 = 55;
const WRITE_BYTE: u64 = 30;
const INK: &str = "stylus_ink_left";
const STATUS: &str = "stylus_ink_status";
const STACK: &str = "stylus_stack_left";

/// What host functions keep.
#[derive(Default)]
struct Host {
    calldata: Vec<u8>,
    output: Vec<u8>,
    pages: PageCounters,
    stylus_version: u16,
    /// How a host function left the program.
    left: Option<End>,
}

type Shared = Rc<RefCell<Host>>;

/// Runs the module; an error is a refusal of the engine to run it at all.
pub(crate) fn run(
    module: &tinywasm::Module,
    footprint: u16,
    case: &Case,
) -> Result<Observed, String> {
    let config = Config::new()
        .with_value_stack(StackConfig::dynamic(1 << 12, 1 << 24))
        .with_call_stack(StackConfig::dynamic(1 << 8, 1 << 20));
    let mut store = Store::new(Engine::new(config));
    let mut pages = PageCounters::default();
    pages.open(footprint, &PageParams::default());
    let host: Shared = Rc::new(RefCell::new(Host {
        calldata: case.calldata.clone(),
        pages,
        stylus_version: case.stylus_version,
        ..Host::default()
    }));
    let imports = imports(&mut store, &host);
    let text = |error: Error| error.to_string();
    let instance = ModuleInstance::instantiate(&mut store, module, Some(imports)).map_err(text)?;
    let set = |store: &mut Store, name, value| instance.global_set(store, name, value);
    set(&mut store, INK, WasmValue::I64(case.ink.cast_signed())).map_err(text)?;
    set(&mut store, STACK, WasmValue::I32(case.words.cast_signed())).map_err(text)?;

    let entry = instance
        .func::<i32, i32>(&store, "user_entrypoint")
        .map_err(text)?;
    let argument = i32::try_from(case.calldata.len()).map_err(|error| error.to_string())?;
    let result = entry.call(&mut store, argument);
    let get = |name| instance.global_get(&store, name).map_err(text);
    let (ink, status, words) = (get(INK)?, get(STATUS)?, get(STACK)?);
    let (WasmValue::I64(ink), WasmValue::I32(status), WasmValue::I32(words)) = (ink, status, words)
    else {
        return Err("the injected globals have other types".into());
    };
    let left = host.borrow_mut().left.take();
    let end = match (result, left) {
        (Ok(0), _) => End::Success,
        (Ok(_), _) => End::Revert,
        (Err(_), _) if words == 0 => End::OutOfStack,
        (Err(_), _) if status != 0 => End::OutOfInk,
        (Err(_), Some(left)) => left,
        (Err(Error::Trap(trap)), None) => End::Failure(label(&trap)?),
        (Err(error), None) => return Err(text(error)),
    };
    let memory = instance.memory("memory").map_err(text)?;
    let len = memory.len(&store).map_err(text)?;
    let output = match end {
        End::Success | End::Revert => std::mem::take(&mut host.borrow_mut().output),
        _ => Vec::new(),
    };
    Ok(Observed {
        end,
        ink: ink.cast_unsigned(),
        words: words.cast_unsigned(),
        output,
        memory: memory.read_vec(&store, 0, len).map_err(text)?,
    })
}

fn label(trap: &Trap) -> Result<&'static str, String> {
    Ok(match trap {
        Trap::Unreachable => "trap_unreachable",
        Trap::MemoryOutOfBounds { .. } => "trap_memory_oob",
        Trap::TableOutOfBounds { .. } | Trap::UndefinedElement { .. } => "trap_table_oob",
        Trap::UninitializedElement { .. } => "trap_indirect_null",
        Trap::IndirectCallTypeMismatch { .. } => "trap_indirect_signature",
        Trap::DivisionByZero => "trap_div_by_zero",
        Trap::IntegerOverflow => "trap_integer_overflow",
        other => return Err(format!("an unexpected trap: {}", other.message())),
    })
}

fn imports(store: &mut Store, host: &Shared) -> Imports {
    let mut imports = Imports::new();
    let shared = || Rc::clone(host);

    let host = shared();
    let pay = HostFunction::from(store, move |mut ctx: FuncContext<'_>, pages: i32| {
        pay_for_memory_grow(&mut ctx, &host, pages.cast_unsigned())
    });
    imports.define("vm_hooks", "pay_for_memory_grow", pay);

    let host = shared();
    let read = HostFunction::from(store, move |mut ctx: FuncContext<'_>, dest: i32| {
        let calldata = host.borrow().calldata.clone();
        let more = (calldata.len() as u64).saturating_sub(32);
        spend(&mut ctx, &host, HOSTIO)?;
        spend(&mut ctx, &host, POINTER + WRITE_BYTE * more)?;
        let position = dest.cast_unsigned() as usize;
        let memory = ctx.memory("memory")?;
        if position + calldata.len() > memory.len(ctx.store())? {
            return Err(leave(&host, End::Failure("hostio_memory_oob")));
        }
        memory.copy_from_slice(ctx.store_mut(), position, &calldata)
    });
    imports.define("vm_hooks", "read_args", read);

    let host = shared();
    let write = HostFunction::from(
        store,
        move |mut ctx: FuncContext<'_>, (data, len): (i32, i32)| {
            let (data, len) = (data.cast_unsigned() as usize, len.cast_unsigned());
            spend(&mut ctx, &host, HOSTIO)?;
            for _ in 0..2 {
                spend(
                    &mut ctx,
                    &host,
                    READ + READ_BYTE * u64::from(len).saturating_sub(32),
                )?;
            }
            let memory = ctx.memory("memory")?;
            if data + len as usize > memory.len(ctx.store())? {
                return Err(leave(&host, End::Failure("hostio_memory_oob")));
            }
            host.borrow_mut().output = memory.read_vec(ctx.store(), data, len as usize)?;
            Ok(())
        },
    );
    imports.define("vm_hooks", "write_result", write);

    let host = shared();
    let exit = HostFunction::from(store, move |_: FuncContext<'_>, status: i32| {
        let end = if status == 0 {
            End::Success
        } else {
            End::Revert
        };
        Err::<(), _>(leave(&host, end))
    });
    imports.define("vm_hooks", "exit_early", exit);

    let host = shared();
    let left = HostFunction::from(store, move |mut ctx: FuncContext<'_>, (): ()| {
        spend(&mut ctx, &host, HOSTIO)?;
        ink(&ctx).map(u64::cast_signed)
    });
    imports.define("vm_hooks", "evm_ink_left", left);

    let host = shared();
    let reentrant = HostFunction::from(store, move |mut ctx: FuncContext<'_>, (): ()| {
        spend(&mut ctx, &host, HOSTIO)?;
        Ok(1i32)
    });
    imports.define("vm_hooks", "msg_reentrant", reentrant);
    imports
}

fn pay_for_memory_grow(ctx: &mut FuncContext<'_>, host: &Shared, pages: u32) -> Result<(), Error> {
    if host.borrow().stylus_version >= 3 && pages > 65_535 {
        return Err(exhaust(ctx, host)?);
    }
    let pages = pages as u16;
    if pages == 0 {
        return spend(ctx, host, HOSTIO);
    }
    let gas = host.borrow_mut().pages.open(pages, &PageParams::default());
    spend(ctx, host, gas.saturating_mul(10_000))
}

fn ink(ctx: &FuncContext<'_>) -> Result<u64, Error> {
    match ctx.global_get(INK)? {
        WasmValue::I64(ink) => Ok(ink.cast_unsigned()),
        _ => Err(Error::Other("the ink is no i64".into())),
    }
}

fn spend(ctx: &mut FuncContext<'_>, host: &Shared, cost: u64) -> Result<(), Error> {
    match ink(ctx)?.checked_sub(cost) {
        Some(left) => ctx.global_set(INK, WasmValue::I64(left.cast_signed())),
        None => Err(exhaust(ctx, host)?),
    }
}

fn exhaust(ctx: &mut FuncContext<'_>, host: &Shared) -> Result<Error, Error> {
    ctx.global_set(INK, WasmValue::I64(0))?;
    ctx.global_set(STATUS, WasmValue::I32(1))?;
    Ok(leave(host, End::OutOfInk))
}

fn leave(host: &Shared, end: End) -> Error {
    host.borrow_mut().left = Some(end);
    Error::Other("a host function left the program".into())
}
