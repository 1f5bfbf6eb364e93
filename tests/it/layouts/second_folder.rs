//! An operator who has only an endpoint and a key. The layouts of the registered versions are on
//! chain, so they are compared. What cannot be compared is refused.

use crate::command::instead;
use crate::prelude::*;
use alloy::hex;

use crate::run_migration::proxy::{Failure, Proxy};

use super::folder::{Folder, NOT_COMPARED, add, complete, problems, without};
use super::project::{BACK, COUNT, LOST, Project, SWAPPED, V1, V2, home};

#[tokio::test]
async fn who_has_an_endpoint_and_a_key_plans_migrates_and_goes_back_with_every_check_done() {
    let project = Project::with_note();
    let second = Folder::on(&project);
    let (v2, swapped) = (home(V2), home(SWAPPED));
    let proxy = project.done("status note")["instance"]["proxy"].clone();
    let proxy = proxy.as_str().expect("an address");

    // The storage would be misread: it is refused here as it is in the first folder.
    let wrong = format!("migrate Note 2.0 {swapped} {COUNT}");
    second.refused("LayoutRefused", &wrong);
    let plan = second.run(&instead("plan", &wrong));
    assert_eq!(plan.exit, Some(1));
    assert!(problems(&plan.document).contains(&"insert:changes"));
    assert_eq!(project.note(), U256::from(7));

    // The migration that the code declares is left out.
    let bare = format!("migrate Note 2.0 {v2}");
    let refused = second.refused("MigrationOmitted", &bare);
    assert_snapshot!(refused.refusal(), @"
    message: Note 2.0 declares a migration that would not run, and never could again: countFrom(uint256), the migration 1.0 → 2.0
    expected: countFrom(uint256)
    found: no call of it
    next: --call 'countFrom(uint256)' UINT256; if the data really stays as it is, or something else migrates it: --accept migration-omitted
    ");
    let plan = second.run(&instead("plan", &bare));
    assert!(problems(&plan.document).contains(&"migration-omitted"));
    let other = format!("{bare} --call countOn(uint256) 40");
    second.refused("MigrationUndeclared", &other);

    // Which functions version 1.0 has, its document says.
    let right = format!("{bare} {COUNT}");
    let plan = second.done(&instead("plan", &right));
    assert_eq!(plan["coverage"], complete());
    let done = second.done(&right);
    assert_eq!(done["coverage"], complete());
    assert_eq!(text(&done["storage"][0], "verdict"), "safe");
    let seen = project.code("2.0").await.layoutHash.to_string();
    assert_eq!(seen, done["layout_hash"]);

    // A third one, who never built any of it, goes back.
    let third = Folder::on(&project);
    let lost = third.refused("InterfaceLost", "rollback Note --to 1.0 --label 3.0");
    assert_eq!(lost.error("found"), LOST);
    let back = third.done(&BACK);
    assert_eq!(back["coverage"], without("partial", "complete"));
    let seen = text(&back["storage"][0]["accepted"][0], "id");
    assert_eq!(seen, "delete:changes");
    assert!(third.layouts().read_dir().expect("a cache").count() >= 2);
    third.done("verify Note");
    assert_eq!(project.note(), U256::from(7));

    // And forward again: what version 2 counted still lies there.
    let code = project.code("2.0").await.implementation.to_string();
    let again = format!("register Note 4.0 {code} --accept=migration-omitted");
    third.refused("DirtyField", &again);
    let named = "--accept dirty:changes";
    third.done(&format!("{again} {named}"));
    let upgrade = format!("upgrade {proxy} 4.0 --accept=migration-omitted");
    let fourth = Folder::on(&project);
    let refused = fourth.refused("DirtyField", &upgrade);
    let found = refused.error("found");
    assert!(
        found.to_lowercase().contains(&proxy.to_lowercase()) && found.contains("changes"),
        "{found}"
    );
}

#[tokio::test]
async fn what_cannot_be_compared_is_refused_by_every_command_unless_it_is_named() {
    let project = Project::with_note();
    // Another tool registers a version with a layout that nobody published.
    let unknown = Code {
        layoutHash: B256::repeat_byte(9),
        ..project.code("1.0").await
    };
    add(&project, "Note", "2.0", unknown, "1.0").await;
    let second = Folder::on(&project);
    let v2 = home(V2);
    let address = project.code("1.0").await.implementation.to_string();
    let named = format!("--accept not-compared --accept absent:steps {NOT_COMPARED}");
    let third = format!("Note 3.0 {v2} --from 2.0 --accept=migration-omitted");
    let proxy = project.done("status note")["instance"]["proxy"].clone();
    let proxy = proxy.as_str().expect("an address");
    for words in [
        format!("upgrade {proxy} 2.0"),
        format!("migrate {third}"),
        format!("register {third}"),
        "register Note 2.0 --from 1.0".into(),
        "rollback Note --to 2.0 --label 3.0".into(),
    ] {
        second.refused("LayoutNotCompared", &words);
    }
    let plan = second.run("plan Note 2.0");
    assert_eq!(plan.exit, Some(1));
    assert!(problems(&plan.document).contains(&"not-compared"));
    for part in ["layout", "steps", "live_instances"] {
        assert_eq!(plan.document["coverage"][part], "absent", "{part}");
    }

    let done = second.done(&format!("register {third} {named}"));
    assert_eq!(done["coverage"]["layout"], "absent");
    assert_eq!(text(&done["storage"][0], "verdict"), "unknown");

    // Of two versions with one hash nothing has to be compared.
    let same = format!("register Note 5.0 {address} --from 1.0");
    let done = second.done(&same);
    assert_eq!(text(&done["storage"][0], "verdict"), "unchanged");
}

#[test]
fn an_instance_is_not_created_without_the_initializer_that_its_code_declares() {
    let project = Project::with_note();
    let second = Folder::on(&project);
    let create = "create-proxy Note 1.0";
    let refused = second.refused("InitializerOmitted", &create);
    assert_snapshot!(refused.refusal(), @"
    message: Note 1.0 declares an initializer that would not run, and never could on this instance: initialize(uint256), the initializer of 1.0
    expected: initialize(uint256), the initializer of 1.0
    found: no --init
    next: --init 'initialize(uint256)' UINT256; if the instance is meant to stay uninitialized: --accept initializer-omitted
    ");
    let mistyped = format!("{create} --init initialise(uint256) 7");
    let refused = second.refused("InitializerUndeclared", &mistyped);
    assert_snapshot!(refused.refusal(), @"
    message: no initializer of 1.0 that the code of Note 1.0 declares: the function initialise(uint256) (selector [hex])
    expected: initialize(uint256), the initializer of 1.0
    found: the function initialise(uint256) (selector [hex])
    next: --init 'initialize(uint256)' UINT256
    ");
    let bare = second.done(&format!("{create} --accept=initializer-omitted"));
    let seen = json!({ "steps": "complete", "source": "partial", "interface": "complete" });
    assert_eq!(bare["coverage"], seen);
    let init = format!("{create} --init initialize(uint256) 8");
    assert_eq!(second.done(&init)["executed"], true);
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 35 s"]
fn a_layout_that_is_too_large_to_publish_is_refused_before_anything_is_sent() {
    let project = Project::with_note();
    let name = |n: u64| keccak256(n.to_be_bytes()).to_string(); // no compression makes it short
    let field =
        |n: u64| json!({"label": name(n), "slot": n.to_string(), "offset": 0, "type": "t_uint256"});
    let fields: Vec<Value> = (0..3_000).map(field).collect();
    let types =
        json!({"t_uint256": {"encoding": "inplace", "label": "uint256", "numberOfBytes": "32"}});
    let layout = json!({"storage": fields, "types": types}).to_string();
    std::fs::write(project.path("large.json"), layout).expect("written");
    project.done("define Large --migrate Admin");
    let words = "register Large 1.0 counter-back --layout large.json";
    let answer = project.refused("LayoutTooLarge", &words);
    let expected = "at most 1,048,576 bytes, 32,768 compressed";
    assert_eq!(answer.error("expected"), expected);
}

#[test]
fn the_folder_of_layouts_is_only_a_cache() {
    let project = Project::with_note();
    let folder = project.path("stylus-upgrades-layouts");
    std::fs::remove_dir_all(&folder).expect("removed");
    let v2 = home(V2);
    let plan = project.done(&format!("plan Note 2.0 {v2} {COUNT}"));
    assert_eq!(plan["coverage"], complete());
    assert!(Path::new(&folder).is_dir());
}

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 24 s"]
async fn an_endpoint_that_withholds_the_path_upgrades_nothing_unseen() {
    let project = Project::with_note();
    let register = format!("register Note 2.0 {} {COUNT}", home(SWAPPED));
    let allow = project.refused("LayoutRefused", &register).accepts();
    project.done(&format!("{register} {allow}"));
    let shown = project.done("status note");
    let proxy = text(&shown["instance"], "proxy");

    let second = Folder::on(&project);
    let upgrade = format!("upgrade {proxy} 2.0");
    second.refused("LayoutRefused", &upgrade);
    let before = project.nonce();
    for (method, query) in [
        ("eth_call", hex::encode(IRegistry::planCall::SELECTOR)),
        ("eth_call", hex::encode(IRegistry::instanceOfCall::SELECTOR)),
        ("eth_getStorageAt", hex::encode(slots::ADMIN)), // where its registry stands
    ] {
        let refused = Failure::Refused("out of credits");
        let endpoint = Proxy::failing(&project.node.endpoint(), [method, &query], refused);
        let answer = second.run_by(&endpoint.url(), &upgrade);
        assert_eq!(answer.exit, Some(4), "{answer:?}");
        assert!(endpoint.failures() > 0);
    }
    assert_eq!(project.nonce(), before, "something was sent");
    assert_eq!(project.note(), U256::from(7));
}

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 17 s"]
async fn calldata_that_no_upgrade_could_run_is_not_recorded_with_a_version() {
    let project = Project::with_note();
    let v2 = home(V2);
    let selector = hex::encode_prefixed(&keccak256("countFrom(uint256)")[..4]);
    let tail = format!("{selector}{}", "00".repeat(33));
    for data in [&selector, &tail] {
        let register = format!("register Note 2.0 {v2} --call {data}");
        let refused = project.refused("StepArguments", &register);
        let next = refused.error("next");
        assert_eq!(next, "--call 'countFrom(uint256)' UINT256");
    }
    // Under labels that the code does not know, its migration is not left out in silence either.
    project.done("define Other --migrate Admin");
    let first = format!("register Other v1 {}", home(V1));
    let refused = project.refused("InitializerOfOther", &first);
    let next = refused.error("next");
    assert!(next.starts_with("register it as 1.0, or"), "{next}");
    project.done(&format!("{first} --accept=initializer-of-other"));
    project.refused("MigrationOmitted", &format!("register Other v2 {v2}"));
}
