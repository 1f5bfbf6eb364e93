//! Calls and creations.

use alloy_primitives::{Bytes, U256};

use super::{Args, Call, Escape, Flow, Pending, prices};
use crate::units::Gas;
use crate::{Answer, CallKind, CallRequest, Failure, Refusal, Reply, Request};

/// Status a program sees when a call failed, for whatever reason.
const FAILED: u8 = 2;

impl Call<'_> {
    pub(super) fn call_contract(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        let (to, data, len) = (args.u32(0), args.u32(1), args.u32(2));
        self.message(
            CallKind::Call,
            to,
            data,
            len,
            Some(args.u32(3)),
            args.u64(4),
            args.u32(5),
        )
    }

    pub(super) fn delegate_call(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        let (to, data, len) = (args.u32(0), args.u32(1), args.u32(2));
        self.message(
            CallKind::Delegate,
            to,
            data,
            len,
            None,
            args.u64(3),
            args.u32(4),
        )
    }

    pub(super) fn static_call(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        let (to, data, len) = (args.u32(0), args.u32(1), args.u32(2));
        self.message(
            CallKind::Static,
            to,
            data,
            len,
            None,
            args.u64(3),
            args.u32(4),
        )
    }

    #[expect(clippy::too_many_arguments, reason = "the host function has as many")]
    fn message(
        &mut self,
        kind: CallKind,
        to: u32,
        data: u32,
        len: u32,
        value: Option<u32>,
        gas: u64,
        return_len: u32,
    ) -> Result<Flow, Escape> {
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

    pub(super) fn create1(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 3 * prices::PTR + prices::EVM_API)?;
        let (address, revert_len) = (args.u32(3), args.u32(4));
        self.create(
            args,
            None,
            Pending::Create {
                address,
                revert_len,
            },
        )
    }

    pub(super) fn create2(&mut self, args: &Args<'_>) -> Result<Flow, Escape> {
        self.buy_ink(prices::HOSTIO + 4 * prices::PTR + prices::EVM_API)?;
        let (address, revert_len) = (args.u32(4), args.u32(5));
        self.create(
            args,
            Some(args.u32(3)),
            Pending::Create {
                address,
                revert_len,
            },
        )
    }

    fn create(
        &mut self,
        args: &Args<'_>,
        salt: Option<u32>,
        pending: Pending,
    ) -> Result<Flow, Escape> {
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
