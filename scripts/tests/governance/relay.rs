//! A relay in front of a node: it notes every method that is asked for, refuses what a provider
//! might refuse, answers what is not so, and lets something happen before it asks the node.

use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// A server's own error. It means no limit of requests, for which the program would wait.
const REFUSED: i64 = -32000;

/// Refuses a request with words of a provider; `None` lets it through.
type Rule = dyn Fn(&Value) -> Option<&'static str> + Send + Sync;
/// Changes the answer to a request.
type Lie = dyn Fn(&Value, &mut Value) + Send + Sync;

/// The relay; its thread ends with the process.
pub(crate) struct Relay {
    address: SocketAddr,
    methods: Arc<Mutex<Vec<String>>>,
}

impl Relay {
    /// A relay in front of the node at `target` (`http://…`).
    pub(crate) fn to(
        target: &str,
        rule: impl Fn(&Value) -> Option<&'static str> + Send + Sync + 'static,
    ) -> Self {
        Self::answering(target, Arc::new(rule), Arc::new(|_, _| {}))
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
        Self::answering(target, Arc::new(|_: &Value| None), Arc::new(lie))
    }

    fn answering(target: &str, rule: Arc<Rule>, lie: Arc<Lie>) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a free port");
        let address = listener.local_addr().expect("it");
        let methods = Arc::<Mutex<Vec<String>>>::default();
        let (noted, target) = (
            methods.clone(),
            target.trim_start_matches("http://").to_owned(),
        );
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (noted, target) = (noted.clone(), target.clone());
                let (rule, lie) = (rule.clone(), lie.clone());
                std::thread::spawn(move || serve(stream, &target, &noted, &*rule, &*lie));
            }
        });
        Self { address, methods }
    }

    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Every method that was asked for.
    pub(crate) fn methods(&self) -> Vec<String> {
        self.methods.lock().expect("it").clone()
    }
}

fn serve(mut client: TcpStream, target: &str, noted: &Mutex<Vec<String>>, rule: &Rule, lie: &Lie) {
    let Some(body) = message(&mut client) else {
        return;
    };
    let request: Value = serde_json::from_slice(&body).unwrap_or_default();
    if let Some(method) = request["method"].as_str() {
        noted.lock().expect("it").push(method.into());
    }
    let answer = match rule(&request) {
        Some(words) => {
            let error = json!({"code": REFUSED, "message": words});
            json!({"jsonrpc": "2.0", "id": request["id"], "error": error})
                .to_string()
                .into_bytes()
        }
        None => {
            let mut answer = ask(target, &request);
            lie(&request, &mut answer);
            answer.to_string().into_bytes()
        }
    };
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        answer.len()
    );
    let _ = client.write_all(head.as_bytes());
    let _ = client.write_all(&answer);
}

/// What the node at `target` (`host:port`) answers.
pub(crate) fn ask(target: &str, request: &Value) -> Value {
    let body = request.to_string();
    let mut node = TcpStream::connect(target).expect("the node");
    let head = format!(
        "POST / HTTP/1.1\r\nHost: {target}\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    node.write_all(head.as_bytes()).expect("sent");
    node.write_all(body.as_bytes()).expect("sent");
    let answer = message(&mut node).expect("an answer");
    serde_json::from_slice(&answer).expect("JSON")
}

/// The body of an HTTP message.
fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut reader = BufReader::new(stream);
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(text) = line.strip_prefix("content-length:") {
            length = text.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(body)
}
