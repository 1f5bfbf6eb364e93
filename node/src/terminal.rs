//! Lines that an author looks for in the terminal: console lines, and what became of each transaction, as anvil
//! prints it. The process prints these lines on stdout; inside another process they go to the listeners of
//! [`TARGET`].

use std::fmt::Write as _;

use stylus_chain::{Block, BlockId, Chain, Receipt};

use crate::rpc_error::revert_message;

/// The target of these lines, which are events of [`tracing`] with one text each.
pub(crate) const TARGET: &str = "stylus_devnode::terminal";

fn is_read() -> bool {
    tracing::enabled!(target: TARGET, tracing::Level::INFO)
}

fn print(text: &str) {
    tracing::info!(target: TARGET, "{text}");
}

/// Prints the results of a block's transactions.
pub(crate) fn block(chain: &Chain, number: u64) {
    if is_read()
        && let Some(block) = chain.block(BlockId::number(number))
    {
        print(&told(&block));
    }
}

/// Prints the lines that a call wrote to the console.
pub(crate) fn console(lines: &[String]) {
    if !lines.is_empty() && is_read() {
        print(&lines_of(lines));
    }
}

/// Prints a note for the caller of a request that was taken.
pub(crate) fn note(text: &str) {
    if is_read() {
        print(&format!("\n    Note: {}\n\n", shown(text)));
    }
}

/// A transaction that was not taken, and why.
pub(crate) fn refused(why: &str) {
    if is_read() {
        print(&format!("\n    Refused: {}\n\n", shown(why)));
    }
}

fn told(block: &Block) -> String {
    let mut text = String::new();
    for receipt in &block.receipts {
        text.push_str(&lines_of(&receipt.console));
        outcome(receipt, &mut text);
    }
    let (number, hash) = (block.header.number, block.hash);
    let time = block.header.timestamp;
    let _ = write!(
        text,
        "\n    Block Number: {number}\n    Block Hash: {hash}\n    Block Time: {time}\n\n"
    );
    text
}

fn outcome(receipt: &Receipt, text: &mut String) {
    let _ = write!(text, "\n    Transaction: {}\n", receipt.transaction_hash);
    if let Some(contract) = receipt.contract_address.filter(|_| receipt.success) {
        let _ = writeln!(text, "    Contract created: {contract}");
    }
    let _ = writeln!(text, "    Gas used: {}", receipt.gas_used);
    if !receipt.success {
        let _ = writeln!(text, "    Error: {}", shown(&reason(receipt)));
    }
}

/// Returns the reason why a transaction failed. An error that is not known is shown by its selector and data.
fn reason(receipt: &Receipt) -> String {
    if let Some(halt) = &receipt.halt {
        return halt.to_string();
    }
    let words = revert_message(&receipt.output, receipt.note.as_deref());
    if receipt.output.is_empty() || words.contains(':') {
        words
    } else {
        format!("{words}: an unknown error, {}", receipt.output)
    }
}

fn lines_of(lines: &[String]) -> String {
    lines
        .iter()
        .map(|line| format!("{}\n", shown(line)))
        .collect()
}

/// Most characters of a text from a contract.
const MAX_SHOWN: usize = 4_096;

/// A text from a contract. It may not move the cursor, or look like one of ours: control characters and those that turn the
/// direction of writing are escaped.
fn shown(text: &str) -> String {
    let mut shown = String::new();
    for character in text.chars().take(MAX_SHOWN) {
        let is_plain = character == '\t'
            || !(character.is_control()
                || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'));
        if is_plain {
            shown.push(character)
        } else {
            shown.extend(character.escape_unicode())
        }
    }
    shown
}
