//! Answers of an endpoint about the state after a block of a known number. A connection lives for one command,
//! and nothing about one block is asked for twice in it, also not at the same time. What a contract refuses is an answer
//! too; what an endpoint refuses is asked for again.

use alloy::primitives::Address;
use alloy::rpc::json_rpc::{
    RequestPacket, Response, ResponsePacket, ResponsePayload, SerializedRequest,
};
use alloy::transports::TransportError;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Methods that read the state after a block, and where among their parameters the block is.
const READS: [(&str, usize); 5] = [
    ("eth_call", 1),
    ("eth_getBalance", 1),
    ("eth_getCode", 1),
    ("eth_getStorageAt", 2),
    ("eth_getTransactionCount", 1),
];
/// JSON-RPC's code for a revert.
const REVERTED: i64 = 3;

/// A method with its parameters.
type Question = (String, String);
/// The answer of an endpoint, or why there is none.
type Answered = Result<ResponsePacket, TransportError>;

/// Answers by what was asked.
#[derive(Default)]
pub(super) struct Memory(Mutex<HashMap<Question, Arc<OnceCell<ResponsePayload>>>>);

impl Memory {
    /// Returns what was answered before, or else what is answered now.
    pub(super) async fn answer(
        &self,
        request: RequestPacket,
        ask: impl AsyncFnOnce(RequestPacket) -> Answered,
    ) -> Answered {
        let asked = request
            .as_single()
            .and_then(|one| Some((one.id().clone(), question(one)?)));
        let Some((id, question)) = asked else {
            return ask(request).await;
        };
        let cell = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.entry(question).or_default().clone()
        };
        let kept = cell.get_or_try_init(async || match ask(request).await {
            Ok(ResponsePacket::Single(answer)) if stays(&answer.payload) => Ok(answer.payload),
            other => Err(other),
        });
        match kept.await {
            Ok(payload) => {
                let payload = payload.clone();
                Ok(ResponsePacket::Single(Response { id, payload }))
            }
            Err(other) => other,
        }
    }
}

impl Memory {
    /// The accounts of which a command has read the code.
    pub(super) fn accounts(&self) -> BTreeSet<Address> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let questions = all.keys();
        let of_account = |(method, text): &Question| {
            let is_code = method == "eth_getCode";
            let parameters: Vec<Value> = serde_json::from_str(text).ok().filter(|_| is_code)?;
            parameters.first()?.as_str()?.parse().ok()
        };
        questions.filter_map(of_account).collect()
    }
}

/// Returns true if an answer stays as it is.
fn stays(answer: &ResponsePayload) -> bool {
    match answer {
        ResponsePayload::Success(result) => result.get() != "null",
        ResponsePayload::Failure(error) => error.code == REVERTED,
    }
}

/// The question, if it is one about the state after a block that it names by number or hash.
fn question(request: &SerializedRequest) -> Option<Question> {
    let method = request.method();
    let (_, at) = READS.iter().find(|(name, _)| *name == method)?;
    let text = request.params()?.get();
    let parameters: Vec<&RawValue> = serde_json::from_str(text).ok()?;
    let block = parameters.get(*at)?.get();
    let is_named = block.starts_with("\"0x") || block.starts_with('{');
    is_named.then(|| (method.to_owned(), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy::rpc::json_rpc::Request;
    use futures::executor::block_on;
    use serde_json::json;

    /// Returns true if the endpoint is asked.
    fn asked(memory: &Memory, method: &'static str, parameters: Value, answer: Value) -> bool {
        let request = Request::new(method, 7.into(), parameters);
        let request = RequestPacket::Single(request.try_into().expect("JSON"));
        let mut is_asked = false;
        let mut whole = answer;
        (whole["jsonrpc"], whole["id"]) = (json!("2.0"), json!(7));
        let answered = block_on(memory.answer(request, async |_| {
            is_asked = true;
            Ok(serde_json::from_value(whole).expect("an answer"))
        }));
        let answered = answered.expect("an answer");
        assert_eq!(answered.as_single().expect("one").id, 7.into());
        is_asked
    }

    #[test]
    fn what_was_read_of_a_block_is_known_and_what_may_change_is_asked_again() {
        let memory = Memory::default();
        let code = |block: &str| {
            let parameters = json!(["0x01", block]);
            asked(
                &memory,
                "eth_getCode",
                parameters,
                json!({"result": "0xaa"}),
            )
        };
        assert!(code("0x5") && code("0x6") && !code("0x5"));
        assert!(code("latest") && code("latest"));
        let call = |answer: Value| {
            let parameters = json!([{"to": "0x01"}, "0x5"]);
            asked(&memory, "eth_call", parameters, answer)
        };
        let error = |code: i64| json!({"error": {"code": code, "message": "no"}});
        assert!(call(error(-32_000)) && call(error(-32_000)));
        assert!(call(error(3)) && !call(error(3)), "a revert is an answer");
        let account = Address::repeat_byte(7);
        asked(
            &memory,
            "eth_getCode",
            json!([account, "0x5"]),
            json!({"result": "0x"}),
        );
        assert_eq!(memory.accounts(), BTreeSet::from([account]));
        let receipt = || {
            let answer = json!({"result": {}});
            asked(
                &memory,
                "eth_getTransactionReceipt",
                json!(["0x01"]),
                answer,
            )
        };
        assert!(receipt() && receipt());
    }
}
