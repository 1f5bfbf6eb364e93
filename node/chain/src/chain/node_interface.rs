//! NodeInterface (0xc8) and NodeInterfaceDebug (0xc9): no chain has contracts there, but Nitro's RPC answers
//! calls of them and estimates for them. Contracts and transactions find empty accounts.

use super::{
    Chain,
    outbox_proof::MessageTree,
    posting::{MessageFields, MessagePurpose},
};
use crate::{
    BlockId, CallOutcome, CallRequest, ChainError, Halt, Overrides,
    arbos::{LAYOUT, STATE},
};
use alloy_primitives::{Address, B256, Bytes, U256};
use alloy_sol_types::{SolCall, SolEvent, sol};

sol! {
    interface NodeInterface {
        function nitroGenesisBlock() external pure returns (uint256);
        function blockL1Num(uint64 number) external view returns (uint64);
        function l2BlockRangeForL1(uint64 number) external view returns (uint64 first, uint64 last);
        function findBatchContainingBlock(uint64 number) external view returns (uint64);
        function getL1Confirmations(bytes32 hash) external view returns (uint64);
        function constructOutboxProof(uint64 size, uint64 leaf) external view returns (bytes32 send, bytes32 root, bytes32[] memory proof);
        function legacyLookupMessageBatchProof(uint256 batch, uint64 index) external view returns (bytes32[] memory, uint256, address, address, uint256, uint256, uint256, uint256, bytes memory);
        function estimateRetryableTicket(address sender, uint256 deposit, address to, uint256 value, address excessFeeRefund, address callValueRefund, bytes calldata data) external;
        function gasEstimateComponents(address to, bool creates, bytes calldata data) external payable returns (uint64 gas, uint64 gasForL1, uint256 baseFee, uint256 l1BaseFee);
        function gasEstimateL1Component(address to, bool creates, bytes calldata data) external payable returns (uint64 gasForL1, uint256 baseFee, uint256 l1BaseFee);
    }
    interface NodeInterfaceDebug {
        function getRetryable(bytes32 ticket) external view;
    }
    event L2ToL1Tx(address caller, address indexed destination, uint256 indexed hash, uint256 indexed position, uint256 arbBlockNum, uint256 ethBlockNum, uint256 timestamp, uint256 callvalue, bytes data);
}
use NodeInterface::*;
use NodeInterfaceDebug::getRetryableCall;

const NODE_INTERFACE: Address = Address::with_last_byte(0xc8);
const NODE_INTERFACE_DEBUG: Address = Address::with_last_byte(0xc9);
/// The precompile that reports messages to L1.
const ARB_SYS: Address = Address::with_last_byte(0x64);
/// Gas of a read of ArbOS' state, and of a word of arguments or results.
const READ: u64 = 800;
const WORD: u64 = 3;
const NO_L1: &str = "this local chain has no L1";

/// The result of a method, and the gas it took.
pub(super) struct Answer {
    output: Bytes,
    pub(super) gas: u64,
}

/// A result, or why there is none.
type Answered = Result<Answer, String>;

impl From<Answered> for CallOutcome {
    fn from(answered: Answered) -> Self {
        let (success, output, gas_used, halt) = match answered {
            Ok(answer) => (true, answer.output, answer.gas, None),
            Err(reason) => {
                let halt = Halt(format!("execution reverted: {reason}"));
                (false, Bytes::new(), 0, Some(halt))
            }
        };
        Self {
            success,
            output,
            gas_used,
            halt,
            logs: Vec::new(),
            created: None,
            note: None,
            refusal: None,
            console: Vec::new(),
        }
    }
}

/// The call that is asked about.
fn inner(request: &CallRequest, (to, creates, input): (Address, bool, Bytes)) -> CallRequest {
    CallRequest {
        to: (!creates).then_some(to),
        input,
        access_list: None,
        ..request.clone()
    }
}

/// A method's arguments.
fn arguments<C: SolCall>(data: &[u8]) -> Result<C, String> {
    C::abi_decode_raw_validate(data).map_err(|error| error.to_string())
}

/// A method's answer, after so many reads of ArbOS' state.
fn answer<C: SolCall>(data: &[u8], reads: u64, result: &C::Return) -> Answered {
    let output = C::abi_encode_returns(result);
    let words = data.len().div_ceil(32) + output.len().div_ceil(32);
    Ok(Answer {
        output: output.into(),
        gas: READ * reads + WORD * words as u64,
    })
}

