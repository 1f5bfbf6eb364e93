//! Answers to a program's requests, with the exact gas of the EVM's side.

use super::WasmFrame;
use crate::{
    pages,
    session::{Ctx, load_account},
};
use alloy_primitives::{Address, B256, Bytes, Log, U256};
use revm::{
    context::{ContextTr, JournalTr},
    context_interface::context::SStoreResult,
    handler::EthFrame,
    interpreter::{
        CallInput, CallInputs, CallScheme, CallValue, CreateInputs, CreateScheme, FrameInput,
        interpreter::EthInterpreter,
        interpreter_types::{InputsTr, ReturnData, RuntimeFlag},
    },
};
use stylus_vm::{Answer, CallKind, CallRequest, Refusal, Reply, Request};

const COLD_SLOT: u64 = 2_100;
const COLD_ACCOUNT: u64 = 2_600;
const WARM: u64 = 100;
const CREATE: u64 = 32_000;

/// The response to a request.
pub(super) enum Response {
    /// Answered.
    Now(Answer),
    /// Needs a frame; the answer follows when it returns.
    Frame(FrameInput, Waiting),
}

/// A call or creation that runs, with what is needed to price it afterwards.
pub(super) enum Waiting {
    Call { base: u64, gas: u64 },
    Create { gas_left: u64, kept: u64 },
}

impl Waiting {
    /// Takes the result that revm put into the interpreter: a word on the stack, return data, and
    /// the returned gas as all gas the interpreter has.
    pub(super) fn answer(self, frame: &mut EthFrame<EthInterpreter>) -> Answer {
        let interpreter = &mut frame.interpreter;
        let word = interpreter.stack.pop().unwrap_or_default();
        let returned = interpreter.gas.remaining();
        let data = interpreter.return_data.buffer().clone();
        match self {
            Self::Call { base, gas } => Answer::new(
                base.saturating_add(gas.saturating_sub(returned)),
                Reply::Called {
                    success: !word.is_zero(),
                    data,
                },
            ),
            Self::Create { gas_left, kept } => Answer::new(
                gas_left.saturating_sub(returned.saturating_add(kept)),
                Reply::Created {
                    address: Address::from_word(word.into()),
                    data,
                },
            ),
        }
    }
}

/// Answers a request, or says which frame to run for it.
pub(super) fn serve(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    wasm: &WasmFrame,
    request: Request,
) -> Response {
    let acting = frame.interpreter.input.target_address();
    let read_only = frame.interpreter.runtime_flag.is_static();
    if let Some(accesses) = &mut ctx.chain.accesses {
        accesses.request(acting, &request);
    }
    Response::Now(match request {
        Request::GetBytes32 { key } => {
            let Ok(load) = ctx.journal_mut().sload(acting, key.into());
            let gas = if load.is_cold { COLD_SLOT } else { WARM };
            Answer::new(gas, Reply::Word(load.data.into()))
        }
        Request::SetTrieSlots { slots, gas_left } => {
            if read_only && !slots.is_empty() {
                refuse(0, Refusal::WriteProtection)
            } else {
                store(ctx, frame, acting, &slots, gas_left)
            }
        }
        Request::TransientLoad { key } => {
            let value = ctx.journal_mut().tload(acting, key.into());
            Answer::new(0, Reply::Word(value.into()))
        }
        Request::TransientStore { .. } | Request::EmitLog { .. } if read_only => {
            refuse(0, Refusal::WriteProtection)
        }
        Request::TransientStore { key, value } => {
            ctx.journal_mut().tstore(acting, key.into(), value.into());
            Answer::new(0, Reply::Done)
        }
        Request::EmitLog { topics, data } => {
            ctx.journal_mut()
                .log(Log::new_unchecked(acting, topics, data));
            Answer::new(0, Reply::Done)
        }
        Request::AccountBalance { address } => {
            let Ok(account) = ctx.journal_mut().load_account(address);
            let gas = touch(account.is_cold);
            Answer::new(gas, Reply::Word(account.info.balance.into()))
        }
        Request::AccountCodeHash { address } => {
            let Ok(account) = ctx.journal_mut().load_account(address);
            let missing = account.is_loaded_as_not_existing() && account.info.is_empty();
            let hash = if missing {
                B256::ZERO
            } else {
                account.info.code_hash
            };
            Answer::new(touch(account.is_cold), Reply::Word(hash))
        }
        Request::AccountCode { address, gas_left } => {
            let surcharge = 700 * (ctx.chain.max_code_size / 24_576) as u64;
            let Ok(code) = ctx.journal_mut().code(address);
            let gas = touch(code.is_cold) + surcharge;
            let data = if gas <= gas_left {
                code.data
            } else {
                Bytes::new()
            };
            Answer::new(gas, Reply::Bytes(data))
        }
        Request::AddPages { pages } => {
            let mut gas = 0;
            if let Some(params) = &wasm.params {
                gas = pages::cost(&ctx.chain.pages, pages, params);
                pages::open(&mut ctx.chain.pages, pages, params);
            }
            Answer::new(gas, Reply::Done)
        }
        Request::Call(request) => return call(ctx, frame, acting, read_only, request),
        Request::Create {
            code,
            endowment,
            salt,
            gas_left,
        } => {
            if read_only {
                return Response::Now(refuse(0, Refusal::WriteProtection));
            }
            return create(frame, acting, code, endowment, salt, gas_left);
        }
    })
}

