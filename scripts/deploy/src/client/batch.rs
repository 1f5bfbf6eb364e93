//! The gate of one endpoint: a bounded number of requests is in flight, and questions that come at the same time go
//! together, in one request of JSON-RPC. A near endpoint gets each question alone while the gate is open; a far one gets
//! as many as come within a moment. What is sent to the chain always goes alone.

use super::retry::limits_requests;
use super::transport::Http;
use super::unanswered::Unanswered;
use alloy::rpc::json_rpc::{
    ErrorPayload, Id, Request, RequestPacket, Response, ResponsePacket, ResponsePayload,
    SerializedRequest,
};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use serde_json::value::RawValue;
use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tower::Service;

/// Requests in flight, at most: each takes a connection, and a process may have few open files.
const IN_FLIGHT: usize = 32;
/// Questions in one request, at most: endpoints have limits, of which Nitro's is 1,000.
const BATCH_MAX: usize = 100;
/// The time for which a far endpoint's questions are waited for, once there is one, and again while more come.
const WINDOW: Duration = Duration::from_millis(2);
/// Windows that one question waits for others, at most.
const WINDOWS_MAX: usize = 8;
/// The prefix of methods that change the chain.
const SENDS: &str = "eth_send";
/// JSON-RPC's code for what is no valid request, which is what geth says of a batch that is too large.
const INVALID_REQUEST: i64 = -32_600;
/// Geth's code for an answer that does not fit what a batch may return.
const TOO_LARGE: i64 = -32_003;

type Answered = Result<ResponsePacket, TransportError>;

/// A question that waits for its turn.
struct WaitingQuestion {
    question: SerializedRequest,
    /// The channel to the asker; it gets nothing where the question has to be asked alone.
    asker: oneshot::Sender<Option<Answered>>,
}

/// The transport of one endpoint, with its gate.
#[derive(Clone)]
pub(super) struct BatchTransport {
    http: Http,
    gate: Arc<RequestGate>,
}

struct RequestGate {
    is_far: AtomicBool,
    permits: Arc<Semaphore>,
    /// Questions in one request, as far as the endpoint takes them.
    batch_size: AtomicUsize,
    /// True after a batch that met trouble.
    was_in_trouble: AtomicBool,
    queue: Mutex<QuestionQueue>,
}

#[derive(Default)]
struct QuestionQueue {
    waiting: VecDeque<WaitingQuestion>,
    is_served: bool,
}

/// The outcome of a batch.
enum BatchOutcome {
    /// An answer for each question that has one.
    Answers(Vec<Response>),
    /// The endpoint takes fewer questions in one request.
    Refused,
    /// An error that holds for each question: a limit of requests, or trouble.
    Failed(Unanswered),
}

impl BatchTransport {
    pub(super) fn new(http: Http) -> Self {
        let gate = Arc::new(RequestGate {
            is_far: AtomicBool::new(false),
            permits: Arc::new(Semaphore::new(IN_FLIGHT)),
            batch_size: AtomicUsize::new(BATCH_MAX),
            was_in_trouble: AtomicBool::new(false),
            queue: Mutex::default(),
        });
        Self { http, gate }
    }

    /// Notes whether each request takes long, so that questions wait for others.
    pub(super) fn set_far(&self, is_far: bool) {
        self.gate.is_far.store(is_far, Ordering::Relaxed);
    }

    async fn ask(self, request: RequestPacket) -> Answered {
        let question = request
            .as_single()
            .filter(|question| !question.method().starts_with(SENDS))
            .cloned();
        let Some(question) = question else {
            return self.ask_alone(request).await;
        };
        if !self.gate.is_far.load(Ordering::Relaxed)
            && let Ok(_permit) = self.gate.permits.try_acquire()
        {
            return self.http.clone().call(request).await;
        }
        let (asker, answer) = oneshot::channel();
        self.enqueue([WaitingQuestion { question, asker }]);
        match answer.await.ok().flatten() {
            Some(answer) => answer,
            None => self.ask_alone(request).await,
        }
    }

    async fn ask_alone(mut self, request: RequestPacket) -> Answered {
        let _permit = self.gate.permits.acquire().await;
        self.http.call(request).await
    }

    fn queue(&self) -> std::sync::MutexGuard<'_, QuestionQueue> {
        let queue = self.gate.queue.lock();
        queue.unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds questions to the queue. Who asked first may stop waiting, the others do not: a task of its own serves it.
    fn enqueue(&self, questions: impl IntoIterator<Item = WaitingQuestion>) {
        let mut queue = self.queue();
        queue.waiting.extend(questions);
        if !std::mem::replace(&mut queue.is_served, true) {
            tokio::spawn(self.clone().serve());
        }
    }

