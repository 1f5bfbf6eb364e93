//! A relay in front of a node: it notes every method that is asked for, refuses what a provider
//! might refuse, answers what is not so, and lets something happen before it asks the node.

use serde_json::{Value, json};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use stylus_upgrades_test_support::http::{Message, post, respond, serve};

/// A server's own error. It means no limit of requests, for which the program would wait.
const REFUSED: i64 = -32000;

/// A round trip of an endpoint that is far away.
pub(crate) const FAR: Duration = Duration::from_millis(100);

/// Refuses a request with words of a provider; `None` lets it through.
type Rule = dyn Fn(&Value) -> Option<&'static str> + Send + Sync;
/// Changes the answer to a request.
type Lie = dyn Fn(&Value, &mut Value) + Send + Sync;

/// The relay; its thread ends with the process.
pub(crate) struct Relay {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<Value>>>,
}

impl Relay {
    /// A relay in front of the node at `target` (`http://…`).
    pub(crate) fn to(
        target: &str,
        rule: impl Fn(&Value) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        Self::answering(target, Arc::new(rule), Arc::new(|_, _| {}), Duration::ZERO)
    }

    /// One that is found far away by its first question. Each request takes `pause`, however many questions it has.
    pub(crate) fn far(
        target: &str,
        pause: Duration,
        rule: impl Fn(&Value) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        let rule = move |request: &Value| {
            if request["method"] == "eth_chainId" {
                std::thread::sleep(FAR.saturating_sub(pause));
            }
            rule(request)
        };
        Self::answering(target, Arc::new(rule), Arc::new(|_, _| {}), pause)
    }

    /// One that lets something happen before the node is asked.
    pub(crate) fn interrupting(
        target: &str,
        before: impl Fn(&Value) + Send + Sync + 'static,
    ) -> Self {
        Self::to(target, move |request| {
            before(request);
            None
        })
    }

    /// One that changes answers.
    pub(crate) fn lying(
        target: &str,
        lie: impl Fn(&Value, &mut Value) + Send + Sync + 'static,
    ) -> Self {
        let rule = Arc::new(|_: &Value| None);
        Self::answering(target, rule, Arc::new(lie), Duration::ZERO)
    }

    fn answering(target: &str, rule: Arc<Rule>, lie: Arc<Lie>, pause: Duration) -> Self {
        let requests = Arc::<Mutex<Vec<Value>>>::default();
        let noted = requests.clone();
        let target = target.trim_start_matches("http://").to_owned();
        let address = serve(move |client, message| {
            let request = serde_json::from_slice(&message.body).unwrap_or_default();
            std::thread::sleep(pause);
            let answer = answer(&request, &target, &noted, &*rule, &*lie);
            let _ = respond(client, "200 OK", "", &answer.to_string());
        });
        Self { address, requests }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every request, in order.
    pub(crate) fn requests(&self) -> Vec<Value> {
        self.requests.lock().expect("it").clone()
    }

    /// Every method that was asked for.
    pub(crate) fn methods(&self) -> Vec<String> {
        let requests = self.requests();
        let methods = requests.iter().filter_map(|one| one["method"].as_str());
        methods.map(str::to_owned).collect()
    }
}

fn answer(
    request: &Value,
    target: &str,
    noted: &Mutex<Vec<Value>>,
    rule: &Rule,
    lie: &Lie,
) -> Value {
    noted.lock().expect("it").push(request.clone());
    if let Some(words) = rule(request) {
        return refusal(request, words);
    }
    let Value::Array(questions) = request else {
        let mut answer = ask(target, request);
        lie(request, &mut answer);
        return answer;
    };
    // Each question of a batch is judged alone.
    let refusals = questions.iter().map(rule);
    let refusals: Vec<Option<&str>> = refusals.collect();
    let passed = questions.iter().zip(&refusals);
    let passed = passed.filter(|(_, refused)| refused.is_none());
    let passed: Vec<&Value> = passed.map(|(question, _)| question).collect();
    let answers = if passed.is_empty() {
        json!([])
    } else {
        ask(target, &json!(passed))
    };
    let Value::Array(answers) = answers else {
        return answers;
    };
    let mut answers = answers.into_iter();
    let all = questions
        .iter()
        .zip(refusals)
        .filter_map(|(question, refused)| {
            if let Some(words) = refused {
                return Some(refusal(question, words));
            }
            let mut answer = answers.next()?;
            lie(question, &mut answer);
            Some(answer)
        });
    all.collect()
}

fn refusal(request: &Value, words: &str) -> Value {
    let error = json!({"code": REFUSED, "message": words});
    json!({"jsonrpc": "2.0", "id": request["id"], "error": error})
}

/// What the node at `target` (`host:port`) answers.
pub(crate) fn ask(target: &str, request: &Value) -> Value {
    let node = TcpStream::connect(target).expect("the node");
    post(&node, target, &request.to_string()).expect("sent");
    let answer = Message::read(&node).expect("an answer");
    serde_json::from_slice(&answer.body).expect("JSON")
}
