//! Runs the commands that compare layouts as processes. They send no transaction before a pair of
//! layouts is compared.

use crate::command::{command, instead};
use crate::prelude::*;
use stylus_layout::{Document, Layout, StepKind};
use stylus_upgrades_harness::builder;
use stylus_upgrades_tests::contracts::contract;

use super::build_infos::build_info_of;
use super::folder::problems;
use super::project::{BACK, COUNT, MOVED_ANSWER, Project, SWAPPED, V1, V2, hash, home};

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 18 s"]
fn other_code_under_a_label_that_is_taken_is_refused_before_anything_is_sent() {
    let project = Project::with_note();
    let v2 = home(V2);
    let migrate = format!("migrate Note 1.0 {v2} {COUNT}");
    for words in [migrate.clone(), instead("register", &migrate)] {
        let answer = project.refused("VersionExists", &words);
        let next = answer.error("next");
        assert!(next.starts_with("nothing was sent"), "{next}");
    }
    // The code that it has continues to work.
    project.done(&["migrate", "Note", "1.0", &home(V1)]);
}

#[tokio::test]
async fn a_version_that_would_misread_the_storage_is_refused_before_anything_is_sent() {
    let project = Project::with_note();
    let swapped = home(SWAPPED);
    let migrate = format!("migrate Note 2.0 {swapped} {COUNT}");
    let answer = project.refused("LayoutRefused", &migrate);
    let found: Vec<&str> = answer.error("found").split(", ").collect();
    assert_eq!(found, ["insert:changes", "shift:note"]);
    assert!(answer.stderr.contains("note"), "{}", answer.stderr);
    project.refused("LayoutRefused", &instead("register", &migrate));
    // The plan finds the same, and says it with everything else.
    let plan = project.run(&instead("plan", &migrate));
    plan.ends_with(1);
    assert!(problems(&plan.document).contains(&"insert:changes"));
    // What a variable holds now is read by the layout of now, wherever it lies.
    let changes = plan.document["instances"][0]["changes"].as_array();
    let changes = changes.into_iter().flatten();
    let fields = changes.flat_map(|one| one["fields"].as_array().into_iter().flatten());
    let values = fields.map(|one| ["name", "before", "after"].map(|name| text(one, name)));
    let values: Vec<[&str; 3]> = values.collect();
    for shown in [["changes", "(none)", "40"], ["note", "7", "0"]] {
        assert!(values.contains(&shown), "{values:?}");
    }
    assert_eq!(project.note(), U256::from(7));

    // Half of an allowance is none, and what was not found allows nothing.
    let half = format!("{migrate} --accept {}", found[0]);
    project.refused("LayoutRefused", &half);
    project.refused("LayoutRefused", &format!("{migrate} --accept delete:note"));

    // With the finding named, it continues and reports it.
    let done = project.done(&format!("{migrate} {} {MOVED_ANSWER}", answer.accepts()));
    let storage = &done["storage"][0];
    assert_eq!(text(storage, "verdict"), "accepted");
    let seen = storage["accepted"].as_array().map(Vec::len);
    assert_eq!(seen, Some(found.len()));
    // What it was refused for: the count of changes lies where the note was.
    assert_eq!(project.note(), U256::from(40));
}

