//! Random trees of EVM and Stylus calls: state is atomic, wei and gas are conserved.

use crate::common::*;
use alloy_primitives::{Address, Bytes, U256, hex};
use proptest::prelude::*;
use stylus_chain::{CallRequest, Chain, TraceKind};

/// Accounts that interpret scripts: the first half in EVM code, the second in WASM.
const ACCOUNTS: usize = 6;
const COUNT: u8 = 1;
const REVERT: u8 = 2;
const PAY: u8 = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Call,
    Delegate,
    Static,
}

/// One frame: what it does itself, how it calls its children, and these.
#[derive(Clone, Debug)]
struct Node {
    account: usize,
    flags: u8,
    kind: Kind,
    children: Vec<Node>,
}

/// Calldata of a frame: a word with kind and flags, then per child a word with its address, a word
/// with the length of its calldata, and that.
fn script(node: &Node, accounts: &[Address]) -> Vec<u8> {
    let mut data = vec![0; 32];
    data[30] = node.kind as u8;
    data[31] = node.flags;
    for child in &node.children {
        let inner = script(child, accounts);
        data.extend(accounts[child.account].into_word());
        data.extend(U256::from(inner.len()).to_be_bytes::<32>());
        data.extend(inner);
    }
    data
}

/// Reads a script: counts in slot 0, calls the children ignoring failures, maybe reverts.
fn evm_interpreter() -> Vec<u8> {
    // memory = calldata; ptr = 32; while ptr < size { call, delegatecall or staticcall; advance }
    hex!(
        "365f5f375f51600116156014575f546001015f555b60205b36811015607d575f51601e1a80600114"
        "605657600214606a575f5f8260200151836040015f5160021c60011685515af15b50806020015101"
        "6040016017565b505f5f82602001518360400184515af46048565b5f5f8260200151836040018451"
        "5afa6048565b5f51600216608757005b5f5ffd"
    )
    .to_vec()
}

fn wasm_interpreter() -> String {
    module(
        1,
        "(local.set $status (i32.load8_u (i32.const 31)))
         (if (i32.and (local.get $status) (i32.const 1)) (then (call $count)))
         (i32.store8 (i32.const 61031) (i32.shr_u (i32.and (local.get $status) (i32.const 4)) (i32.const 2)))
         (local.set $at (i32.const 32))
         (block $end (loop $next
            (br_if $end (i32.ge_u (local.get $at) (local.get $len)))
            ;; length of the child's calldata: its last two bytes
            (local.set $size (i32.add
                (i32.shl (i32.load8_u (i32.add (local.get $at) (i32.const 62))) (i32.const 8))
                (i32.load8_u (i32.add (local.get $at) (i32.const 63)))))
            (if (i32.eqz (i32.load8_u (i32.const 30))) (then (drop (call $call
                (i32.add (local.get $at) (i32.const 12)) (i32.add (local.get $at) (i32.const 64)) (local.get $size)
                (i32.const 61000) (i64.const -1) (i32.const 61100)))))
            (if (i32.eq (i32.load8_u (i32.const 30)) (i32.const 1)) (then (drop (call $delegate
                (i32.add (local.get $at) (i32.const 12)) (i32.add (local.get $at) (i32.const 64)) (local.get $size)
                (i64.const -1) (i32.const 61100)))))
            (if (i32.eq (i32.load8_u (i32.const 30)) (i32.const 2)) (then (drop (call $static
                (i32.add (local.get $at) (i32.const 12)) (i32.add (local.get $at) (i32.const 64)) (local.get $size)
                (i64.const -1) (i32.const 61100)))))
            (local.set $at (i32.add (local.get $at) (i32.add (local.get $size) (i32.const 64))))
            (br $next)))
         (i32.and (local.get $status) (i32.const 2))",
    )
}

/// What should come out: counts and balances by account.
#[derive(Clone, Debug, PartialEq, Eq)]
struct StateDb {
    counts: [u64; ACCOUNTS],
    balances: [u64; ACCOUNTS],
}

/// Runs a frame that acts as `acting`; false when it reverts.
fn run(node: &Node, acting: usize, state_db: &mut StateDb) -> bool {
    let before = state_db.clone();
    if node.flags & COUNT != 0 {
        state_db.counts[acting] += 1;
    }
    for child in &node.children {
        let saved = state_db.clone();
        let target = if node.kind == Kind::Delegate {
            acting
        } else {
            child.account
        };
        let pays = node.kind == Kind::Call && node.flags & PAY != 0;
        if pays {
            if state_db.balances[acting] == 0 {
                continue;
            }
            state_db.balances[acting] -= 1;
            state_db.balances[target] += 1;
        }
        if !run(child, target, state_db) {
            *state_db = saved;
        }
    }
    if node.flags & REVERT != 0 {
        *state_db = before;
        return false;
    }
    true
}

/// Takes writes out of static frames: they would take all gas, which the model does not follow.
fn settle(node: &mut Node, fixed: bool) {
    if fixed {
        node.flags &= REVERT;
    }
    let fixed = fixed || node.kind == Kind::Static;
    node.children
        .iter_mut()
        .for_each(|child| settle(child, fixed));
}

