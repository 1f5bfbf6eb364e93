use super::*;

fn made(abi: &[&str]) -> Result<PublicInterface, LayoutError> {
    PublicInterface::new(abi.iter().map(|one| (*one).to_owned()), [])
}

#[test]
fn entries_are_sorted_and_what_they_answer_is_known() {
    let abi = [
        "receive",
        "function swap((address,uint256[2][])[],bytes32) payable returns (bool,int8)",
        "function name() view returns (string)",
        "event Moved(address indexed,uint256) anonymous",
        "event Moved(address indexed,uint256)",
        "error Low(uint256)",
        "fallback payable",
        "error Low(uint256)",
    ];
    let made = made(&abi).unwrap();
    let mut expected = abi[..7].to_vec();
    expected.sort_unstable();
    assert_eq!(made.abi(), expected);
}

#[test]
fn an_entry_has_one_spelling() {
    let deep = format!("error X({}uint8{})", "(".repeat(17), ")".repeat(17));
    let arrays = format!("error X(uint8{})", "[]".repeat(17));
    for text in [
        "",
        "function",
        "function x",
        "function x(",
        "function x(uint)",
        "function x(uint256 amount)",
        "function x(uint256, bool)",
        "function x(uint0256)",
        "function x(uint7)",
        "function x(uint264)",
        "function x(bytes33)",
        "function x(bytes0)",
        "function x(uint256,)",
        "function x(,)",
        "function x(uint8[0])",
        "function x(uint8[01])",
        "function x(uint8[1000000000])",
        "function x(uint8[a])",
        "function x(uint8[)",
        "function x() nonpayable",
        "function x() returns ()",
        "function x()  view",
        "function x() view ",
        "function x() returns (bool) view",
        "function 1x()",
        "function ()",
        "function x\u{e9}()",
        "function x()\n",
        "function x\u{202e}()",
        "error X(uint256 indexed)",
        "event X(uint256 Indexed)",
        "event X() anonymous anonymous",
        "fallback view",
        "receive payable",
        "constructor()",
        &deep,
        &arrays,
    ] {
        let refused = made(&[text]);
        assert!(
            matches!(refused, Err(LayoutError::Interface { .. })),
            "{text}: {refused:?}"
        );
    }
}

#[test]
fn two_entries_that_answer_one_call_are_refused() {
    for pair in [
        ["function x(uint8)", "function x(uint8) view returns (bool)"],
        // of one selector, 0x42966c68
        [
            "function burn(uint256)",
            "function collate_propagate_storage(bytes16)",
        ],
        ["fallback", "fallback payable"],
    ] {
        let refused = made(&pair).unwrap_err().to_string();
        assert!(refused.contains("entry 1 answers"), "{refused}");
    }
}

#[test]
fn what_is_too_much_is_refused() {
    let many = (0..=ENTRIES_MAX).map(|n| format!("error X{n}()"));
    assert!(PublicInterface::new(many, []).is_err());
    let long = format!("error {}()", "X".repeat(ENTRY_MAX));
    assert!(made(&[&long]).is_err());
    let notes = |all: Vec<String>| PublicInterface::new([], all);
    assert!(notes((0..NOTES_MAX).map(|n| n.to_string()).collect()).is_ok());
    assert!(notes((0..=NOTES_MAX).map(|n| n.to_string()).collect()).is_err());
    assert!(notes(vec!["a".repeat(NOTE_MAX)]).is_ok());
    for note in [
        "a".repeat(NOTE_MAX + 1),
        String::new(),
        "a\u{1b}[31m".into(),
        "a\u{202e}b".into(),
        "a\nb".into(),
    ] {
        assert!(notes(vec![note]).is_err());
    }
}

#[test]
fn errors_of_libraries_are_among_the_errors() {
    let found = made(&["error Low(uint256)", "function low()"]).unwrap();
    assert_eq!(found.library_errors(), [""; 0]);
    let low = "error Low(uint256)".to_owned();
    let with = found.clone().with_library_errors([low.clone()]).unwrap();
    assert_eq!(with.library_errors(), [low]);
    let text = serde_json::to_string(&with).unwrap();
    assert_eq!(
        serde_json::from_str::<PublicInterface>(&text).unwrap(),
        with
    );
    for other in ["function low()", "error High()"] {
        let refused = found.clone().with_library_errors([other.to_owned()]);
        assert!(refused.is_err(), "{other}");
        let text = format!(r#"{{"abi":["function low()"],"library_errors":["{other}"]}}"#);
        assert!(serde_json::from_str::<PublicInterface>(&text).is_err());
    }
}
