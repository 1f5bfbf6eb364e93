//! What is reported in time, and with which exit code.

use crate::command::finished;
use crate::prelude::*;

use super::fixture::{Done, Team};
use super::program::program;
use crate::tools::chain_at;

#[tokio::test]
async fn what_ends_within_sixty_days_is_reported_and_prolonged() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    team.wait(310).await?;
    let reported = team.doctor(&[]).await;
    reported.ends_with(3);
    assert!(reported.findings().contains(&"ExpiresSoon"));
    assert_eq!(reported.document["findings"][0]["severity"], "warning");
    for words in [&["status"][..], &["verify", "--accept", "absent:layout"]] {
        let ran = team.other(words).await;
        let warnings = ran.list("warnings").iter();
        let named = warnings.filter(|one| one["id"] == "ExpiresSoon").count();
        assert!(named >= 5, "{words:?}: {:#}", ran.document);
        assert!(ran.stderr.contains("doctor --fix"), "{}", ran.stderr);
    }
    let fixed = team.fix(&[]).await;
    fixed.ends_with(0);
    let kinds = fixed.list("fixed").iter().map(|one| &one["cure"]["kind"]);
    assert!(kinds.clone().count() >= 7 && kinds.clone().all(|kind| kind == "keepalive"));

    // What is young can be prolonged later, which is no error and costs nothing.
    let nonce = team.nonce().await;
    let early = team.fix("--within 366").await;
    early.ends_with(0);
    let later = early.list("fixed").iter();
    assert!(later.clone().count() >= 7);
    let from = team.now().await + 29 * super::fixture::DAY;
    for one in later {
        assert_eq!(one["cure"]["kind"], "later", "{one:#}");
        assert!(one["cure"]["from"].as_u64() > Some(from), "{one:#}");
    }
    assert_eq!(team.nonce().await, nonce);
    team.assert_counters().await
}

#[tokio::test]
async fn what_needs_nothing_needs_no_key() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    team.doctor("--fix").await.ends_with(0);
    team.wait(366).await?;
    let refused = team.doctor("--fix").await;
    refused.ends_with(2);
    assert_eq!(refused.document["error"]["name"], "NoKey");
    Ok(())
}

#[tokio::test]
async fn without_a_registry_the_endpoint_is_examined() -> Done {
    let chain = Chain::embedded()?;
    let folder = tempfile::tempdir().expect("a folder");
    let ask = |url: &str| {
        let mut command = program(folder.path());
        command.args(["doctor", "--json", "--rpc-url", url]);
        command
    };
    let well = finished(ask(chain.url())).await;
    well.ends_with(0);
    assert_eq!(well.document["chain"]["stylus"], 3);
    let nobody = finished(ask("http://127.0.0.1:1")).await;
    nobody.ends_with(4);
    assert_eq!(nobody.document["error"]["name"], "Unreachable");
    Ok(())
}

#[tokio::test]
async fn what_is_printed_begins_with_what_came_of_it_and_says_line_by_line_what_helps() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let team = Team::small(&harness).await?;
    let well = team.printed().await.printed;
    assert_snapshot!(masked(&well), @"everything works: 10 programs, the first expires in 364 days");
    let full = team.printed_with(&["--full"]).await.printed;
    assert!(full.starts_with(&well), "{full}");
    assert_snapshot!(masked(&full));
    team.wait(340).await?;
    assert_snapshot!(masked(&team.printed().await.printed));
    let proxies = [team.counter.address(), team.called.address()];
    let pause = calls::pause_first("Counter", proxies);
    let chain = harness.chain();
    chain
        .execute(chain.account(0), harness.registry(), &pause)
        .await?;
    let paused = team.printed().await.printed;
    assert_snapshot!(paused.lines().next().unwrap_or_default(), @"everything that is needed runs; a definition is paused");
    team.wait(26).await?;
    assert_snapshot!(masked(&team.printed().await.printed));
    Ok(())
}

/// A program that answers nothing, by a block with two results.
const MULTI_VALUE: &str = r#"(module
    (import "vm_hooks" "pay_for_memory_grow" (func $grow (param i32)))
    (memory (export "memory") 1 1)
    (func (export "user_entrypoint") (param i32) (result i32)
        (block (result i32 i32) (i32.const 0) (i32.const 0))
        i32.add))"#;

#[tokio::test]
async fn code_that_the_next_version_would_not_take_is_reported_sixty_days_ahead() -> Done {
    let harness = Harness::on(chain_at(51)?).await?;
    let team = Team::small(&harness).await?;
    let wasm = wat::parse_str(MULTI_VALUE).expect("a module");
    let code = stylus_vm::compress(&wasm).expect("compressed");
    let mut artifact = harness.builder().contract("counter-v1")?;
    (artifact.code, artifact.wasm) = (code.into(), wasm.into());
    let old = harness.deploy(artifact).await?;
    let definition = harness.define("Old").await?;
    definition.add_first(&old).await?;

    let now = team.now().await;
    team.schedule(61, now + 60 * super::fixture::DAY).await?;
    let reported = team.doctor(&[]).await;
    reported.ends_with(3);
    let named: Vec<&Value> = reported
        .list("findings")
        .iter()
        .filter(|one| one["id"] == "WouldNotActivate")
        .collect();
    let [only] = named.as_slice() else {
        panic!("{:#}", reported.document);
    };
    let message = only["message"].as_str().expect("a message");
    assert!(message.contains(&old.address.to_string()), "{message}");
    let message = message.replace("in 59 days", "in 60 days");
    assert_snapshot!(masked(&message), @"the implementation (Old 1.0) [address] could not be activated under ArbOS 61: it takes effect [time], in 60 days");
    Ok(())
}
