//! How a version was built, published with its layout: any reader with an endpoint reads it back.

use crate::prelude::*;
use alloy::signers::local::PrivateKeySigner;
use stylus_layout::{BuildInfo, BuildMetadata};
use stylus_upgrades::client::Client;
use stylus_upgrades::layout::{Store, documents};

use super::folder::{Folder, add};
use super::project::{COUNT, Project, V2, home};

#[tokio::test]
async fn who_has_an_endpoint_reads_how_a_version_was_built_and_upgrades_from_it() {
    let project = Project::with_note();
    let genuine = project.code("1.0").await;
    let store = Store::beside(project.folder.path());
    let document = store.document(genuine.layoutHash.into()).expect("read");
    let mut document = document.expect("kept");
    let commit = "ab".repeat(20);
    document.build = Some(BuildMetadata {
        link: Some("https://example.org/note".into()),
        info: BuildInfo {
            build_environment: "rustc 1.91.0, cargo-stylus 0.10.10".into(),
            build_command: ["cargo", "stylus", "get-initcode"]
                .map(str::to_owned)
                .into(),
            contract_path: "contracts/note".into(),
            source_code_snapshot: Some(format!("git+https://example.org/note#{commit}")),
        },
    });
    let client = Client::connect(&project.node.endpoint()).await.expect("it");
    let key = std::fs::read_to_string(project.path("key")).expect("a key");
    let signer: PrivateKeySigner = key.trim().parse().expect("a key");
    let client = client.with_signer(signer);
    let sent = documents::publish(&client, &document).await;
    assert_eq!(sent.expect("published").len(), 1);
    let code = Code {
        layoutHash: document.hash(),
        ..genuine
    };
    let codehash = code.codehash.to_string();
    let code_again = code.clone();
    add(&project, "Note", "1.1", code, "1.0").await;

    let other = Folder::on(&project);
    let verified = other.done("verify Note");
    let build = &verified["builds"][&codehash];
    assert_eq!(build["link"], "https://example.org/note", "{verified:#}");
    assert_eq!(build["build_info"]["contract_path"], "contracts/note");
    let snapshot = &build["build_info"]["source_code_snapshot"];
    assert_eq!(
        snapshot,
        &json!(format!("git+https://example.org/note#{commit}"))
    );
    // The layout is the same for every comparison, with it and without.
    let v2 = home(V2);
    let words = format!("migrate Note 2.0 {v2} {COUNT}");
    let migrated = project.done(&words);
    assert_eq!(migrated["storage"][0]["verdict"], "safe", "{migrated:#}");

    // Who has to approve a version is told where its proposer says that the sources are.
    let together = format!("define Two --migrate {}", project.together());
    project.done(&together);
    add(&project, "Two", "1.0", code_again, "").await;
    let pending = other.done("pending Two");
    let action = text(&pending["actions"][0], "action");
    let review = other.done(&format!("pending {action}"));
    assert_eq!(&review["published_sources"], snapshot, "{review:#}");
}
