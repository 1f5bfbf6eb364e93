//! Which lines of a contract in Solidity ran, by the source map in a build-info.

use crate::prelude::*;
use alloy::sol;

use super::{Lines, branches, lines, send, traced, traced_branches};
use crate::layouts::build_infos::build_info;
use crate::layouts::project::{Project, home};

sol! {
    function choose(uint256 number) external returns (uint256 sum);
}

const SOURCE: &str = "covered/Covered.sol";
const FILE: &str = "Covered.sol";
const OUTPUTS: [&str; 3] = ["evm.bytecode.object", "evm.deployedBytecode", "metadata"];

/// The lines of the contract that end in that word.
fn marked(word: &str) -> Vec<(String, u64)> {
    let path = Path::new(&home("tests/fixtures")).join(SOURCE);
    let text = std::fs::read_to_string(path).expect("the source");
    let lines = text.lines().zip(1..);
    let marked = lines.filter(|(line, _)| line.ends_with(&format!("// {word}")));
    let marked: Vec<_> = marked.map(|(_, line)| (FILE.to_owned(), line)).collect();
    assert!(!marked.is_empty(), "{word}");
    marked
}

/// Creates the contract with that limit.
fn created(project: &Project, info: &Value, limit: u64) -> Address {
    let from = project.node.addresses()[1];
    let code = &info["output"]["contracts"][FILE]["Covered"]["evm"]["bytecode"];
    let code: Bytes = text(code, "object").parse().expect("code");
    let input = [&code[..], &U256::from(limit).abi_encode()].concat().into();
    let address = project.node.with_chain(move |chain| {
        chain.impersonate(from);
        let request = CallRequest {
            input,
            gas: Some(10_000_000),
            ..CallRequest::default()
        };
        let hash = chain.submit_unsigned(from, request).expect("it is taken");
        chain.receipt(hash).expect("it is mined").contract_address
    });
    address.expect("the chain").expect("it is created")
}

#[test]
fn lines_of_solidity_ran_or_not_by_the_source_map_of_what_is_deployed() {
    let project = Project::new();
    let info = build_info(project.folder(), SOURCE, &OUTPUTS).expect("it compiles");
    let file = project.path("info.json");
    let write = |info: &Value| std::fs::write(&file, info.to_string()).expect("written");
    write(&info);
    // Two contracts of one source, whose codes differ in an immutable.
    let [first, second] = [10, 20].map(|limit| created(&project, &info, limit));
    let choose = |number| chooseCall {
        number: U256::from(number),
    };
    let ran = [
        send(&project, first, &choose(4)),
        send(&project, second, &choose(5)),
        send(&project, first, &choose(11)),
    ];
    assert_eq!(ran.map(|(_, success)| success), [true, true, false]);
    let hashes = ran.map(|(hash, _)| hash.to_string());
    let hashes = hashes.each_ref().map(String::as_str);
    let source = format!("{}:{FILE}:Covered", file.display());
    let tracefile = project.path("lcov.info").display().to_string();
    let options = format!("--source {source} --lcov {tracefile}");
    let document = project.done(&[&["coverage"], &hashes[..], &options.list()].concat());
    assert_eq!(document["transactions"], 3);
    assert_eq!(document["unfaithful"], serde_json::json!([]));
    let found: Lines = lines(&document);
    let tracefile = std::fs::read_to_string(&tracefile).expect("it was written");
    assert_eq!(traced(&tracefile), found);
    let branches = branches(&document);
    assert_eq!(traced_branches(&tracefile), branches);

    let runs = |word: &str| {
        marked(word)
            .into_iter()
            .map(|line| (found.get(&line).copied(), line))
    };
    for (runs, line) in runs("dead") {
        assert_eq!(runs, Some(0), "{line:?}\n{tracefile}");
    }
    for word in ["ran", "one way", "both ways"] {
        for (runs, line) in runs(word) {
            assert!(runs.is_some_and(|runs| runs > 0), "{line:?}\n{tracefile}");
        }
    }
    // The body of the loop, and what it calls: four times, and five times.
    for (runs, line) in runs("each") {
        assert_eq!(runs, Some(9), "{line:?}\n{tracefile}");
    }
    let is_half = |taken: &Vec<u64>| taken.contains(&0) && taken.iter().any(|runs| *runs > 0);
    let is_whole = |taken: &Vec<u64>| !taken.contains(&0);
    for line in marked("one way") {
        let jumps = &branches[&line];
        assert!(jumps.iter().all(is_half), "{line:?} {jumps:?}");
    }
    for line in marked("both ways") {
        let jumps = &branches[&line];
        assert!(jumps.iter().any(is_whole), "{line:?} {jumps:?}");
    }

    // Other sources were not compiled to that code, or not to what the build-info says.
    let named = |source: &str| {
        let answer = project.run(&[&["coverage"], &hashes[..1], &["--source", source]].concat());
        answer.error("name").to_owned()
    };
    let changed = |pointer: &str, value: Value| {
        let mut info = info.clone();
        *info.pointer_mut(pointer).expect(pointer) = value;
        write(&info);
        named(&source)
    };
    let code = "/output/contracts/Covered.sol/Covered/evm/deployedBytecode";
    let object = text(info.pointer(code).expect("it"), "object");
    let other = format!("{}00", &object[..object.len() - 2]);
    assert_eq!(changed(&format!("{code}/object"), other.into()), "NotRun");
    let seen = changed(&format!("{code}/sourceMap"), "x".into());
    assert_eq!(seen, "SourceMap");
    let content = "/input/sources/Covered.sol/content";
    assert_eq!(changed(content, "contract Covered {}".into()), "SourceMap");
    write(&info);
    assert_eq!(named(&file.display().to_string()), "SourceMap");
    assert_eq!(named(&format!("{}:Steps", file.display())), "NotRun");
}
