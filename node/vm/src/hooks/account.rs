//! Other accounts: balance, code, code hash.

use alloy_primitives::{Address, Bytes};

use super::output::slice_within;
use super::{Call, CodeSlice, Escape, Flow, Pending, prices};
use crate::units::Gas;
use crate::{Answer, Reply, Request};

/// First ArbOS version that forgets empty code at once.
const EMPTY_CODE_FORGOTTEN: u64 = 40;

impl Call<'_> {
    /// A word of an account: its balance or its code hash.
    pub(super) fn account_word(
        &mut self,
        address: u32,
        request: impl FnOnce(Address) -> Request,
        dest: u32,
    ) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 2 * prices::PTR + prices::EVM_API)?;
        self.require_gas(prices::COLD_ACCOUNT_GAS)?;
        let address = self.given_address(address)?;
        Ok(Flow::Ask(request(address), Pending::Word { dest }))
    }

    /// Code, or only its size. The last code read is remembered for the frame.
    pub(super) fn account_code(
        &mut self,
        address: u32,
        slice: Option<CodeSlice>,
    ) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + prices::EVM_API)?;
        self.require_gas(prices::COLD_ACCOUNT_GAS)?;
        let address = self.given_address(address)?;
        if let Some(slice) = slice {
            self.gave(&slice.offset.to_be_bytes());
            self.gave(&slice.size.to_be_bytes());
        }
        if let Some((last, code)) = &self.frame.last_code
            && *last == address
        {
            let code = code.clone();
            return Ok(Flow::Return(self.give_code(&code, slice)?));
        }
        let request = Request::AccountCode {
            address,
            gas_left: self.gas_left().0,
        };
        Ok(Flow::Ask(request, Pending::Code { address, slice }))
    }

    pub(super) fn code_loaded(
        &mut self,
        address: Address,
        slice: Option<CodeSlice>,
        answer: Answer,
    ) -> Result<Option<u64>, Escape> {
        let Reply::Bytes(code) = answer.reply else {
            return Err(self.wrong_answer("Bytes", &answer));
        };
        if !code.is_empty() || self.frame.ctx.arbos_version < EMPTY_CODE_FORGOTTEN {
            self.frame.last_code = Some((address, code.clone()));
        }
        self.buy_gas(Gas(answer.gas_cost))?;
        self.give_code(&code, slice)
    }

    /// Writing is charged by the full length of the code.
    fn give_code(&mut self, code: &Bytes, slice: Option<CodeSlice>) -> Result<Option<u64>, Escape> {
        let Some(CodeSlice { offset, size, dest }) = slice else {
            self.got(&u32::try_from(code.len()).unwrap_or(u32::MAX).to_be_bytes());
            return Ok(Some(code.len() as u64));
        };
        self.pay_for_write(code.len())?;
        let part = slice_within(code, offset, size);
        self.write(dest, part)?;
        self.got(part);
        Ok(Some(part.len() as u64))
    }
}
