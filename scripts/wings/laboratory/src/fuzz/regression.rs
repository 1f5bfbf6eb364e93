//! A finding as a test for the harness: it passes where the new version does what the version before did.

use super::difference::{DifferenceKind, ExpectedBehavior};
use super::sequence::{FuzzCall, TargetFunction};
use super::shrink::MinimalSequence;
use alloy::primitives::{Address, Bytes, Log, hex};

/// Writes the test, as lines of Rust.
pub(super) fn write_regression_test(
    found: &MinimalSequence,
    proxy: Address,
    block: u64,
    targets: &[TargetFunction],
) -> String {
    let difference = &found.difference;
    let name = difference.subject.split('(').next().unwrap_or_default();
    let name = match difference.kind {
        DifferenceKind::Balance => format!("ether_of_{name}"),
        _ => name.to_owned(),
    };
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || *c == '_';
    let name: String = name
        .chars()
        .map(|c| if is_plain(&c) { c } else { '_' })
        .collect();
    let mut lines = vec![
        "#[tokio::test]".to_owned(),
        format!(
            "async fn {}_is_as_before() -> Result<(), HarnessError> {{",
            name.to_lowercase()
        ),
        format!(
            "    // RPC_URL names a fork of block {block}, on which the upgrade was carried out."
        ),
        "    let chain = Chain::start().await?;".to_owned(),
        format!("    let proxy = address!(\"{proxy}\");"),
    ];
    let mut calls = found.calls.iter().peekable();
    while let Some(call) = calls.next() {
        lines.extend(write_request(call, targets));
        let is_compared = difference.at.is_some() && calls.peek().is_none();
        let reads = targets.get(call.target).is_some_and(TargetFunction::reads);
        if is_compared {
            lines.extend(assert_end(&difference.expected));
        } else if reads {
            lines.push("    let _ = chain.call(call).await;".to_owned());
        } else {
            lines.push("    chain.send_anyway(call).await?;".to_owned());
        }
    }
    if difference.at.is_none() {
        lines.extend(assert_state(&difference.expected));
    }
    lines.extend(["    Ok(())".to_owned(), "}".to_owned()]);
    lines.join("\n")
}

/// Returns the lines for what passes before a call, and for the call itself.
fn write_request(call: &FuzzCall, targets: &[TargetFunction]) -> Vec<String> {
    let from = format!("address!(\"{}\")", call.from);
    let mut lines = Vec::new();
    if call.seconds > 0 {
        let seconds = call.seconds;
        lines.push(format!(
            "    chain.request::<_, i64>(\"evm_increaseTime\", [{seconds}]).await?;"
        ));
    }
    if call.blocks > 0 {
        lines.push(format!("    // {} blocks of L1 later", call.blocks));
    }
    lines.extend([
        format!("    // {}", call.describe(targets).escape_debug()),
        format!("    chain.request::<_, ()>(\"anvil_impersonateAccount\", [{from}]).await?;"),
        format!("    let call = TransactionRequest::default().from({from}).to(proxy)"),
        format!("        .value(U256::from({}_u128))", call.value),
        format!("        .input({}.into());", bytes(&call.input(targets))),
    ]);
    lines
}

/// Returns the lines which assert that the last call does what it did.
fn assert_end(expected: &ExpectedBehavior) -> Vec<String> {
    match expected {
        ExpectedBehavior::Returns(output) => vec![format!(
            "    assert_eq!(chain.call(call).await?, {});",
            bytes(output)
        )],
        ExpectedBehavior::Reverts(output) => vec![
            "    let ended = chain.call(call).await.expect_err(\"a refusal\");".to_owned(),
            if output.is_empty() {
                "    assert!(matches!(ended, HarnessError::Reverted(_) | \
                         HarnessError::Halted { .. }));"
                    .to_owned()
            } else {
                format!(
                    "    assert!(matches!(ended, HarnessError::Reverted(revert) \
                     if *revert.data() == {}));",
                    bytes(output)
                )
            },
        ],
        ExpectedBehavior::Emits(logs) => {
            let all: Vec<String> = logs.iter().map(log).collect();
            vec![
                "    let receipt = chain.send(call).await?;".to_owned(),
                "    let logs = receipt.logs().iter().map(|log| log.inner.data.clone());"
                    .to_owned(),
                "    let logs: Vec<LogData> = logs.collect();".to_owned(),
                format!("    assert_eq!(logs, [{}]);", all.join(", ")),
            ]
        }
        other => assert_state(other),
    }
}

/// Returns the lines which assert that the state is what it was.
fn assert_state(expected: &ExpectedBehavior) -> Vec<String> {
    match expected {
        ExpectedBehavior::Answers(input, answer) => {
            let call = format!(
                "    let getter = TransactionRequest::default().to(proxy).input({}.into());",
                bytes(input)
            );
            let answers = match answer {
                Some(answer) => format!(
                    "    assert_eq!(chain.call(getter).await?, {});",
                    bytes(answer)
                ),
                None => "    assert!(chain.call(getter).await.is_err());".to_owned(),
            };
            vec![call, answers]
        }
        ExpectedBehavior::Holds { slot, begin, bytes } => {
            let (end, digits) = (begin + bytes.len(), hex::encode(bytes));
            vec![
                format!(
                    "    let slot = U256::from_str_radix(\"{slot:x}\", 16).expect(\"a slot\");"
                ),
                format!("    let word = chain.storage(proxy, slot).await?;"),
                format!("    assert_eq!(hex::encode(&word[{begin}..{end}]), \"{digits}\");"),
            ]
        }
        ExpectedBehavior::Owns(account, wei) => vec![format!(
            "    assert_eq!(chain.balance(address!(\"{account}\")).await?.to_string(), \"{wei}\");"
        )],
        _ => Vec::new(),
    }
}

fn log(log: &Log) -> String {
    let topics = log
        .topics()
        .iter()
        .map(|topic| format!("b256!(\"{topic}\")"));
    let topics: Vec<String> = topics.collect();
    let data = bytes(&log.data.data);
    format!(
        "LogData::new_unchecked(vec![{}], {data})",
        topics.join(", ")
    )
}

fn bytes(bytes: &Bytes) -> String {
    format!("bytes!(\"{}\")", hex::encode(bytes))
}