impl Chain {
    /// Answers a call of NodeInterface; `None` where another account is called.
    ///
    /// # Errors
    /// [`ChainError::UnknownBlock`].
    pub(super) fn node_interface(
        &self,
        request: &CallRequest,
        id: BlockId,
    ) -> Result<Option<Answered>, ChainError> {
        let to = request.to.unwrap_or_default();
        let is_debug = to == NODE_INTERFACE_DEBUG;
        if to != NODE_INTERFACE && !is_debug {
            return Ok(None);
        }
        let view = self.view(id, None)?;
        let price = |slot: U256| view.slot(STATE, slot);
        let (base_fee, l1_base_fee) = (price(LAYOUT.l2_base_fee), price(LAYOUT.l1_price_per_unit));
        let selector = request.input.first_chunk::<4>().copied();
        let data = request.input.get(4..).unwrap_or_default();
        let refuse = |reason: &str| Err(reason.to_owned());
        Ok(Some(match (is_debug, selector.unwrap_or_default()) {
            (true, getRetryableCall::SELECTOR) => refuse("there are no retryable tickets"),
            (false, nitroGenesisBlockCall::SELECTOR) => {
                answer::<nitroGenesisBlockCall>(data, 0, &U256::ZERO)
            }
            (false, blockL1NumCall::SELECTOR) => self.block_l1_num(data),
            (false, l2BlockRangeForL1Call::SELECTOR) => self.block_range(data),
            (false, constructOutboxProofCall::SELECTOR) => self.outbox_proof(data),
            (false, gasEstimateL1ComponentCall::SELECTOR) => {
                arguments::<gasEstimateL1ComponentCall>(data).and_then(|asked| {
                    let inner = inner(request, (asked.to, asked.creates, asked.data));
                    let for_l1 = self.posting_component(&view, &inner, base_fee);
                    let parts = (for_l1, base_fee, l1_base_fee).into();
                    answer::<gasEstimateL1ComponentCall>(data, 5, &parts)
                })
            }
            (false, gasEstimateComponentsCall::SELECTOR) => {
                self.estimated(request, data, id).and_then(|(inner, gas)| {
                    let message = MessageFields::new(&inner, 0);
                    let purpose = MessagePurpose::Estimate;
                    let posting = self.posting_of_message(&view, &message, base_fee, purpose);
                    let for_l1 = posting.gas;
                    let parts = (gas, for_l1, base_fee, l1_base_fee).into();
                    answer::<gasEstimateComponentsCall>(data, 6, &parts)
                })
            }
            (
                false,
                findBatchContainingBlockCall::SELECTOR
                | getL1ConfirmationsCall::SELECTOR
                | legacyLookupMessageBatchProofCall::SELECTOR
                | estimateRetryableTicketCall::SELECTOR,
            ) => refuse(NO_L1),
            _ => refuse("NodeInterface has no such method"),
        }))
    }

    fn block_l1_num(&self, data: &[u8]) -> Answered {
        let number = arguments::<blockL1NumCall>(data)?.number;
        let block = self.ledger.block(number);
        let block = block.ok_or_else(|| format!("block {number} is not known"))?;
        answer::<blockL1NumCall>(data, 1, &block.l1_block_number)
    }

    /// The blocks that were made while an L1 block was the newest one; L1 never goes back.
    fn block_range(&self, data: &[u8]) -> Answered {
        let wanted = arguments::<l2BlockRangeForL1Call>(data)?.number;
        let l1 = |number| self.ledger.block(number).map(|block| block.l1_block_number);
        let first_with = |is_there: &dyn Fn(u64) -> bool| {
            let (mut low, mut high) = (self.ledger.first(), self.ledger.head() + 1);
            while low < high {
                let middle = low + (high - low) / 2;
                if l1(middle).is_some_and(is_there) {
                    high = middle
                } else {
                    low = middle + 1
                }
            }
            low
        };
        let first = first_with(&|number| number >= wanted);
        let after = first_with(&|number| number > wanted);
        if first == after {
            return Err(format!("no block was made at block {wanted} of L1"));
        }
        answer::<l2BlockRangeForL1Call>(data, 1, &(first, after - 1).into())
    }

    /// The hashes beside the way from a message to the root of so many messages.
    fn outbox_proof(&self, data: &[u8]) -> Answered {
        let asked = arguments::<constructOutboxProofCall>(data)?;
        let tree = MessageTree {
            sent: self.messages(),
        };
        let proof = tree.prove(asked.size, asked.leaf)?;
        answer::<constructOutboxProofCall>(data, 1, &(proof.send, proof.root, proof.hashes).into())
    }

    /// The hashes of all messages to L1, in their order.
    fn messages(&self) -> Vec<B256> {
        let blocks = self.ledger.blocks();
        let receipts = blocks.flat_map(|block| &block.receipts);
        let logs = receipts.flat_map(|receipt| &receipt.logs);
        let sent = logs.filter(|log| {
            log.address == ARB_SYS && log.topics().first() == Some(&L2ToL1Tx::SIGNATURE_HASH)
        });
        sent.filter_map(|log| log.topics().get(2).copied())
            .collect()
    }

    /// The estimate of what is asked about, for the same sender and value.
    fn estimated(
        &self,
        request: &CallRequest,
        data: &[u8],
        id: BlockId,
    ) -> Result<(CallRequest, u64), String> {
        let asked = arguments::<gasEstimateComponentsCall>(data)?;
        if [NODE_INTERFACE, NODE_INTERFACE_DEBUG].contains(&asked.to) {
            return Err("cannot estimate virtual contract".into());
        }
        let inner = inner(request, (asked.to, asked.creates, asked.data));
        let estimate = self.estimate_gas(inner.clone(), id, &Overrides::default());
        let estimate = estimate.map_err(|error| error.to_string())?;
        Ok((inner, estimate))
    }
}
