//! What a proposer publishes of the functions of a new version: no proof to who approves.

use crate::prelude::*;
use alloy::hex;
use stylus_layout::{Document, PublicInterface};

use super::approver::{findings_about, proposed, two_approvers, use_key};
use super::folder::{Folder, add, publish};
use super::project::{COUNT, Project, V2, home};

#[tokio::test]
#[ignore = "nightly: compiles crates and upgrades them, about 55 s"]
async fn what_a_proposer_says_of_the_new_functions_is_not_reported_as_compared() {
    let project = two_approvers();
    let v2 = home(V2);
    let action = proposed(&project, &format!("migrate Note 2.0 {v2} {COUNT}"));
    // The published document has every function, and its proposer wrote it.
    let other = Folder::on(&project);
    let answer = other.run(&format!("approve {action}"));
    answer.is_refused("NotChecked");
    let error = &answer.document["error"];
    assert!(
        text(error, "found").contains("of 2.0 is not proven"),
        "{error}"
    );
    assert!(
        text(error, "next").ends_with("--accept absent:interface"),
        "{error}"
    );
    let review = other.done(&format!("pending {action}"));
    let functions = findings_about(&review, "interface");
    assert_eq!(functions.len(), 1, "{review:#}");
    assert_eq!(functions[0].0, "unknown", "{functions:?}");

    // The same code, and a document that says that it has a function more.
    let code = pending_code(&other, &project).await;
    let file = project.path(&format!("stylus-upgrades-layouts/{}.json", code.layoutHash));
    let genuine = std::fs::read(file).expect("a document");
    let genuine = Document::decode(&genuine).expect("a document");
    let interface = genuine.interface.clone().expect("an interface");
    let more = ["function withdraw()".to_owned()];
    let abi = interface.abi().iter().cloned().chain(more);
    let forged = Document {
        interface: Some(PublicInterface::new(abi, []).expect("an interface")),
        ..genuine
    };
    use_key(&project, 0);
    publish(&project, &forged.encode()).await;
    let code = Code {
        layoutHash: forged.hash(),
        ..code
    };
    add(&project, "Note", "2.1", code.clone(), "1.0").await;
    // So does one that is no document: a function twice.
    let text_of = String::from_utf8(forged.encode()).expect("text");
    let twice = text_of.replace(
        "\"function withdraw()\"",
        "\"function withdraw()\",\"function withdraw() view\"",
    );
    assert_ne!(twice, text_of);
    publish(&project, twice.as_bytes()).await;
    let code = Code {
        layoutHash: keccak256(&twice),
        ..code
    };
    add(&project, "Note", "2.2", code, "1.0").await;
    use_key(&project, 1);
    let pending = other.done("pending Note");
    let actions = pending["actions"].as_array().expect("actions");
    assert_eq!(actions.len(), 3, "{pending:#}");
    for (one, name) in actions[1..].iter().zip(["NotChecked", "LayoutNotCompared"]) {
        let action = text(one, "action");
        let words = format!("approve {action} --accept=migration-omitted");
        let answer = other.run(&words);
        answer.is_refused(name);
        let answer = other.run(&format!("{words} --source {v2}"));
        let refused = "ArtifactDiffers";
        answer.is_refused(refused);
    }
}

/// The code of the version that is proposed.
async fn pending_code(other: &Folder<'_>, project: &Project) -> Code {
    let pending = other.done("pending Note");
    let call = text(&pending["actions"][0], "call").to_owned();
    let call = hex::decode(call).expect("calldata");
    let call = IRegistry::migrateCall::abi_decode(&call).expect("a migration");
    assert_ne!(call.code, project.code("1.0").await);
    call.code
}

#[tokio::test]
async fn a_document_that_leaves_functions_out_is_not_approved_unseen_and_proves_nothing_later() {
    let project = two_approvers();
    let code = project.code("1.0").await;
    let file = project.path(&format!("stylus-upgrades-layouts/{}.json", code.layoutHash));
    let genuine = Document::decode(&std::fs::read(file).expect("a document")).expect("a document");
    let interface = genuine.interface.clone().expect("an interface");
    let kept = interface.abi().iter();
    let kept = kept.filter(|entry| !entry.starts_with("function note()"));
    let kept: Vec<String> = kept.cloned().collect();
    assert_eq!(kept.len() + 1, interface.abi().len());
    let forged = Document {
        interface: Some(PublicInterface::new(kept, []).expect("an interface")),
        ..genuine
    };
    use_key(&project, 0);
    publish(&project, &forged.encode()).await;
    let forged = Code {
        layoutHash: forged.hash(),
        ..code
    };
    // The code is known and nothing of its storage moves, but what it publishes of it is new.
    add(&project, "Note", "1.1", forged.clone(), "1.0").await;
    use_key(&project, 1);
    let other = Folder::on(&project);
    let pending = other.done("pending Note");
    let action = text(&pending["actions"][0], "action");
    let answer = other.run(&format!("approve {action}"));
    answer.is_refused("NotChecked");
    let review = other.done(&format!("pending {action}"));
    let seen = findings_about(&review, "interface")[0].0;
    assert_eq!(seen, "unknown", "{review:#}");

    // Approved by another tool, it proves nothing.
    add(&project, "Note", "1.1", forged, "1.0").await;
    let v2 = home(V2);
    let words = format!("migrate Note 2.0 {v2} {COUNT}");
    let action = proposed(&project, &words);
    let answer = Folder::on(&project).run(&format!("approve {action} --source {v2}"));
    answer.is_refused("NotChecked");
    assert_snapshot!(answer.refusal(), @"
    message: functions cannot be checked: the interface of 1.0 is not proven: layout documents of versions with its code disagree about its functions; a build shows which is right (--source)
    expected: functions known
    found: interface: the interface of 1.0 is not proven: layout documents of versions with its code disagree about its functions; a build shows which is right (--source)
    next: to refuse the action, so that everybody sees it: stylus-upgrades revoke [hex]. The rest is for who proposed it, or accepts it; name the folder of its sources (of an action: --source DIR; of Solidity: --layout BUILD_INFO:NAME, with its solc in PATH), or compare the sources of both versions (of check: --against git:REVISION, or a version whose files are committed to the default branch); to accept it: --accept absent:interface
    ");
}
