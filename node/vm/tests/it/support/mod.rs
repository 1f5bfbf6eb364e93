//! Small programs and a chain that agrees to everything.
#![allow(dead_code, reason = "every test binary uses its own part")]

use std::collections::BTreeMap;

use alloy_primitives::{Address, B256, Bytes};
use stylus_vm::pages::{PageCounters, PageParams};
use stylus_vm::{
    Activated, ActivationError, Answer, CallContext, Event, Outcome, Reply, Request, Rules, Run,
    activate,
};

/// Assembles a module.
pub(crate) fn wasm(text: &str) -> Vec<u8> {
    wat::parse_str(text).expect("the test's own text assembles")
}

/// A module with one fixed page, imports by name and signature, and an entry point's body.
pub(crate) fn program(imports: &str, body: &str) -> Vec<u8> {
    wasm(&format!(
        r#"(module {imports} (memory (export "memory") 1 1)
            (func (export "user_entrypoint") (param $len i32) (result i32) {body}))"#
    ))
}

/// The rules of a chain for development.
pub(crate) fn debug() -> Rules {
    Rules {
        debug: true,
        ..Rules::default()
    }
}

/// Activates with unlimited gas.
pub(crate) fn active(wasm: &[u8], rules: &Rules) -> Result<Activated, ActivationError> {
    activate(wasm, rules, &mut u64::MAX.clone())
}

/// Ten million gas at the default ink price, ArbOS 61.
pub(crate) fn context() -> CallContext {
    CallContext {
        gas: 10_000_000,
        ink_price: 10_000,
        max_depth_words: 22_000,
        arbos_version: 61,
        ..CallContext::default()
    }
}

/// A chain that holds storage and answers everything else with little.
#[derive(Default)]
pub(crate) struct Chain {
    pub(crate) storage: BTreeMap<B256, B256>,
    pub(crate) pages: PageCounters,
    pub(crate) requests: Vec<Request>,
}

impl Chain {
    pub(crate) fn answer(&mut self, request: Request) -> Answer {
        self.requests.push(request.clone());
        match request {
            Request::GetBytes32 { key } => Answer::new(
                2_100,
                Reply::Word(self.storage.get(&key).copied().unwrap_or_default()),
            ),
            Request::SetTrieSlots { slots, .. } => {
                let gas = 5_000 * slots.len() as u64;
                self.storage.extend(slots);
                Answer::new(gas, Reply::Done)
            }
            Request::TransientLoad { .. }
            | Request::AccountBalance { .. }
            | Request::AccountCodeHash { .. } => Answer::new(0, Reply::Word(B256::ZERO)),
            Request::TransientStore { .. } | Request::EmitLog { .. } => Answer::new(0, Reply::Done),
            Request::Call(stylus_vm::CallRequest { data, .. }) => Answer::new(
                100,
                Reply::Called {
                    success: true,
                    data,
                },
            ),
            Request::Create { .. } => Answer::new(
                32_000,
                Reply::Created {
                    address: Address::repeat_byte(1),
                    data: Bytes::new(),
                },
            ),
            Request::AccountCode { .. } => {
                Answer::new(2_600, Reply::Bytes(Bytes::from_static(b"code")))
            }
            Request::AddPages { pages } => {
                Answer::new(self.pages.open(pages, &PageParams::default()), Reply::Done)
            }
        }
    }

    /// Runs a frame to its end.
    pub(crate) fn run(&mut self, activated: &Activated, context: CallContext) -> Outcome {
        let mut run = Run::start(&activated.program, context).expect("the program starts");
        let mut answer = None;
        loop {
            match run.resume(answer.take()) {
                Event::Request(request) => answer = Some(self.answer(request)),
                Event::Done(outcome) => return outcome,
            }
        }
    }
}

/// What a start costs by the defaults of a Stylus version.
pub(crate) fn start_params(stylus_version: u16) -> stylus_vm::StartParams {
    stylus_vm::StartParams {
        min_init_gas: if stylus_version == 1 { 72 } else { 69 },
        min_cached_init_gas: 11,
        init_cost_scalar: 50,
        cached_cost_scalar: 50,
    }
}
