//! The reasons why a transaction is not traced.

use crate::client::{ChainError, Client};
use crate::error::{Exit, Refusal};

/// The error for what the endpoint says instead of a trace: it has no methods that trace, or refuses to trace this.
pub(super) fn not_traced(client: &Client, error: ChainError) -> ChainError {
    let ChainError::Rpc(error) = error else {
        return error;
    };
    let (endpoint, said) = (client.endpoint(), error.words());
    let message = format!("{endpoint} does not trace this transaction: {said}");
    let refusal = Refusal::new("NotTraced", message).with(
        "the answer of debug_traceTransaction",
        said,
        "give the --rpc-url of a node with the debug namespace and the state before the transaction: your own \
         archive node with --http.api=net,web3,eth,debug, or a provider's plan that has it",
    );
    refusal.exiting(Exit::Chain).into()
}

/// The error that the endpoint's answer is no call tree.
pub(super) fn unreadable(client: &Client, reason: String) -> ChainError {
    let endpoint = client.endpoint();
    let message = format!("{endpoint} answers with no call tree: {reason}");
    let refusal = Refusal::new("Unreadable", message).with(
        "the answer of callTracer",
        reason,
        "give the --rpc-url of another node",
    );
    refusal.exiting(Exit::Chain).into()
}