fn refuse(gas: u64, why: Refusal) -> Answer {
    Answer::new(gas, Reply::Refused(why))
}

fn touch(cold: bool) -> u64 {
    if cold { COLD_ACCOUNT } else { WARM }
}

/// Writes slots one by one until the budget ends.
fn store(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    acting: Address,
    slots: &[(B256, B256)],
    budget: u64,
) -> Answer {
    let mut left = budget;
    for (key, value) in slots {
        let Ok(stored) = ctx
            .journal_mut()
            .sstore(acting, (*key).into(), (*value).into());
        let cost = store_gas(&stored.data) + if stored.is_cold { COLD_SLOT } else { 0 };
        let Some(rest) = left.checked_sub(cost) else {
            return refuse(budget, Refusal::OutOfGas);
        };
        left = rest;
        let refund = ctx.cfg.gas_params.sstore_refund(true, &stored.data);
        frame.interpreter.gas.record_refund(refund);
        let depth = ctx.chain.frames.len();
        if let Some(log) = ctx.chain.opcode_log() {
            log.refund_program(depth, frame.interpreter.gas.refunded());
        }
    }
    if left == 0 && !slots.is_empty() {
        return refuse(budget, Refusal::OutOfGas);
    }
    Answer::new(budget - left, Reply::Done)
}

/// EIP-2200/2929 without the surcharge of a cold slot.
fn store_gas(store: &SStoreResult) -> u64 {
    if store.is_new_eq_present() || !store.is_original_eq_present() {
        WARM
    } else if store.is_original_zero() {
        20_000
    } else {
        2_900
    }
}

fn call(
    ctx: &mut Ctx<'_>,
    frame: &mut EthFrame<EthInterpreter>,
    acting: Address,
    read_only: bool,
    request: CallRequest,
) -> Response {
    let CallRequest {
        kind,
        to,
        data,
        value,
        gas_left,
        gas_requested,
    } = request;
    let failed = |ctx: &mut Ctx<'_>, gas| {
        if let Some(tracer) = &mut ctx.chain.tracer {
            tracer.frameless(to);
        }
        Response::Now(Answer::new(
            gas,
            Reply::Called {
                success: false,
                data: Bytes::new(),
            },
        ))
    };
    let pays = !value.is_zero();
    if read_only && pays {
        return failed(ctx, 0);
    }
    let Ok(target) = ctx.journal_mut().load_account_with_code(to);
    let creates = pays && target.info.is_empty();
    let base = touch(target.is_cold) + 25_000 * u64::from(creates) + 9_000 * u64::from(pays);
    let code = target.info.code.clone().unwrap_or_default();
    let code_hash = target.info.code_hash;
    if base > gas_left {
        return failed(ctx, gas_left);
    }
    let available = (u128::from(gas_left - base) * 63 / 64) as u64;
    let gas = available.min(gas_requested) + if pays { 2_300 } else { 0 };

    let known_bytecode = match code.eip7702_address() {
        Some(delegate) => delegated_code(ctx, delegate),
        None => (code_hash, code),
    };
    let input = &frame.interpreter.input;
    let (caller, target_address, value, scheme) = match kind {
        CallKind::Call => (acting, to, CallValue::Transfer(value), CallScheme::Call),
        CallKind::Static => (
            acting,
            to,
            CallValue::Transfer(U256::ZERO),
            CallScheme::StaticCall,
        ),
        CallKind::Delegate => (
            input.caller_address(),
            acting,
            CallValue::Apparent(input.call_value()),
            CallScheme::DelegateCall,
        ),
    };
    frame.interpreter.gas.set_remaining(0);
    let call = CallInputs {
        input: CallInput::Bytes(data),
        return_memory_offset: 0..0,
        gas_limit: gas,
        reservoir: 0,
        bytecode_address: to,
        known_bytecode,
        target_address,
        caller,
        value,
        scheme,
        is_static: read_only || kind == CallKind::Static,
        charged_new_account_state_gas: false,
    };
    Response::Frame(
        FrameInput::Call(Box::new(call)),
        Waiting::Call { base, gas },
    )
}

/// The code an EIP-7702 designator points to; reading it warms nothing here.
fn delegated_code(ctx: &mut Ctx<'_>, delegate: Address) -> (B256, revm::state::Bytecode) {
    let info = load_account(ctx, delegate);
    (info.code_hash, info.code.unwrap_or_default())
}

fn create(
    frame: &mut EthFrame<EthInterpreter>,
    acting: Address,
    code: Bytes,
    endowment: U256,
    salt: Option<B256>,
    gas_left: u64,
) -> Response {
    let hashed = salt.map_or(0, |_| code.len().div_ceil(32) as u64);
    let base = CREATE + 6 * hashed;
    if gas_left < base {
        return Response::Now(refuse(gas_left, Refusal::OutOfGas));
    }
    let kept = (gas_left - base) / 64;
    let gas = gas_left - base - kept;
    let scheme = match salt {
        Some(salt) => CreateScheme::Create2 { salt: salt.into() },
        None => CreateScheme::Create,
    };
    frame.interpreter.gas.set_remaining(0);
    let inputs = CreateInputs::new(acting, scheme, endowment, code, gas, 0);
    Response::Frame(
        FrameInput::Create(Box::new(inputs)),
        Waiting::Create { gas_left, kept },
    )
}