fn tree() -> impl Strategy<Value = Node> {
    let kind =
        prop_oneof![3 => Just(Kind::Call), 2 => Just(Kind::Delegate), 1 => Just(Kind::Static)];
    let flags = prop_oneof![
        4 => Just(COUNT), 2 => Just(COUNT | PAY), 1 => Just(COUNT | REVERT),
        1 => Just(COUNT | REVERT | PAY), 1 => Just(0u8)
    ];
    let leaf = (0..ACCOUNTS, flags.clone(), kind.clone()).prop_map(|(account, flags, kind)| Node {
        account,
        flags,
        kind,
        children: Vec::new(),
    });
    leaf.prop_recursive(5, 24, 4, move |inner| {
        let children = prop::collection::vec(inner, 1..4);
        (0..ACCOUNTS, flags.clone(), kind.clone(), children).prop_map(
            |(account, flags, kind, children)| Node {
                account,
                flags,
                kind,
                children,
            },
        )
    })
}

/// Gas that a traced call used, after checking that its children fit into it.
fn conserved(call: &serde_json::Value) -> u64 {
    let number = |name: &str| {
        let text = call[name].as_str().expect("a quantity");
        u64::from_str_radix(&text[2..], 16).expect("hex digits")
    };
    let (gas, used) = (number("gas"), number("gasUsed"));
    let children = call["calls"].as_array().into_iter().flatten();
    let inner: u64 = children.map(conserved).sum();
    assert!(
        inner <= used && used <= gas,
        "children {inner}, used {used} of {gas}"
    );
    used
}

fn prepare() -> (Chain, Vec<Address>) {
    let mut chain = chain();
    let evm = evm_interpreter();
    let wasm = program(&wasm_interpreter());
    let mut accounts = Vec::new();
    for index in 0..ACCOUNTS {
        let code = if index < ACCOUNTS / 2 { &evm } else { &wasm };
        accounts.push(deploy(&mut chain, code));
    }
    activated(&mut chain, accounts[ACCOUNTS - 1]);
    for account in &accounts {
        chain.set_balance(*account, U256::from(2));
    }
    (chain, accounts)
}

#[test]
fn random_trees_of_calls_are_atomic_and_conserve_wei_and_gas() {
    let (chain, accounts) = prepare();
    let chain = std::cell::RefCell::new(chain);
    proptest!(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(96) }, |(mut root in tree())| {
        settle(&mut root, false);
        let mut chain = chain.borrow_mut();
        let snapshot = chain.snapshot();
        let mut state_db = StateDb { counts: [0; ACCOUNTS], balances: [2; ACCOUNTS] };
        let success = run(&root, root.account, &mut state_db);

        let gas = Some(32_000_000);
        let input = script(&root, &accounts);
        let top = CallRequest { gas, ..request(accounts[root.account], Bytes::from(input)) };
        let receipt = send(&mut chain, ALICE, top);
        prop_assert_eq!(receipt.success, success, "{:?}", receipt);
        for (index, account) in accounts.iter().enumerate() {
            prop_assert_eq!(slot(&chain, *account, 0), U256::from(state_db.counts[index]));
            let balance = balance(&chain, *account);
            prop_assert_eq!(balance, U256::from(state_db.balances[index]));
        }
        let trace = chain.trace(receipt.transaction_hash, TraceKind::Call(Default::default())).expect("traces").into_json();
        prop_assert_eq!(conserved(&trace), receipt.gas_used);
        prop_assert!(chain.revert(snapshot));
    });
}

#[test]
fn running_short_of_gas_anywhere_in_a_tree_loses_no_wei_and_leaves_nothing_half_done() {
    let (chain, accounts) = prepare();
    let chain = std::cell::RefCell::new(chain);
    let config = ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(96)
    };
    proptest!(config, |(root in tree(), gas in 40_000u64..900_000)| {
        let mut chain = chain.borrow_mut();
        let snapshot = chain.snapshot();
        let input = script(&root, &accounts);
        let top = with_gas(gas, request(accounts[root.account], input));
        let receipt = send(&mut chain, ALICE, top.clone());
        prop_assert!(receipt.gas_used <= gas);
        let trace = chain.trace(receipt.transaction_hash, TraceKind::Call(Default::default())).expect("traces").into_json();
        prop_assert_eq!(conserved(&trace), receipt.gas_used);
        let mut wei = U256::ZERO;
        for account in &accounts {
            wei += balance(&chain, *account);
            if !receipt.success {
                prop_assert_eq!(slot(&chain, *account, 0), U256::ZERO);
            }
        }
        prop_assert_eq!(wei, U256::from(2 * ACCOUNTS));
        // A call sees the same as a transaction.
        prop_assert!(chain.revert(snapshot));
        let outcome = call(&chain, top);
        prop_assert_eq!((outcome.success, outcome.gas_used), (receipt.success, receipt.gas_used));
        prop_assert_eq!(outcome.output, receipt.output);
    });
}
