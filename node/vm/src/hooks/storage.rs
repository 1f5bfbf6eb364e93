//! Storage through the frame's cache, and transient storage past it.

use alloy_primitives::B256;

use super::{Call, Escape, Flow, Pending, prices};
use crate::storage_cache::REQUIRED_ACCESS_GAS;
use crate::units::Gas;
use crate::{Answer, Failure, Refusal, Reply, Request};

/// First ArbOS version that charges a flush, and a storage miss at the ink price.
const CHARGING_FIXES: u64 = 32;
/// First ArbOS version in which a flush that runs out of gas is out of ink, not a failure.
const FLUSH_OUT_OF_GAS_BURNS: u64 = 50;

impl Call<'_> {
    pub(super) fn storage_load(&mut self, key: u32, dest: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 2 * prices::PTR)?;
        let miss = self.miss_gas();
        self.require_gas(prices::COLD_SLOAD_GAS + REQUIRED_ACCESS_GAS + miss)?;
        let key = self.given_bytes32(key)?;
        let surcharge = self.frame.storage.count_read();
        match self.frame.storage.get(&key) {
            Some(value) => {
                self.buy_gas(surcharge)?;
                self.write(dest, value.as_slice())?;
                self.got(value.as_slice());
                Ok(Flow::Return(None))
            }
            None => Ok(Flow::Ask(
                Request::GetBytes32 { key },
                Pending::StorageLoad {
                    key,
                    dest,
                    surcharge,
                },
            )),
        }
    }

    pub(super) fn storage_loaded(
        &mut self,
        key: B256,
        dest: u32,
        surcharge: Gas,
        answer: Answer,
    ) -> Result<Option<u64>, Escape> {
        let Reply::Word(value) = answer.reply else {
            return Err(self.wrong_answer("Word", &answer));
        };
        self.frame.storage.learn(key, value);
        self.buy_gas(surcharge + Gas(answer.gas_cost) + self.miss_gas())?;
        self.write(dest, value.as_slice())?;
        self.got(value.as_slice());
        Ok(None)
    }

    pub(super) fn storage_cache(&mut self, key: u32, value: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 2 * prices::PTR)?;
        self.require_gas(prices::SSTORE_SENTRY_GAS + REQUIRED_ACCESS_GAS)?;
        let key = self.given_bytes32(key)?;
        let value = self.given_bytes32(value)?;
        let surcharge = self.frame.storage.store(key, value);
        self.buy_gas(surcharge)?;
        Ok(Flow::Return(None))
    }

    pub(super) fn storage_flush(&mut self, clear: bool) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + prices::EVM_API)?;
        self.require_gas(prices::SSTORE_SENTRY_GAS)?;
        self.gave(&[clear.into()]);
        let Gas(gas_left) = self.gas_left() + Gas(1);
        let slots = self.frame.storage.flush(clear);
        if slots.is_empty() {
            return Ok(Flow::Return(None));
        }
        Ok(Flow::Ask(
            Request::SetTrieSlots { slots, gas_left },
            Pending::StorageFlush,
        ))
    }

    pub(super) fn storage_flushed(&mut self, answer: Answer) -> Result<Option<u64>, Escape> {
        let arbos = self.frame.ctx.arbos_version;
        let out_of_gas = answer.reply == Reply::Refused(Refusal::OutOfGas);
        if out_of_gas && arbos < FLUSH_OUT_OF_GAS_BURNS {
            return Err(Escape::Failed(Failure::FlushOutOfGas));
        }
        if arbos >= CHARGING_FIXES {
            self.buy_gas(Gas(answer.gas_cost))?;
        }
        match answer.reply {
            Reply::Done => Ok(None),
            Reply::Refused(Refusal::OutOfGas) => Err(self.out_of_ink()),
            Reply::Refused(Refusal::WriteProtection) => Err(self.write_protection()),
            _ => Err(self.wrong_answer("Done", &answer)),
        }
    }

    pub(super) fn transient_load(&mut self, key: u32, dest: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 2 * prices::PTR + prices::EVM_API)?;
        self.buy_gas(prices::TRANSIENT_GAS)?;
        let key = self.given_bytes32(key)?;
        Ok(Flow::Ask(
            Request::TransientLoad { key },
            Pending::Word { dest },
        ))
    }

    pub(super) fn transient_store(&mut self, key: u32, value: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 2 * prices::PTR + prices::EVM_API)?;
        self.buy_gas(prices::TRANSIENT_GAS)?;
        let key = self.given_bytes32(key)?;
        let value = self.given_bytes32(value)?;
        Ok(Flow::Ask(
            Request::TransientStore { key, value },
            Pending::Done,
        ))
    }

    /// Gas of going to the chain for a slot. Before ArbOS 32 the ink figure was taken as gas.
    fn miss_gas(&self) -> Gas {
        if self.frame.ctx.arbos_version < CHARGING_FIXES {
            Gas(prices::EVM_API.0)
        } else {
            self.frame.ink_to_gas(prices::EVM_API)
        }
    }
}
