use super::*;
use alloy::dyn_abi::JsonAbiExt;
use alloy::primitives::{B256, U256};

const PROXY: Address = Address::repeat_byte(1);

fn function(entry: &str) -> Function {
    Function::parse(entry).expect("a function")
}

/// The change of a function that takes nothing and answers one word.
fn change(entry: &str, words: [Option<u64>; 2], cause: AnswerCause) -> Option<ChangedAnswer> {
    let function = function(entry);
    let call = ViewCall {
        argument: None,
        input: function.abi_encode_input(&[]).expect("calldata").into(),
        function: &function,
    };
    let [before, after] = words.map(|word| Some(Bytes::from(B256::from(U256::from(word?)))));
    let names = Names::default();
    let changed = ChangedAnswer::new(&call, PROXY, before.as_ref(), after.as_ref(), &names);
    changed.map(|changed| ChangedAnswer { cause, ..changed })
}

#[test]
fn what_is_read_decides_if_a_changed_answer_is_refused() {
    use AnswerCause::{Code, Expected, Unexplained, Unwritten, Written};
    let fee = "function fee() view returns (uint256)";
    let owner = "function owner() view returns (address)";
    let role = "function MINTER_ROLE() view returns (bytes32)";
    let decimals = "function decimals() view returns (uint8)";
    let changed = [Some(8), Some(18)];
    for (entry, words, cause, expected) in [
        // Storage explains the answer, or the author declares it.
        (fee, changed, Written, Some(Severity::Note)),
        (owner, changed, Written, Some(Severity::Note)),
        (decimals, changed, Expected, Some(Severity::Note)),
        (fee, changed, Unwritten, Some(Severity::Danger)),
        (fee, changed, Unexplained, Some(Severity::Danger)),
        // Constants: what callers keep is a danger.
        (fee, changed, Code, Some(Severity::Note)),
        (decimals, changed, Code, Some(Severity::Danger)),
        (owner, changed, Code, Some(Severity::Danger)),
        (role, changed, Code, Some(Severity::Danger)),
        // Calls that revert.
        (fee, [Some(8), None], Code, Some(Severity::Danger)),
        (fee, [Some(8), None], Written, Some(Severity::Note)),
        (fee, [None, Some(8)], Unwritten, Some(Severity::Note)),
        (fee, [None, None], Unwritten, None),
        (fee, [Some(8), Some(8)], Unwritten, None),
    ] {
        let changes: Vec<ChangedAnswer> = change(entry, words, cause).into_iter().collect();
        let findings = report_changes(&changes, "2.0", &Names::default());
        let severities: Vec<Severity> = findings.iter().map(|finding| finding.severity).collect();
        let expected: Vec<Severity> = expected.into_iter().collect();
        assert_eq!(severities, expected, "{entry} {words:?} {cause:?}");
    }
}

#[test]
fn instances_share_one_finding_for_each_function() {
    let decimals = "function decimals() view returns (uint8)";
    let fee = "function fee() view returns (uint256)";
    let changed = |entry, account, cause| {
        let changed = change(entry, [Some(8), Some(18)], cause).expect("a change");
        let proxy = Address::repeat_byte(account);
        ChangedAnswer { proxy, ..changed }
    };
    let changes = [
        changed(decimals, 1, AnswerCause::Code),
        changed(fee, 1, AnswerCause::Written),
        changed(decimals, 2, AnswerCause::Code),
        changed(fee, 2, AnswerCause::Written),
        // The same function is no note as well.
        changed(decimals, 3, AnswerCause::Expected),
    ];
    let findings = report_changes(&changes, "2.0", &Names::default());
    let told: Vec<(String, &str)> = findings
        .iter()
        .map(|finding| (finding.id.to_string(), finding.message.as_str()))
        .collect();
    let expected = [
        (
            "answer-changed:decimals()".to_owned(),
            "decimals() of 0x0101010101010101010101010101010101010101 and of 1 other instance: 8 → 18: it reads no storage, so the code decides it",
        ),
        (
            "answer-changed".to_owned(),
            "fee(): 8 → 18 (0x0101010101010101010101010101010101010101 and 1 instance more: the upgrade writes what it reads)",
        ),
    ];
    assert_eq!(told, expected);
}

#[test]
fn an_answer_that_names_its_version_is_recognized() {
    let release = function("function release() view returns (string)");
    let call = ViewCall {
        argument: None,
        input: Bytes::new(),
        function: &release,
    };
    let encoded = |text: &str| {
        let values = [DynSolValue::String(text.into())];
        Bytes::from(release.abi_encode_output(&values).expect("encoded"))
    };
    let [before, after] = ["1.0", "2.0"].map(encoded);
    let names = Names::default();
    let changed = ChangedAnswer::new(&call, PROXY, Some(&before), Some(&after), &names);
    let changed = changed.expect("a change");
    assert!(changed.is_text("1.0", "2.0"));
    assert!(!changed.is_text("1.0", "3.0"));
}
