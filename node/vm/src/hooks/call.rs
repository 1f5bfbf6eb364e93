//! Tools of every host function: the meter, the guest's memory, the frame.

use alloy_primitives::{Address, B256, U256};

use super::{Escape, Hook, prices};
use crate::Failure;
use crate::frame::Frame;
use crate::guest::Guest;
use crate::units::{Gas, Ink};

/// One call of a host function.
pub(crate) struct Call<'a> {
    pub(crate) guest: Guest<'a>,
    pub(crate) frame: &'a mut Frame,
    pub(crate) hook: Hook,
}

impl Call<'_> {
    /// Spends ink; when there is not enough, everything is gone.
    pub(crate) fn buy_ink(&mut self, ink: Ink) -> Result<(), Escape> {
        match self.guest.ink_left().checked_sub(ink) {
            Some(left) => {
                self.guest.set_ink_left(left);
                Ok(())
            }
            None => Err(self.out_of_ink()),
        }
    }

    /// Spends gas at the ink price.
    pub(crate) fn buy_gas(&mut self, gas: Gas) -> Result<(), Escape> {
        self.buy_ink(self.frame.gas_to_ink(gas))
    }

    /// Ends the frame unless this much gas is left. Spends nothing.
    pub(crate) fn require_gas(&mut self, gas: Gas) -> Result<(), Escape> {
        if self.guest.ink_left() < self.frame.gas_to_ink(gas) {
            return Err(self.out_of_ink());
        }
        Ok(())
    }

    /// Notes what the program gave, if it is traced.
    pub(crate) fn gave(&mut self, bytes: &[u8]) {
        if self.frame.ctx.trace {
            self.frame.noted.args.extend_from_slice(bytes);
        }
    }

    /// Notes what the program got, if it is traced.
    pub(crate) fn got(&mut self, bytes: &[u8]) {
        if self.frame.ctx.trace {
            self.frame.noted.outs.extend_from_slice(bytes);
        }
    }

    pub(crate) fn out_of_ink(&mut self) -> Escape {
        self.guest.exhaust();
        Escape::OutOfInk
    }

    pub(crate) fn gas_left(&self) -> Gas {
        self.frame.ink_to_gas(self.guest.ink_left())
    }

    pub(crate) fn pay_for_read(&mut self, len: u32) -> Result<(), Escape> {
        self.buy_ink(prices::read(len))
    }

    pub(crate) fn pay_for_write(&mut self, len: usize) -> Result<(), Escape> {
        self.buy_ink(prices::write(len))
    }

    /// A piece of the guest's memory.
    pub(crate) fn read(&self, ptr: u32, len: u32) -> Result<&[u8], Escape> {
        let memory = self.guest.memory();
        let range = self.range(ptr, len as usize, memory.len())?;
        memory
            .get(range)
            .ok_or(Escape::Failed(Failure::MemoryOutOfBounds))
    }

    pub(crate) fn read_bytes32(&self, ptr: u32) -> Result<B256, Escape> {
        Ok(B256::from_slice(self.read(ptr, 32)?))
    }

    pub(crate) fn read_u256(&self, ptr: u32) -> Result<U256, Escape> {
        Ok(U256::from_be_slice(self.read(ptr, 32)?))
    }

    pub(crate) fn read_address(&self, ptr: u32) -> Result<Address, Escape> {
        Ok(Address::from_slice(self.read(ptr, 20)?))
    }

    /// A word that the program gives: read and noted.
    pub(crate) fn given_bytes32(&mut self, ptr: u32) -> Result<B256, Escape> {
        let word = self.read_bytes32(ptr)?;
        self.gave(word.as_slice());
        Ok(word)
    }

    /// The same as a number.
    pub(crate) fn given_u256(&mut self, ptr: u32) -> Result<U256, Escape> {
        Ok(self.given_bytes32(ptr)?.into())
    }

    /// The same for an address.
    pub(crate) fn given_address(&mut self, ptr: u32) -> Result<Address, Escape> {
        let address = self.read_address(ptr)?;
        self.gave(address.as_slice());
        Ok(address)
    }

    /// Writes into the guest's memory.
    pub(crate) fn write(&mut self, ptr: u32, bytes: &[u8]) -> Result<(), Escape> {
        let size = self.guest.memory().len();
        let range = self.range(ptr, bytes.len(), size)?;
        match self.guest.memory_mut().get_mut(range) {
            Some(position) => {
                position.copy_from_slice(bytes);
                Ok(())
            }
            None => Err(Escape::Failed(Failure::MemoryOutOfBounds)),
        }
    }

    pub(crate) fn write_u32(&mut self, ptr: u32, value: u32) -> Result<(), Escape> {
        self.write(ptr, &value.to_le_bytes())
    }

    pub(crate) fn write_u256(&mut self, ptr: u32, value: U256) -> Result<(), Escape> {
        self.write(ptr, &value.to_be_bytes::<32>())
    }

    fn range(&self, ptr: u32, len: usize, size: usize) -> Result<std::ops::Range<usize>, Escape> {
        let start = ptr as usize;
        let end = start.saturating_add(len);
        if end > size {
            return Err(Escape::Failed(Failure::HostMemoryOutOfBounds {
                hook: self.hook.name(),
                offset: start as u64,
                end: end as u64,
                size: size as u64,
            }));
        }
        Ok(start..end)
    }
}
