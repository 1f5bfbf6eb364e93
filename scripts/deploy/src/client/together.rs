//! Questions that come at the same time go to a far endpoint in one request of JSON-RPC, where it takes that. What is sent
//! to the chain always goes alone.

use super::transport::Http;
use super::unanswered::Unanswered;
use alloy::rpc::json_rpc::{
    Id, Request, RequestPacket, Response, ResponsePacket, SerializedRequest,
};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use serde_json::value::RawValue;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tower::Service;

/// How long others are waited for, once there is a question.
const WINDOW: Duration = Duration::from_millis(2);
/// Questions in one request, at most: endpoints have limits, of which Nitro's is 1,000.
const AT_ONCE: usize = 100;
/// What changes the chain.
const SENDS: &str = "eth_send";

type Answered = Result<ResponsePacket, TransportError>;
/// A question, and who waits for the answer; nothing where it has to be asked alone.
type Waiting = (SerializedRequest, oneshot::Sender<Option<Answered>>);

/// The transport of one endpoint, which puts questions together once it is told to.
#[derive(Clone)]
pub(super) struct Together {
    http: Http,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    is_on: AtomicBool,
    waiting: Mutex<Vec<Waiting>>,
}

impl Together {
    pub(super) fn new(http: Http) -> Self {
        let shared = Arc::default();
        Self { http, shared }
    }

    /// Whether questions are put together from now on.
    pub(super) fn switch(&self, on: bool) {
        self.shared.is_on.store(on, Ordering::Relaxed);
    }

    async fn ask(mut self, request: RequestPacket) -> Answered {
        let question = match request.as_single() {
            Some(one) if self.shared.is_on.load(Ordering::Relaxed) => Some(one.clone()),
            _ => None,
        };
        let Some(question) = question.filter(|one| !one.method().starts_with(SENDS)) else {
            return self.http.call(request).await;
        };
        let (answer, answered) = oneshot::channel();
        let is_first = {
            let mut waiting = self.waiting();
            waiting.push((question, answer));
            waiting.len() == 1
        };
        if is_first {
            // Who asked first may stop waiting; the others do not.
            tokio::spawn(self.clone().gather());
        }
        match answered.await.ok().flatten() {
            Some(answer) => answer,
            None => self.http.call(request).await,
        }
    }

    fn waiting(&self) -> std::sync::MutexGuard<'_, Vec<Waiting>> {
        let waiting = self.shared.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for more questions, and asks all of them.
    async fn gather(self) {
        tokio::time::sleep(WINDOW).await;
        let mut all = std::mem::take(&mut *self.waiting());
        while !all.is_empty() {
            let later = all.split_off(all.len().min(AT_ONCE));
            tokio::spawn(self.clone().exchange(std::mem::replace(&mut all, later)));
        }
    }

    /// Asks these in one request. An endpoint that takes none with several is asked for each alone from now on.
    async fn exchange(mut self, all: Vec<Waiting>) {
        let requests = all.iter().zip(0u64..);
        let requests = requests.map(|((question, _), at)| renumbered(question, at));
        let requests: Option<Vec<SerializedRequest>> = requests.collect();
        let (Some(requests), true) = (requests, all.len() > 1) else {
            return all
                .into_iter()
                .for_each(|(_, answer)| drop(answer.send(None)));
        };
        let answers = match self.http.call(RequestPacket::Batch(requests)).await {
            Ok(ResponsePacket::Batch(answers)) => answers,
            answered => {
                let limited = answered.err().and_then(|error| limit(&error));
                self.switch(limited.is_some());
                for (_, answer) in all {
                    let limited = limited.clone().map(TransportErrorKind::custom);
                    drop(answer.send(limited.map(Err)));
                }
                return;
            }
        };
        let mut answers: HashMap<Id, Response> = answers
            .into_iter()
            .map(|answer| (answer.id.clone(), answer))
            .collect();
        for ((question, answer), at) in all.into_iter().zip(0u64..) {
            let found = answers.remove(&Id::Number(at)).map(|found| {
                let id = question.id().clone();
                let payload = found.payload;
                Ok(ResponsePacket::Single(Response { id, payload }))
            });
            drop(answer.send(found));
        }
    }
}

/// The same question with another id: those of several clients may be equal.
fn renumbered(question: &SerializedRequest, id: u64) -> Option<SerializedRequest> {
    let (method, id) = (question.method_clone(), Id::Number(id));
    match question.params().map(RawValue::to_owned) {
        Some(parameters) => Request::new(method, id, parameters).try_into().ok(),
        None => Request::new(method, id, ()).try_into().ok(),
    }
}

/// That the endpoint takes no more requests now, if it says that.
fn limit(error: &TransportError) -> Option<Unanswered> {
    let TransportError::Transport(TransportErrorKind::Custom(error)) = error else {
        return None;
    };
    let reason = error.downcast_ref::<Unanswered>()?;
    matches!(reason, Unanswered::RateLimited { .. }).then(|| reason.clone())
}

impl Service<RequestPacket> for Together {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.http.poll_ready(context)
    }

    fn call(&mut self, request: RequestPacket) -> Self::Future {
        Box::pin(self.clone().ask(request))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Endpoint;
    use crate::progress::Silent;
    use alloy::rpc::client::RpcClient;
    use alloy::transports::BoxTransport;
    use futures::join;
    use serde_json::{Value, json};
    use stylus_upgrades_test_support::http::{respond, serve};

    #[tokio::test]
    async fn questions_at_the_same_time_are_one_request_where_the_endpoint_takes_that() {
        for takes_several in [true, false] {
            let requests = Arc::new(Mutex::new(Vec::new()));
            let noted = requests.clone();
            let address = serve(move |stream, message| {
                let request: Value = serde_json::from_slice(&message.body).expect("JSON");
                let answer = |one: &Value| json!({"jsonrpc": "2.0", "id": one["id"], "result": one["method"]});
                let answer = match &request {
                    // In whatever order.
                    Value::Array(all) if takes_several => all.iter().rev().map(answer).collect(),
                    Value::Array(_) => {
                        json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32_600, "message": "one"}})
                    }
                    one => answer(one),
                };
                noted.lock().expect("it").push(request.is_array());
                let _ = respond(stream, "200 OK", "", &answer.to_string());
            });
            let endpoint = Endpoint::parse(&format!("http://{address}")).expect("a URL");
            let together = Together::new(Http::new(&endpoint, Arc::new(Silent)).expect("a client"));
            together.switch(true);
            let client = RpcClient::new(BoxTransport::new(together), true);
            let asked = async || {
                let ask = |method| client.request_noparams::<String>(method);
                let sent = ask("eth_sendRawTransaction");
                let (a, b, sent) = join!(ask("a"), ask("b"), sent);
                let answers = [a, b, sent].map(|one| one.expect("an answer"));
                assert_eq!(answers, ["a", "b", "eth_sendRawTransaction"]);
                let mut arrays = std::mem::take(&mut *requests.lock().expect("it"));
                arrays.sort_unstable();
                arrays
            };
            let (first, second) = (asked().await, asked().await);
            match takes_several {
                true => assert_eq!((first, second), (vec![false, true], vec![false, true])),
                // Once refused, it is not tried again.
                false => assert_eq!(
                    (first, second),
                    (vec![false, false, false, true], vec![false; 3])
                ),
            }
        }
    }
}
