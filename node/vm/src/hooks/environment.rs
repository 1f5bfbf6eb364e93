//! Facts of the block, the message and the transaction.

use alloy_primitives::U256;

use super::{Call, Escape, Flow, Hook, prices};
use crate::signature::Kind;

impl Call<'_> {
    /// Functions with a pointer write through it; the others return a number.
    pub(super) fn environment(&mut self, dest: u32) -> Result<Flow, Escape> {
        if self.hook.signature().result.is_some() {
            return self.number();
        }
        self.buy_ink(prices::HOSTIO + prices::PTR)?;
        let ctx = &self.frame.ctx;
        let (address, word) = match self.hook {
            Hook::BlockBasefee => (None, ctx.block_basefee),
            Hook::MsgValue => (None, ctx.msg_value),
            Hook::TxGasPrice => (None, ctx.tx_gas_price),
            Hook::BlockCoinbase => (Some(ctx.block_coinbase), U256::ZERO),
            Hook::ContractAddress => (Some(ctx.contract_address), U256::ZERO),
            Hook::MsgSender => (Some(ctx.msg_sender), U256::ZERO),
            Hook::TxOrigin => (Some(ctx.tx_origin), U256::ZERO),
            _ => return Ok(Flow::Return(None)),
        };
        let word = word.to_be_bytes::<32>();
        let bytes = address.as_ref().map_or(word.as_slice(), |a| a.as_slice());
        self.write(dest, bytes)?;
        self.got(bytes);
        Ok(Flow::Return(None))
    }

    fn number(&mut self) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO)?;
        let ctx = &self.frame.ctx;
        let number = match self.hook {
            Hook::EvmGasLeft => self.gas_left().0,
            Hook::EvmInkLeft => self.guest.ink_left().0,
            Hook::ChainId => ctx.chain_id,
            Hook::BlockGasLimit => ctx.block_gas_limit,
            Hook::BlockNumber => ctx.block_number,
            Hook::BlockTimestamp => ctx.block_timestamp,
            Hook::MsgReentrant => u64::from(ctx.reentrant),
            Hook::TxInkPrice => u64::from(ctx.ink_price),
            _ => 0,
        };
        let bytes = number.to_be_bytes();
        // The two i32 results are four bytes long.
        let narrow = self.hook.signature().result == Some(Kind::I32);
        self.got(
            bytes
                .get(if narrow { 4.. } else { 0.. })
                .unwrap_or_default(),
        );
        Ok(Flow::Return(Some(number)))
    }
}
