//! A fork has the id of the chain that it forked, and nothing that is done there is done on that chain.
//! So none of the chain's records changes by it.

use crate::prelude::*;
use std::fs;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};

use stylus_devnode::{Fork, ForkOptions, NodeHandle};

use super::project::{COUNT, MOVED_ANSWER, Project, SWAPPED, V2, home};
use crate::run_migration::proxy::{Failure, Proxy};

/// A fork of the project's chain.
fn fork(project: &Project) -> NodeHandle {
    let options = ForkOptions {
        compute_units: None,
        ..ForkOptions::new(project.node.endpoint())
    };
    let fork = Fork::connect(options).expect("the chain answers");
    let config = NodeConfig {
        fork: Some(fork),
        ..NodeConfig::default()
    };
    spawn(config).expect("a free port")
}

/// Every file of the folder but those that are named by the hash of what they hold.
fn records(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).expect("a folder").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        let name = name.to_string_lossy().into_owned();
        match path.is_dir() {
            true if name == "builds" => {}
            true => {
                let inner = records(&path).into_iter();
                found.extend(inner.map(|(file, bytes)| (format!("{name}/{file}"), bytes)));
            }
            false if name.starts_with("0x") => {}
            false => drop(found.insert(name, fs::read(path).expect("a file"))),
        }
    }
    found
}

/// Leaves a transaction in the journal of the project's chain that its next one takes the place of.
fn leave_in_flight(project: &Project) {
    let folder = project.path(".stylus-upgrades");
    let made = fs::DirBuilder::new().mode(0o700).create(&folder);
    made.expect("a folder");
    let sender = project.node.addresses()[0];
    let path = folder.join(format!("412346-{sender:#x}.journal"));
    let entry = json!({ "sending": {
        "what": "an earlier run", "tx": B256::repeat_byte(7), "nonce": project.nonce(),
    }});
    let mut options = fs::OpenOptions::new();
    let file = options.create(true).write(true).mode(0o600).open(path);
    let mut file = file.expect("a journal");
    std::io::Write::write_all(&mut file, format!("{entry}\n").as_bytes()).expect("written");
}

#[test]
fn what_is_done_on_a_fork_changes_no_record_of_its_chain() {
    let project = Project::with_note();
    leave_in_flight(&project);
    let fork = fork(&project);
    let url = fork.endpoint();
    let there = format!("--rpc-url {url}");
    let before = records(project.folder.path());
    assert!(before.contains_key("stylus-upgrades-versions/412346/Note/1.0/version.json"));

    let swapped = home(SWAPPED);
    let migrate = format!("migrate Note 2.0 {swapped} {COUNT}");
    let allow = format!("--accept insert:changes --accept shift:note {MOVED_ANSWER}");
    let done = project.run(&format!("{migrate} {allow} {there}"));
    done.ends_with(0);
    let said = done.stderr.matches("is a fork of another chain").count();
    assert_eq!(said, 1, "{}", done.stderr);
    assert_eq!(done.document["kept"], Value::Null);
    // A second command there finds the nonce of the chain's own transaction used.
    let again = project.run(&format!("pause Note {there}"));
    again.ends_with(0);
    let status = project.run(&format!("status Note {there}"));
    assert_eq!(text(&status.document["definitions"][0], "current"), "2.0");
    let after = records(project.folder.path());
    let changed = after
        .iter()
        .filter(|(name, now)| before.get(*name) != Some(*now));
    let changed: Vec<_> = changed.map(|(name, _)| name).collect();
    assert!(
        changed.is_empty() && before.len() == after.len(),
        "{changed:?}"
    );

    // The chain itself is where it was; what was allowed on the fork is not allowed there.
    let status = project.done("status Note");
    assert_eq!(text(&status["definitions"][0], "current"), "1.0");
    project.refused("LayoutRefused", &migrate);
    let v2 = home(V2);
    let done = project.done(&format!("migrate Note 2.0 {v2} {COUNT}"));
    assert!(text(&done, "kept").ends_with("412346/Note/2.0"), "{done}");
}

#[test]
#[ignore = "nightly: compiles crates and upgrades them, about 20 s"]
fn an_endpoint_that_does_not_know_the_question_is_a_chain_and_without_an_answer_nothing_is_sent() {
    let project = Project::with_note();
    let front =
        |failure: Failure| Proxy::failing(&project.node.endpoint(), ["hardhat_metadata"], failure);
    let v2 = home(V2);
    let migrate = format!("migrate Note 2.0 {v2} {COUNT} --rpc-url");
    let silent = front(Failure::Status500);
    let nonce = project.nonce();
    let refused = project.run(&format!("{migrate} {}", silent.url()));
    refused.ends_with(4);
    assert_eq!(project.nonce(), nonce, "something was sent");
    let chain = front(Failure::Refused(
        "the method hardhat_metadata does not exist",
    ));
    let done = project.run(&format!("{migrate} {}", chain.url()));
    done.ends_with(0);
    assert!(text(&done.document, "kept").ends_with("412346/Note/2.0"));
}
