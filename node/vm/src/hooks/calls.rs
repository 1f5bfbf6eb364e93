//! Calls and creations.

use alloy_primitives::{Bytes, U256};

use super::{Args, Call, Escape, Flow, Pending, prices};
use crate::units::Gas;
use crate::{Answer, CallKind, CallRequest, Failure, Refusal, Reply, Request};

/// Status that a program sees when a call failed, for any reason.
const FAILED: u8 = 2;

impl Call<'_> {
    /// Contract, calldata and its length, the value of a call, gas, and where the length of what is
    /// returned goes.
    pub(super) fn message(&mut self, kind: CallKind, args: &Args<'_>) -> Result<Flow, Escape> {
        let (to, data, len) = (args.u32(0), args.u32(1), args.u32(2));
        let value = (kind == CallKind::Call).then(|| args.u32(3));
        let next = if value.is_some() { 4 } else { 3 };
        let (gas, return_len) = (args.u64(next), args.u32(next + 1));
        self.buy_ink(prices::HOSTIO + 3 * prices::PTR + prices::EVM_API)?;
        self.pay_for_read(len)?;
        self.pay_for_read(len)?;
        let Gas(gas_left) = self.gas_left();
        let to = self.read_address(to)?;
        let data = Bytes::copy_from_slice(self.read(data, len)?);
        let value = value.map_or(Ok(U256::ZERO), |value| self.read_u256(value))?;
        let gas_requested = gas.min(gas_left);
        self.gave(to.as_slice());
        self.gave(&gas.to_be_bytes());
        if kind == CallKind::Call {
            self.gave(&value.to_be_bytes::<32>());
        }
        self.gave(&data);
        let request = CallRequest {
            kind,
            to,
            data,
            value,
            gas_left,
            gas_requested,
        };
        Ok(Flow::Ask(
            Request::Call(request),
            Pending::Call { return_len },
        ))
    }

    pub(super) fn called(
        &mut self,
        return_len: u32,
        answer: Answer,
    ) -> Result<Option<u64>, Escape> {
        let Reply::Called { success, data } = answer.reply else {
            return Err(self.wrong_answer("Called", &answer));
        };
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        self.frame.return_data = data;
        self.buy_gas(Gas(answer.gas_cost))?;
        self.write_u32(return_len, len)?;
        let status = if success { 0 } else { FAILED };
        self.got(&len.to_be_bytes());
        self.got(&[status]);
        Ok(Some(status.into()))
    }

    /// Init code and its length, endowment, the salt of CREATE2, and where the address and the length of
    /// what a revert gives go.
    pub(super) fn create(&mut self, args: &Args<'_>, salted: bool) -> Result<Flow, Escape> {
        let salt = salted.then(|| args.u32(3));
        let (pointers, next) = if salted { (4, 4) } else { (3, 3) };
        self.buy_ink(prices::HOSTIO + pointers * prices::PTR + prices::EVM_API)?;
        let (code, len) = (args.u32(0), args.u32(1));
        self.pay_for_read(len)?;
        self.pay_for_read(len)?;
        let code = Bytes::copy_from_slice(self.read(code, len)?);
        let endowment = self.read_u256(args.u32(2))?;
        let salt = salt.map(|salt| self.read_bytes32(salt)).transpose()?;
        self.gave(&endowment.to_be_bytes::<32>());
        if let Some(salt) = salt {
            self.gave(salt.as_slice());
        }
        self.gave(&code);
        let request = Request::Create {
            code,
            endowment,
            salt,
            gas_left: self.gas_left().0,
        };
        let (address, revert_len) = (args.u32(next), args.u32(next + 1));
        let pending = Pending::Create {
            address,
            revert_len,
        };
        Ok(Flow::Ask(request, pending))
    }

    /// A refusal ends the program without taking the request's gas.
    pub(super) fn created(
        &mut self,
        address: u32,
        revert_len: u32,
        answer: Answer,
    ) -> Result<Option<u64>, Escape> {
        let hook = self.hook.name();
        match answer.reply {
            Reply::Created {
                address: created,
                data,
            } => {
                let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
                self.frame.return_data = data;
                self.buy_gas(Gas(answer.gas_cost))?;
                self.write_u32(revert_len, len)?;
                self.write(address, created.as_slice())?;
                self.got(created.as_slice());
                self.got(&len.to_be_bytes());
                Ok(None)
            }
            Reply::Refused(Refusal::WriteProtection) => Err(self.write_protection()),
            Reply::Refused(Refusal::OutOfGas) => {
                Err(Escape::Failed(Failure::CreateOutOfGas { hook }))
            }
            _ => Err(self.wrong_answer("Created", &answer)),
        }
    }
}
