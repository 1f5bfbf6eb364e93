//! What somebody is told who adopts a proxy, as an approver is: the code of the version is another's.

use crate::prelude::*;
use alloy::hex;
use stylus_upgrades_tests::contracts::folder;
use stylus_upgrades_tests::peers::TRANSPARENT_5;

use super::adopted::{ABSENT, deployed, give, registered};
use super::exchanged;
use super::fixture::Fixture;

/// A transparent proxy over that code, in the hands of `A`. OpenZeppelin asks for a call that initializes it; this one only
/// reads, or is answered by whatever answers everything.
pub(super) async fn given(fixture: &Fixture, code: Address) -> Address {
    let reads = Bytes::copy_from_slice(&keccak256("fee()")[..4]);
    let arguments = (code, fixture.owner(0).address(), reads).abi_encode_params();
    let proxy = fixture.deploy(TRANSPARENT_5, &arguments).await;
    let admin = fixture.client.storage(proxy, slots::ADMIN).await;
    give(fixture, Address::from_word(admin.expect("a slot")), "A").await;
    proxy
}

#[tokio::test]
async fn what_a_tag_allows_is_accepted_by_who_adopts() {
    let fixture = Fixture::new().await;
    let tools = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi", "metadata", "evm"];
    let info = exchanged::compiled(tools.path(), &outputs);
    std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
    let code = |name: &str| exchanged::code(&info, name);
    let before = fixture.create("Before", code("Before")).await;
    let allowing = fixture.create("Allowing", code("Allowing")).await;
    registered(&fixture, allowing, "info.json:Allowing").await;
    let proxy = given(&fixture, before).await;
    let layouts = "--layout info.json:Allowing --runs-layout info.json:Before";
    let absent = ABSENT.replace(",absent:code", "");
    let adopt = format!("adopt A {proxy} 1.0 {layouts} --dry-run {absent}");
    let bin = exchanged::compiler(tools.path());
    let run = |words: &str| fixture.run_with_solc(words, &[&bin]);
    let refused = run(&adopt);
    refused.is_refused("UnsafeCode");
    let id = "oz-allowed:delegatecall";
    assert!(refused.error("next").contains(id), "{refused:?}");
    // And anybody may have any code run by it.
    let open = "stranger:run(address,bytes)";
    let refused = run(&format!("{adopt} --accept {id}"));
    assert!(refused.error("expected").contains(open), "{refused:?}");
    run(&format!("{adopt} --accept {id},{open}")).ends_with(0);
}

/// Nobody knows which SDK built a program that others deployed.
#[tokio::test]
async fn a_struct_that_an_older_sdk_counts_shorter_is_told_of_programs_alone() {
    let fixture = Fixture::new().await;
    let code = deployed(&fixture, "Box").await;
    registered(&fixture, code, "Box.json").await;
    let hostile = folder("hostile").display().to_string();
    fixture.done("define B --migrate Admin");
    let program = fixture.done(&format!(
        "register B 1.0 {hostile} {ABSENT},slots-by-hand:hostile@ab8850ac42cf7dbd9f7c3e5eda7084b8"
    ));
    let program: Address = text(&program, "implementation").parse().expect("it");
    let member = |label: &str, slot: u32, kind: &str| json!({"label": label, "slot": slot.to_string(), "offset": 0, "type": kind});
    let (word, point, tally) = (
        "t_uint256",
        "t_struct(Point)1_storage",
        "t_struct(Tally)2_storage",
    );
    let structure = |label: &str, bytes: u32, members: Value| json!({"label": label, "encoding": "inplace", "numberOfBytes": bytes.to_string(), "members": members});
    let types = json!({
        word: {"label": "uint256", "encoding": "inplace", "numberOfBytes": "32"},
        point: structure("struct Point", 32, json!([member("x", 0, word)])),
        tally: structure("struct Tally", 64, json!([member("total", 0, word), member("point", 1, point)])),
    });
    let layout = json!({"storage": [member("tally", 0, tally), member("last", 2, word)], "types": types, "namespaces": {}});
    std::fs::write(fixture.path("Old.json"), layout.to_string()).expect("written");
    let found = async |code: Address| {
        let proxy = given(&fixture, code).await;
        let adopt = format!("adopt A {proxy} 1.0 --runs-layout Old.json --dry-run {ABSENT}");
        let answer = fixture.run(&adopt);
        answer.is_refused("LayoutRefused");
        answer.document.to_string()
    };
    let told = found(program).await;
    assert!(told.contains("older-sdk:Tally"), "{told}");
    // PUSH1 1 PUSH1 0 RETURN: its code is one zero byte.
    let nothing = hex::decode("60016000f3").expect("code");
    let other = fixture.create("a contract", nothing.into()).await;
    let told = found(other).await;
    assert!(!told.contains("older-sdk"), "{told}");
}