#[tokio::test]
async fn what_is_registered_is_the_hash_of_the_layout_and_of_the_sources() {
    let project = Project::with_note();
    let shown = project.done(&["layout", "show", &home(V1)]);
    let layout: Layout = serde_json::from_value(shown["layout"].clone()).expect("a layout");
    let code = project.code("1.0").await;
    assert_eq!(hash(&shown, "hash"), code.layoutHash);
    let kept = project.path(&format!("stylus-upgrades-layouts/{}.json", code.layoutHash));
    let kept = std::fs::read(kept).expect("the document");
    assert_eq!(keccak256(&kept), code.layoutHash);
    let document = Document::decode(&kept).expect("a document");
    assert_eq!(document.layout.hash(), layout.hash());
    let steps = document.steps.expect("steps");
    let [initializer] = steps.as_slice() else {
        panic!("{steps:?}");
    };
    assert_eq!(initializer.kind, StepKind::Initializer);
    assert_eq!(initializer.signature, "initialize(uint256)");
    let deployed = project.done(&["deploy", &home(V1)]);
    assert_eq!(hash(&deployed, "source_hash"), code.sourceHash);
    assert!(!code.sourceHash.is_zero() && !code.layoutHash.is_zero());
    let build = &deployed["build"];
    assert_eq!(text(build, "stylus_sdk"), "0.10.10");
    assert!(text(build, "rustc").starts_with("rustc 1."), "{build}");
    assert!(
        text(build, "encoder").starts_with("wasm-encoder "),
        "{build}"
    );

    // By address and on the way back a version keeps what is known of its code.
    let v2 = home(V2);
    let second = format!("migrate Note 2.0 {v2} {COUNT}");
    let done = project.done(&second);
    assert_eq!(text(&done["storage"][0], "verdict"), "safe");
    let back = project.done(&BACK);
    let seen = text(&back["storage"][0]["accepted"][0], "id");
    assert_eq!(seen, "delete:changes");
    assert_eq!(project.code("3.0").await, code);
    let address = project.code("2.0").await.implementation.to_string();
    // Forward again: what stands in the way is said at once, with the flag for each.
    let forward = format!("migrate Note 4.0 {address}");
    let refused = project.refused("DirtyField", &forward);
    assert_snapshot!(refused.refusal(), @r#"
    message: new fields of Note 4.0 begin with values that an older version left there:
      dirty:changes  changes: slot 0x0000000000000000000000000000000000000000000000000000000000000001 of [address] holds 0x0000000000000000000000000000000000000000000000000000000000000028, left by changes of 2.0
    expected: zeros where the new version begins to use storage
    found: changes: slot 0x0000000000000000000000000000000000000000000000000000000000000001 of [address] holds 0x0000000000000000000000000000000000000000000000000000000000000028, left by changes of 2.0
    next: put the field where nothing was, or clear it in a migration before; if its own migration sets it, declare migrates = ["dirty:FIELD"] in Cargo.toml; to accept it: --accept dirty:changes; MigrationOmitted refuses it too (Note 4.0 declares a migration that would not run, and never could again: countFrom(uint256), the migration 1.0 → 2.0): give a --script that migrates it; if the data really stays as it is, or something else migrates it: --accept migration-omitted
    "#);
    // The count of changes that version 2 left behind would be the first of version 4.
    let again = format!("migrate Note 4.0 {address} --accept=migration-omitted");
    let refused = project.refused("DirtyField", &again);
    let found = refused.error("found");
    let record = format!("changes: slot {} of ", B256::with_last_byte(1));
    let value = format!(" holds {}", B256::with_last_byte(40));
    let is_told = found.starts_with(&record) && found.contains(&value);
    assert!(is_told, "{found}");
    let plan = project.run(&instead("plan", &again));
    assert!(problems(&plan.document).contains(&"dirty:changes"));
    let allowed = format!("{again} --accept dirty:changes");
    let done = project.done(&allowed);
    let accepted = &done["storage"][0]["accepted"][0];
    assert_eq!(text(accepted, "id"), "dirty:changes");
    assert_eq!(project.code("4.0").await, project.code("2.0").await);
}

#[tokio::test]
async fn an_upgrade_is_checked_by_what_was_registered() {
    let project = Project::with_note();
    let swapped = home(SWAPPED);
    let register = format!("register Note 2.0 {swapped} {COUNT}");
    let allow = project.refused("LayoutRefused", &register).accepts();
    project.done(&format!("{register} {allow}"));

    // What was allowed when it was registered is not allowed of the instance.
    let asked = project.refused("LayoutRefused", "upgrade note 2.0");
    assert_snapshot!(asked.refusal(), @r#"
    message: Note 2.0 would misread the storage of 1.0:
      insert:changes  changes: new uint256 @ slot 0: on bytes that hold note; add new fields after all old ones
      shift:note  note: uint256 @ slot 0 → uint256 @ slot 1: moved by a change before it
    expected: every field of 1.0 in its place, or a migration that declares what it moves
    found: insert:changes, shift:note
    next: if the migration moves them, declare it in Cargo.toml of 2.0 and rebuild: [package.metadata.stylus-upgrades] migrates = ["insert:changes", "shift:note"]; to accept it: --accept insert:changes,shift:note; what was accepted at registration is not on chain, so every upgrade asks again; the whole command: stylus-upgrades upgrade note 2.0 --json --private-key-path [folder]/key --accept insert:changes,shift:note
    "#);
    let next = asked.error("next").to_owned();
    let (_, whole) = next
        .rsplit_once(": stylus-upgrades ")
        .unwrap_or_else(|| panic!("{next}"));
    let whole: Vec<String> = whole.split(' ').map(str::to_owned).collect();

    // A layout that was changed is no layout.
    let old = project.code("1.0").await.layoutHash;
    let kept = project
        .path("stylus-upgrades-layouts")
        .join(format!("{old}.json"));
    let layout = std::fs::read_to_string(&kept).expect("the layout of 1.0");
    std::fs::write(&kept, layout.replace("\"note\"", "\"memo\"")).expect("written");
    project.refused("LayoutTampered", "upgrade note 2.0");

    // With the layouts, and with what is found named again, it continues: by the command as it was printed.
    std::fs::write(&kept, layout).expect("written");
    let words: Vec<&str> = whole.iter().map(String::as_str).collect();
    let (typed, accepts) = words.split_at(6);
    assert_eq!(
        typed[..5],
        ["upgrade", "note", "2.0", "--json", "--private-key-path"]
    );
    let done = project.done(&[&typed[..3], accepts].concat());
    let accepted = &done["storage"][0]["accepted"][0];
    assert_snapshot!(masked(text(accepted, "message")), @"changes: new uint256 @ slot 0: on bytes that hold note; add new fields after all old ones");
    assert_eq!(accepted, &done["accepted"][0]);
}

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 17 s"]
async fn approvers_see_the_build_of_the_very_code_and_of_no_other() {
    let project = Project::new();
    project.done(&format!("define Two --migrate {}", project.together()));
    let proposed = project.run(&["register", "Two", "1.0", &home(V1)]);
    proposed.ends_with(3);
    let builds = &proposed.document["builds"];
    assert_eq!(text(&builds[0], "name"), "note-v1");
    let pending = project.done("pending Two");
    let build = &pending["actions"][0]["builds"][0];
    assert_eq!(build["build"], builds[0]["build"]);
    // Who proposed it has built it in that run; who only looks has what the folder says.
    assert_eq!(
        (&builds[0]["built_now"], &build["built_now"]),
        (&json!(true), &json!(false))
    );
    assert!(text(&build["build"]["commit"], "id").len() >= 40, "{build}");
    let action = text(&proposed.document, "action");
    let answer = project.refused(
        "ArtifactDiffers",
        &["approve", action, "--source", &home(V2)],
    );
    assert!(answer.error("expected").starts_with("code hash 0x"));

    // A record of a build that was changed is shown to nobody.
    let codehash = text(build, "codehash");
    let record = project
        .path("stylus-upgrades-layouts/builds")
        .join(format!("{codehash}.json"));
    let written = std::fs::read_to_string(&record).expect("a record");
    let lie = written.replace(codehash, &B256::repeat_byte(7).to_string());
    std::fs::write(&record, lie).expect("written");
    project.refused("LayoutTampered", "pending Two");
    let mut lie: Value = serde_json::from_str(&written).expect("a record");
    lie["source_hash"] = json!(B256::repeat_byte(7));
    std::fs::write(&record, lie.to_string()).expect("written");
    let pending = project.run("pending Two");
    assert_eq!(pending.document["actions"][0]["builds"], json!([]));
    let why = &pending.document["actions"][0]["differs"][0];
    assert!(
        why.to_string().contains("it is not what was built here"),
        "{}",
        pending.stderr
    );
}

#[test]
fn layouts_are_compared_and_migrations_written_without_a_chain() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |words: &str| {
        let answer = Answer::of(command(folder.path(), &format!("{words} --json")));
        (answer.exit, answer.document)
    };
    let (v1, v2, swapped) = (home(V1), home(V2), home(SWAPPED));
    assert_eq!(run(&format!("layout diff {v1} {v1}")).0, Some(0));
    let left = folder.path().read_dir().expect("the folder").count();
    assert_eq!(left, 0, "reading writes nothing");
    let (_, shown) = run(&format!("layout show --keep {v1}"));
    let (exit, safe) = run(&format!("layout diff {v1} {v2}"));
    assert_eq!((exit, text(&safe, "verdict")), (Some(0), "safe"));
    assert_eq!(text(&safe["findings"][0], "id"), "safe-append:changes");
    let (exit, refused) = run(&format!("layout diff {v1} {swapped}"));
    assert_eq!((exit, text(&refused, "verdict")), (Some(1), "refused"));
    assert_eq!(text(&refused["error"], "name"), "LayoutRefused");
    let moved = &refused["findings"][1];
    let lines = [&moved["old"], &moved["new"]].map(|place| text(place, "source"));
    assert_eq!(lines, ["src/lib.rs:16", "src/lib.rs:17"]);

    // A layout that was kept by its hash, and from what another compiler wrote.
    let old = text(&safe["old"], "hash");
    assert_eq!(run(&format!("layout diff {old} {v2}")).0, Some(0));
    let output = json!({"contracts": {"Note.sol": {"Note": {"storageLayout": shown["layout"]}}}});
    std::fs::write(folder.path().join("solc.json"), output.to_string()).expect("written");
    let (exit, partial) = run(&format!("layout diff solc.json {v2}"));
    assert_eq!(exit, Some(1), "a compiler's layout lists no namespaces");
    assert_eq!(text(&partial["error"], "name"), "NamespacesNotListed");

    // The default mapping moves what was swapped; what is not said of a new field is empty.
    let (exit, written) = run(&format!("layout migration {v1} {swapped}"));
    assert_eq!(exit, Some(0), "{written}");
    assert!(text(&written, "code").contains("old_note"));
    // What Cargo.toml has to declare stands above it, as the refusal without it names it.
    let declared = written["migrates"].as_array().into_iter().flatten();
    let declared: Vec<&str> = declared.filter_map(Value::as_str).collect();
    let line = format!("\n//     migrates = {declared:?}\n");
    assert!(text(&written, "code").contains(&line), "{written}");
    assert!(
        text(&refused["error"], "next").contains(&line[8..line.len() - 1]),
        "{refused}"
    );
    let value = format!("layout migration {v1} {v2} --override changes=U256::from(9)");
    assert!(text(&run(&value).1, "code").contains("U256::from(9)"));
    let (exit, refused) = run(&format!("layout migration {v2} {v1}"));
    assert_eq!(
        (exit, text(&refused["error"], "name")),
        (Some(1), "MigrationUnsupported")
    );
    assert_snapshot!(refusal(&refused), @"
    message: no migration can be written: changes (uint256) of the old version is taken over by nothing; say that it is dropped, or override a field with it
    expected: fields whose data can be converted
    found: changes (uint256) of the old version is taken over by nothing; say that it is dropped, or override a field with it
    next: give --override for that field, or write its migration by hand
    ");
    let dropped = format!("layout migration {v2} {v1} --drop changes");
    assert_eq!(run(&dropped).0, Some(0));
}

#[test]
fn fields_of_solidity_are_shown_with_the_lines_of_both_versions() -> Result<(), HarnessError> {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, fields: &str| -> Result<(), HarnessError> {
        let compiled = tempfile::tempdir().expect("a folder");
        let source = format!(
            "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n\ncontract Box {{\n{fields}}}\n"
        );
        let sources = json!({ "src/Box.sol": { "content": source } });
        let info = build_info_of(compiled.path(), &sources, &["storageLayout"], &json!({}))?;
        std::fs::write(folder.path().join(name), info.to_string()).expect("written");
        Ok(())
    };
    let main = |members: &str| {
        format!(
            "    /// @custom:storage-location erc7201:example.main\n    struct Main {{\n{members}    }}\n"
        )
    };
    let old = main("        uint256 a;\n        uint256 b;\n");
    write(
        "old.json",
        &format!("    uint256 total;\n    address owner;\n{old}"),
    )?;
    let new = main("        uint256 b;\n        uint256 a;\n");
    write(
        "new.json",
        &format!("    address owner;\n\n    uint256 total;\n    bool open;\n{new}"),
    )?;
    let run = |words: &str| Answer::of(command(folder.path(), &format!("{words} --json")));
    let missing = run("layout diff old.json:Box none.json:Box");
    assert_eq!(text(&missing.document["error"], "name"), "File");
    let answer = run("layout diff old.json:Box new.json:Box");
    assert_eq!(answer.exit, Some(1));
    let message = text(&answer.document["error"], "message");
    assert_snapshot!(message, @"
    new.json:Box would misread the storage of old.json:Box:
      reorder:owner  src/Box.sol:5 (before: src/Box.sol:6)  owner: address @ slot 1 → address @ slot 0: its order among the other fields changed
      reorder:total  src/Box.sol:7 (before: src/Box.sol:5)  total: uint256 @ slot 0 → uint256 @ slot 1: its order among the other fields changed
      reorder:erc7201:example.main:b  src/Box.sol:11 (before: src/Box.sol:10)  b: uint256 @ slot 1 → uint256 @ slot 0: its order among the other fields changed
      reorder:erc7201:example.main:a  src/Box.sol:12 (before: src/Box.sol:9)  a: uint256 @ slot 0 → uint256 @ slot 1: its order among the other fields changed
    ");
    Ok(())
}

#[test]
fn the_layout_is_in_the_artifact_and_not_in_the_code() {
    let builder = builder().expect("the workspace");
    let artifact = builder.path(Path::new(&home(V2))).expect("it builds");
    let layout = artifact.layout.as_ref().expect("a layout");
    let labels: Vec<&str> = layout
        .storage
        .iter()
        .map(|item| item.label.as_str())
        .collect();
    assert_eq!(labels, ["note", "changes"]);
    // The section begins with the struct's path, which no code would hold.
    let holds = |text: &[u8]| {
        artifact
            .wasm
            .windows(text.len())
            .any(|window| window == text)
    };
    assert!(!holds(b"stylus-layout") && !holds(b"note_v2::Note at line"));
    let registry = builder.contract("registry").expect("it builds");
    assert_eq!(registry.layout, None);
    assert!(registry.layout_hash().is_zero());
}

#[test]
fn what_the_code_declares_is_in_the_artifact_and_not_in_the_code() {
    let builder = builder().expect("the workspace");
    let declared = |package: &str| {
        let artifact = contract(builder, package).expect("it builds");
        let record = artifact
            .wasm
            .windows(12)
            .any(|bytes| bytes == b"stylus-steps");
        assert!(
            !record,
            "{package}: the section is left out of the deployed code"
        );
        let steps = artifact
            .steps
            .unwrap_or_else(|| panic!("{package} says nothing"));
        let words = steps.iter().map(|step| {
            let (from, to) = (&step.from, &step.to);
            format!(
                "{from}>{to} {} {}",
                step.signature,
                step.conditions.join(" ")
            )
        });
        words
            .map(|words| words.trim_end().to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(
        declared("vault"),
        [
            ">1.0 initialize(address,string,uint256[],uint256) nonzero(keeper.steward) \
             nonzero(keeper.name) holds(Self::is_balanced)",
            "1.0>2.0 migrate(uint256,address,uint256) nonzero(rate) nonzero(keeper.steward) \
             holds(Self::is_balanced) holds(is_small)",
            "1.0>2.1 migrateWith(uint256,address,bytes) nonzero(rate)",
        ]
    );
    let found = declared("points-cursor");
    assert_eq!(found, ["1.0>2.0 startMigration(address)"]);
    assert!(declared("migratable").is_empty());
    let proxy = builder.contract("upgradeability-proxy").expect("it builds");
    assert_eq!(proxy.steps, None, "it knows nothing of our attributes");
}
