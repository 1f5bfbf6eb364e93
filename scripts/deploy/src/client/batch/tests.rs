use super::*;
use crate::client::Endpoint;
use crate::progress::Silent;
use alloy::rpc::client::RpcClient;
use alloy::transports::BoxTransport;
use futures::future::join_all;
use futures::join;
use serde_json::{Value, json};
use stylus_upgrades_test_support::http::{respond, serve};

/// An endpoint, and how many questions each of its requests had.
struct ScriptedEndpoint {
    client: RpcClient,
    transport: BatchTransport,
    sizes: Arc<Mutex<Vec<usize>>>,
}

/// The answer to one question: its method.
fn echo(question: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": question["id"], "result": question["method"]})
}

impl ScriptedEndpoint {
    /// An endpoint whose batches get what `answer` gives for them, with an HTTP status.
    fn new(answer: impl Fn(&[Value]) -> (&'static str, Value) + Send + Sync + 'static) -> Self {
        let (sizes, answer) = (Arc::<Mutex<Vec<usize>>>::default(), Arc::new(answer));
        let noted = sizes.clone();
        let address = serve(move |stream, message| {
            let request: Value = serde_json::from_slice(&message.body).expect("JSON");
            let (status, text) = match &request {
                Value::Array(questions) => answer(questions),
                question => ("200 OK", echo(question)),
            };
            let size = request.as_array().map_or(1, Vec::len);
            noted.lock().expect("it").push(size);
            let _ = respond(stream, status, "", &text.to_string());
        });
        let endpoint = Endpoint::parse(&format!("http://{address}")).expect("a URL");
        let http = Http::new(&endpoint, Arc::new(Silent)).expect("a client");
        let transport = BatchTransport::new(http);
        transport.set_far(true);
        let client = RpcClient::new(BoxTransport::new(transport.clone()), true);
        Self {
            client,
            transport,
            sizes,
        }
    }

    /// Asks so many questions at the same time. How many got their own answers.
    async fn ask(&self, count: usize) -> usize {
        let questions = (0..count).map(async |number| {
            let method = format!("question_{number}");
            let answer = self.client.request_noparams::<String>(method.clone()).await;
            usize::from(answer.is_ok_and(|answer| answer == method))
        });
        join_all(questions).await.into_iter().sum()
    }

    /// The sizes of the requests since the last look, the largest first.
    fn sizes(&self) -> Vec<usize> {
        let mut sizes = std::mem::take(&mut *self.sizes.lock().expect("it"));
        sizes.sort_unstable_by_key(|size| std::cmp::Reverse(*size));
        sizes
    }
}

fn answered(questions: &[Value]) -> (&'static str, Value) {
    // In whatever order.
    ("200 OK", questions.iter().rev().map(echo).collect())
}

#[tokio::test]
async fn questions_at_the_same_time_fill_requests_and_sends_go_alone() {
    let endpoint = ScriptedEndpoint::new(answered);
    assert_eq!(endpoint.ask(250).await, 250);
    assert_eq!(endpoint.sizes(), [100, 100, 50]);
    let ask = |method| endpoint.client.request_noparams::<String>(method);
    let (a, b, sent) = join!(ask("a"), ask("b"), ask("eth_sendRawTransaction"));
    let answers = [a, b, sent].map(|answer| answer.expect("an answer"));
    assert_eq!(answers, ["a", "b", "eth_sendRawTransaction"]);
    assert_eq!(endpoint.sizes(), [2, 1]);
}

#[tokio::test]
async fn batches_are_halved_until_the_endpoint_takes_them() {
    let refusals = [
        (
            "200 OK",
            json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32_600, "message": "one"}}),
        ),
        (
            "200 OK",
            json!([{"jsonrpc": "2.0", "id": 0, "error": {"code": -32_600, "message": "batch too large"}}]),
        ),
        (
            "200 OK",
            json!({"jsonrpc": "2.0", "id": null, "error": {"code": -32_005, "message": "batch size"}}),
        ),
        ("413 X", json!("too large")),
        ("400 X", json!("no")),
    ];
    for limit in [10, 1] {
        for refusal in refusals.clone() {
            let endpoint = ScriptedEndpoint::new(move |questions| {
                if questions.len() > limit {
                    return refusal.clone();
                }
                answered(questions)
            });
            assert_eq!(endpoint.ask(100).await, 100);
            assert_eq!(endpoint.sizes()[..3], [100, 50, 50]);
            // What was refused once is not tried again, and not much less than what is taken.
            assert_eq!(endpoint.ask(100).await, 100);
            let sizes = endpoint.sizes();
            let most = 100 / (limit / 2).max(1);
            assert!(sizes[0] <= limit && sizes.len() <= most, "{sizes:?}");
        }
    }
}

#[tokio::test]
async fn what_a_batch_leaves_out_is_asked_for_alone() {
    let endpoint = ScriptedEndpoint::new(|questions| {
        let answers = questions.iter().enumerate().map(|(at, question)| {
            let mut answer = echo(question);
            if at >= 3 {
                let error = json!({"code": TOO_LARGE, "message": "response too large"});
                answer = json!({"jsonrpc": "2.0", "id": question["id"], "error": error});
            }
            answer
        });
        ("200 OK", answers.take(4).collect())
    });
    assert_eq!(endpoint.ask(6).await, 6);
    assert_eq!(endpoint.sizes(), [6, 1, 1, 1]);
}

#[tokio::test]
async fn trouble_fails_each_question_and_shrinks_batches_where_it_stays() {
    let endpoint = ScriptedEndpoint::new(|_| ("502 Bad Gateway", json!("no")));
    assert_eq!(endpoint.ask(4).await, 0);
    assert_eq!(endpoint.transport.batch_size(), BATCH_MAX);
    assert_eq!(endpoint.ask(4).await, 0);
    assert_eq!(endpoint.transport.batch_size(), 2);
    assert_eq!(endpoint.sizes(), [4, 4]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_near_endpoint_has_a_bounded_number_of_requests_in_flight() {
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counted, seen) = (now, most.clone());
    let address = serve(move |stream, message| {
        let count = counted.fetch_add(1, Ordering::SeqCst) + 1;
        seen.fetch_max(count, Ordering::SeqCst);
        std::thread::sleep(Duration::from_millis(5));
        let request: Value = serde_json::from_slice(&message.body).expect("JSON");
        let answer = match &request {
            Value::Array(questions) => questions.iter().map(echo).collect(),
            question => echo(question),
        };
        counted.fetch_sub(1, Ordering::SeqCst);
        let _ = respond(stream, "200 OK", "", &answer.to_string());
    });
    let endpoint = Endpoint::parse(&format!("http://{address}")).expect("a URL");
    let http = Http::new(&endpoint, Arc::new(Silent)).expect("a client");
    let client = RpcClient::new(BoxTransport::new(BatchTransport::new(http)), true);
    let questions = (0..1_000).map(|_| client.request_noparams::<String>("a"));
    let answers = join_all(questions).await;
    assert!(answers.iter().all(Result::is_ok));
    let most = most.load(Ordering::SeqCst);
    assert!(most <= IN_FLIGHT, "{most}");
}
