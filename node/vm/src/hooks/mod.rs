//! The host functions. Charges come in this order: base ink, ink by the byte, a check that spends
//! nothing, memory reads, the chain's answer and its gas, memory writes. What was charged before
//! a failure stays charged.

mod account;
mod call;
mod calls;
mod console;
mod environment;
mod math;
mod output;
mod prices;
mod storage;

pub(crate) use call::Call;

use crate::frame::{CodeSlice, Escape, Pending};
use crate::signature::Hook;
use crate::units::Gas;
use crate::{Answer, CallKind, Failure, Request};

/// The next act of a host function.
pub(crate) enum Flow {
    /// It is done, with the result's bits.
    Return(Option<u64>),
    /// It asks the chain.
    Ask(Request, Pending),
}

/// Arguments of a host function as bits.
pub(crate) struct Args<'a>(pub(crate) &'a [u64]);

impl Args<'_> {
    /// The argument at `index`, cut to 32 bits. The engine has checked the signature.
    fn u32(&self, index: usize) -> u32 {
        (self.u64(index) & u64::from(u32::MAX)) as u32
    }

    fn u64(&self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or_default()
    }
}

impl Call<'_> {
    /// Runs the host function until it is done, asks the chain or leaves.
    pub(crate) fn run(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        match self.hook {
            Hook::ReadArgs => self.read_args(args.u32(0)),
            Hook::WriteResult => self.write_result(args.u32(0), args.u32(1)),
            Hook::ExitEarly => Err(Escape::Exit(args.u32(0))),
            Hook::ReadReturnData => self.read_return_data(args.u32(0), args.u32(1), args.u32(2)),
            Hook::ReturnDataSize => self.return_data_size(),
            Hook::EmitLog => self.emit_log(args.u32(0), args.u32(1), args.u32(2)),
            Hook::StorageLoad => self.storage_load(args.u32(0), args.u32(1)),
            Hook::StorageCache => self.storage_cache(args.u32(0), args.u32(1)),
            Hook::StorageFlush => self.storage_flush(args.u32(0) != 0),
            Hook::TransientLoad => self.transient_load(args.u32(0), args.u32(1)),
            Hook::TransientStore => self.transient_store(args.u32(0), args.u32(1)),
            Hook::CallContract => self.message(CallKind::Call, args),
            Hook::DelegateCall => self.message(CallKind::Delegate, args),
            Hook::StaticCall => self.message(CallKind::Static, args),
            Hook::Create1 => self.create(args, false),
            Hook::Create2 => self.create(args, true),
            Hook::AccountBalance => {
                let request = |address| Request::AccountBalance { address };
                self.account_word(args.u32(0), request, args.u32(1))
            }
            Hook::AccountCode => {
                let (offset, size, dest) = (args.u32(1), args.u32(2), args.u32(3));
                self.account_code(args.u32(0), Some(CodeSlice { offset, size, dest }))
            }
            Hook::AccountCodeSize => self.account_code(args.u32(0), None),
            Hook::AccountCodeHash => {
                let request = |address| Request::AccountCodeHash { address };
                self.account_word(args.u32(0), request, args.u32(1))
            }
            Hook::MathDiv | Hook::MathMod | Hook::MathPow | Hook::MathAddMod | Hook::MathMulMod => {
                self.math(args.u32(0), args.u32(1), args.u32(2))
            }
            Hook::NativeKeccak256 => self.native_keccak256(args.u32(0), args.u32(1), args.u32(2)),
            Hook::PayForMemoryGrow => self.pay_for_memory_grow(args.u32(0)),
            hook if hook.debug_only() => self.debug(args),
            _ => self.environment(args.u32(0)),
        }
    }

    /// Finishes a host function with the chain's answer.
    pub(crate) fn complete(
        &mut self,
        pending: Pending,
        answer: Answer,
    ) -> Result<Option<u64>, Escape> {
        match pending {
            Pending::StorageLoad {
                key,
                dest,
                surcharge,
            } => self.storage_loaded(key, dest, surcharge, answer),
            Pending::StorageFlush => self.storage_flushed(answer),
            Pending::Word { dest } => self.word(dest, answer),
            Pending::Done => self.done(answer),
            Pending::Call { return_len } => self.called(return_len, answer),
            Pending::Create {
                address,
                revert_len,
            } => self.created(address, revert_len, answer),
            Pending::Code { address, slice } => self.code_loaded(address, slice, answer),
        }
    }

    /// Pays for a word and writes it.
    fn word(&mut self, dest: u32, answer: Answer) -> Result<Option<u64>, Escape> {
        let crate::Reply::Word(word) = answer.reply else {
            return Err(self.wrong_answer("Word", &answer));
        };
        self.buy_gas(Gas(answer.gas_cost))?;
        self.write(dest, word.as_slice())?;
        self.got(word.as_slice());
        Ok(None)
    }

    /// Pays for a deed.
    fn done(&mut self, answer: Answer) -> Result<Option<u64>, Escape> {
        match answer.reply {
            crate::Reply::Done => {
                self.buy_gas(Gas(answer.gas_cost))?;
                Ok(None)
            }
            crate::Reply::Refused(crate::Refusal::OutOfGas) => Err(self.out_of_ink()),
            crate::Reply::Refused(crate::Refusal::WriteProtection) => Err(self.write_protection()),
            _ => Err(self.wrong_answer("Done", &answer)),
        }
    }

    fn write_protection(&self) -> Escape {
        Escape::Failed(Failure::WriteProtection {
            hook: self.hook.name(),
        })
    }

    fn wrong_answer(&self, expected: &'static str, answer: &Answer) -> Escape {
        Escape::Failed(Failure::WrongAnswer {
            hook: self.hook.name(),
            expected,
            found: format!("{:?}", answer.reply),
        })
    }
}
