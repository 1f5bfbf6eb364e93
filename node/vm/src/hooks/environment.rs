//! What the block, the message and the transaction say.

use super::{Call, Escape, Flow, Hook, prices};

impl Call<'_> {
    /// Functions with a pointer write through it; the others return a number.
    pub(super) fn environment(&mut self, dest: u32) -> Result<Flow, Escape> {
        if self.hook.signature().result.is_some() {
            return self.number();
        }
        self.buy_ink(prices::HOSTIO + prices::PTR)?;
        let ctx = &self.frame.ctx;
        match self.hook {
            Hook::BlockBasefee => self.write_u256(dest, ctx.block_basefee),
            Hook::BlockCoinbase => self.write(dest, ctx.block_coinbase.into_array().as_slice()),
            Hook::ContractAddress => self.write(dest, ctx.contract_address.into_array().as_slice()),
            Hook::MsgSender => self.write(dest, ctx.msg_sender.into_array().as_slice()),
            Hook::MsgValue => self.write_u256(dest, ctx.msg_value),
            Hook::TxGasPrice => self.write_u256(dest, ctx.tx_gas_price),
            Hook::TxOrigin => self.write(dest, ctx.tx_origin.into_array().as_slice()),
            _ => Ok(()),
        }?;
        Ok(Flow::Return(None))
    }

    fn number(&mut self) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO)?;
        let ctx = &self.frame.ctx;
        Ok(Flow::Return(Some(match self.hook {
            Hook::EvmGasLeft => self.gas_left(),
            Hook::EvmInkLeft => self.guest.ink_left(),
            Hook::ChainId => ctx.chain_id,
            Hook::BlockGasLimit => ctx.block_gas_limit,
            Hook::BlockNumber => ctx.block_number,
            Hook::BlockTimestamp => ctx.block_timestamp,
            Hook::MsgReentrant => u64::from(ctx.reentrant),
            Hook::TxInkPrice => u64::from(ctx.ink_price),
            _ => 0,
        })))
    }
}