    /// Asks what is in the queue, a batch at a time, until it is empty.
    async fn serve(self) {
        loop {
            if self.gate.is_far.load(Ordering::Relaxed) {
                self.wait_for_more().await;
            }
            let permit = self.gate.permits.clone().acquire_owned().await;
            let batch: Vec<WaitingQuestion> = {
                let mut queue = self.queue();
                let size = queue.waiting.len().min(self.batch_size());
                queue.is_served = size > 0;
                queue.waiting.drain(..size).collect()
            };
            let (false, Ok(permit)) = (batch.is_empty(), permit) else {
                return;
            };
            tokio::spawn(self.clone().exchange(batch, permit));
        }
    }

    fn batch_size(&self) -> usize {
        self.gate.batch_size.load(Ordering::Relaxed)
    }

    /// Waits until a batch is full, or no more questions come.
    async fn wait_for_more(&self) {
        let mut before = 0;
        for _ in 0..WINDOWS_MAX {
            let count = self.queue().waiting.len();
            if count == before || count >= self.batch_size() {
                return;
            }
            before = count;
            tokio::time::sleep(WINDOW).await;
        }
    }

    /// Asks these questions in one request.
    async fn exchange(mut self, batch: Vec<WaitingQuestion>, permit: OwnedSemaphorePermit) {
        if let [_] = batch.as_slice() {
            for WaitingQuestion { question, asker } in batch {
                let answer = self.http.call(RequestPacket::Single(question)).await;
                drop(asker.send(Some(answer)));
            }
            return;
        }
        let requests = batch.iter().zip(0u64..);
        let requests = requests.map(|(waiting, at)| renumbered(&waiting.question, at));
        let Some(requests) = requests.collect::<Option<Vec<SerializedRequest>>>() else {
            drop(permit);
            return give(batch, Vec::new());
        };
        let outcome = BatchOutcome::of(self.http.call(RequestPacket::Batch(requests)).await);
        drop(permit);
        match outcome {
            BatchOutcome::Answers(answers) => {
                self.gate.was_in_trouble.store(false, Ordering::Relaxed);
                give(batch, answers);
            }
            BatchOutcome::Refused => {
                self.halve(batch.len());
                self.enqueue(batch);
            }
            BatchOutcome::Failed(reason) => {
                let is_limit = matches!(reason, Unanswered::RateLimited { .. });
                if !is_limit && self.gate.was_in_trouble.swap(true, Ordering::Relaxed) {
                    self.halve(batch.len());
                }
                for waiting in batch {
                    let error = TransportErrorKind::custom(reason.clone());
                    drop(waiting.asker.send(Some(Err(error))));
                }
            }
        }
    }

    /// Puts at most half as many questions into a request from now on.
    fn halve(&self, size: usize) {
        let half = (size / 2).max(1);
        self.gate.batch_size.fetch_min(half, Ordering::Relaxed);
    }
}

/// Gives each asker the answer to its question.
fn give(batch: Vec<WaitingQuestion>, answers: Vec<Response>) {
    let mut answers: HashMap<Id, ResponsePayload> = answers
        .into_iter()
        .map(|answer| (answer.id, answer.payload))
        .collect();
    for (WaitingQuestion { question, asker }, at) in batch.into_iter().zip(0u64..) {
        let found = answers.remove(&Id::Number(at)).filter(is_whole);
        let found = found.map(|payload| {
            let id = question.id().clone();
            Ok(ResponsePacket::Single(Response { id, payload }))
        });
        drop(asker.send(found));
    }
}

/// Returns false for an answer that the endpoint left out because of its neighbors.
fn is_whole(payload: &ResponsePayload) -> bool {
    payload
        .as_error()
        .is_none_or(|error| error.code != TOO_LARGE)
}

impl BatchOutcome {
    fn of(answered: Answered) -> Self {
        match answered {
            // One error for all: geth puts it into a list.
            Ok(packet) => match packet.responses() {
                [only] => only
                    .payload
                    .as_error()
                    .map_or(Self::Refused, Self::of_error),
                answers => Self::Answers(answers.to_vec()),
            },
            Err(TransportError::Transport(TransportErrorKind::Custom(error))) => {
                match error.downcast::<Unanswered>() {
                    Ok(reason) => Self::of_unanswered(*reason),
                    Err(_) => Self::Refused,
                }
            }
            Err(_) => Self::Refused,
        }
    }

    /// A refusal of the whole batch, unless it is one of the time: a limit of requests.
    fn of_error(error: &ErrorPayload) -> Self {
        let is_of_batch = error.message.to_lowercase().contains("batch");
        if error.code == INVALID_REQUEST || is_of_batch {
            return Self::Refused;
        }
        match limits_requests(error) {
            Some(reason) => Self::Failed(Unanswered::RateLimited {
                reason,
                pause: None,
            }),
            None => Self::Refused,
        }
    }

    fn of_unanswered(reason: Unanswered) -> Self {
        match reason {
            Unanswered::TooLarge | Unanswered::Malformed(_) => Self::Refused,
            Unanswered::Status {
                status: 400 | 405 | 413 | 415 | 422,
                ..
            } => Self::Refused,
            reason => Self::Failed(reason),
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

impl Service<RequestPacket> for BatchTransport {
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
mod tests;
