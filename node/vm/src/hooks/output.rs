//! Arguments, results, return data, logs, growth.

use alloy_primitives::{B256, Bytes, keccak256};

use super::{Call, Escape, Flow, Pending, prices};
use crate::{Failure, Request};

/// First Stylus version in which growth by more than 65 535 pages burns everything; before it,
/// the count is cut to 16 bits.
const WIDE_GROW_BURNS: u16 = 3;

impl Call<'_> {
    pub(super) fn read_args(&mut self, dest: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO)?;
        let calldata = self.frame.ctx.calldata.clone();
        self.pay_for_write(calldata.len())?;
        self.write(dest, &calldata)?;
        self.got(&calldata);
        Ok(Flow::Return(None))
    }

    /// The bytes are read twice: by the machine and by the chain.
    pub(super) fn write_result(&mut self, data: u32, len: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO)?;
        self.pay_for_read(len)?;
        self.pay_for_read(len)?;
        let output = Bytes::copy_from_slice(self.read(data, len)?);
        self.gave(&output);
        self.frame.output = output;
        Ok(Flow::Return(None))
    }

    pub(super) fn read_return_data(
        &mut self,
        dest: u32,
        offset: u32,
        size: u32,
    ) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + prices::EVM_API)?;
        let data = self.frame.return_data.clone();
        let slice = slice_within(&data, offset, size);
        self.pay_for_write(slice.len())?;
        if !slice.is_empty() {
            self.write(dest, slice)?;
        }
        self.gave(&offset.to_be_bytes());
        self.gave(&size.to_be_bytes());
        self.got(slice);
        Ok(Flow::Return(Some(slice.len() as u64)))
    }

    pub(super) fn return_data_size(&mut self) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO)?;
        let len = self.frame.return_data.len();
        self.got(&u32::try_from(len).unwrap_or(u32::MAX).to_be_bytes());
        Ok(Flow::Return(Some(len as u64)))
    }

    pub(super) fn emit_log(&mut self, data: u32, len: u32, topics: u32) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + prices::EVM_API)?;
        let Some(data_len) = len
            .checked_sub(topics.saturating_mul(32))
            .filter(|_| topics <= 4)
        else {
            return Err(Escape::Failed(Failure::BadLog { topics, len }));
        };
        self.pay_for_read(len)?;
        self.buy_gas(prices::log_gas(topics, data_len))?;
        let bytes = Bytes::copy_from_slice(self.read(data, len)?);
        self.gave(&topics.to_be_bytes());
        self.gave(&bytes);
        let (head, tail) = bytes.split_at((topics * 32) as usize);
        let request = Request::EmitLog {
            topics: head.chunks_exact(32).map(B256::from_slice).collect(),
            data: Bytes::copy_from_slice(tail),
        };
        Ok(Flow::Ask(request, Pending::Done))
    }

    pub(super) fn native_keccak256(
        &mut self,
        data: u32,
        len: u32,
        dest: u32,
    ) -> Result<Flow, Escape> {
        self.buy_ink(prices::keccak(len))?;
        let preimage = self.read(data, len)?;
        let hash = keccak256(preimage);
        let recorded = self.frame.ctx.records_preimages;
        let recorded = recorded.then(|| Bytes::copy_from_slice(preimage));
        if self.frame.ctx.trace {
            let preimage = preimage.to_vec();
            self.gave(&preimage);
        }
        self.frame
            .preimages
            .extend(recorded.map(|preimage| (hash, preimage)));
        self.write(dest, hash.as_slice())?;
        self.got(hash.as_slice());
        Ok(Flow::Return(None))
    }

    pub(super) fn pay_for_memory_grow(&mut self, pages: u32) -> Result<Flow, Escape> {
        if pages > u32::from(u16::MAX) && self.frame.stylus_version >= WIDE_GROW_BURNS {
            return Err(self.out_of_ink());
        }
        let pages = (pages & u32::from(u16::MAX)) as u16;
        self.gave(&pages.to_be_bytes());
        if pages == 0 {
            self.buy_ink(prices::HOSTIO)?;
            return Ok(Flow::Return(None));
        }
        Ok(Flow::Ask(Request::AddPages { pages }, Pending::Done))
    }
}

/// The part of `data` from `offset`, at most `size` bytes.
pub(super) fn slice_within(data: &[u8], offset: u32, size: u32) -> &[u8] {
    let start = (offset as usize).min(data.len());
    let end = start.saturating_add(size as usize).min(data.len());
    data.get(start..end).unwrap_or_default()
}
