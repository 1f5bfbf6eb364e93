//! Opcodes that behave differently on Arbitrum.

use crate::{session::Ctx, stylus::is_stylus_code};
use alloy_primitives::Address;
use revm::{
    bytecode::opcode,
    context::{ContextTr, JournalTr},
    handler::instructions::EthInstructions,
    interpreter::{
        InstructionContext, InstructionResult, instructions::Instruction, instructions::block_info,
        instructions::host, interpreter::EthInterpreter, interpreter_types::InputsTr,
    },
    primitives::hardfork::SpecId,
};

type Result = core::result::Result<(), InstructionResult>;

/// The instruction table of a spec with Arbitrum's changes. GASPRICE is the base fee, because tips are not collected.
pub(crate) fn table<'a>(spec: SpecId) -> EthInstructions<EthInterpreter, Ctx<'a>> {
    let mut table = EthInstructions::new_mainnet_with_spec(spec);
    table.insert_instruction(opcode::BLOBBASEFEE, Instruction::new(no_blobs), 0);
    table.insert_instruction(opcode::GASPRICE, Instruction::new(block_info::basefee), 2);
    table.insert_instruction(opcode::SELFDESTRUCT, Instruction::new(selfdestruct), 5_000);
    table
}

/// Arbitrum has no blobs: the frame is aborted.
fn no_blobs(_: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> Result {
    Err(InstructionResult::OpcodeNotFound)
}

/// Refused, as a revert, where the acting account has Stylus code; its gas is charged before that.
fn selfdestruct(context: InstructionContext<'_, Ctx<'_>, EthInterpreter>) -> Result {
    let acting = context.interpreter.input.target_address();
    let version = context.host.chain().arbos_version;
    let code = context
        .host
        .journal_mut()
        .code(acting)
        .map(|code| code.data)
        .unwrap_or_default();
    let is_refused = is_stylus_code(&code, version);
    let stack = context.interpreter.stack.data();
    let receiver = stack.last().map(|word| Address::from_word((*word).into()));
    let Ok(account) = context.host.journal_mut().load_account(acting);
    let balance = account.info.balance;
    let InstructionContext { interpreter, host } = context;
    let again = InstructionContext {
        interpreter,
        host: &mut *host,
    };
    match host::selfdestruct(again) {
        // What it did before it is refused is undone with its frame.
        Err(InstructionResult::SelfDestruct) if is_refused => Err(InstructionResult::Revert),
        end => {
            if let (Err(InstructionResult::SelfDestruct), Some(tracer), Some(receiver)) =
                (end, &mut host.chain.tracer, receiver)
            {
                tracer.logged(host.journaled_state.logs());
                tracer.destroyed(acting, receiver, balance);
            }
            end
        }
    }
}
