//! First contact: what is asked, what is remembered, and what an endpoint or a file cannot make up.

use crate::prelude::*;
use std::net::TcpStream;
use std::sync::{Arc, Mutex, PoisonError};

use stylus_upgrades::deploy::{registry_call, registry_release};
use stylus_upgrades::registry::{Origin, Salt};
use stylus_upgrades_interface::chain::STYLUS_DEPLOYER;
use stylus_upgrades_test_support::http::{Message, post};

use super::outsider::{Done, Outsider};
use crate::run_migration::proxy::{Failure, Proxy};
use crate::tools::set_code;

/// The one file in the state folder.
fn file(outsider: &Outsider<'_>) -> Done<PathBuf> {
    let all = std::fs::read_dir(outsider.state().join("registries"))?;
    let all: Vec<_> = all.collect::<Result<_, _>>()?;
    assert_eq!(all.len(), 1, "{all:?}");
    Ok(all[0].path())
}

fn registry(document: &Value) -> Done<Address> {
    Ok(serde_json::from_value(document["registry"].clone())?)
}

fn origin(harness: &Harness, salt: u64) -> Origin {
    let policy = format!("{:#x}", harness.account(0));
    Origin::new(&policy, Salt::counted(salt).expect("not zero"))
}

/// An endpoint that notes the methods it is asked for.
fn noting(chain: &Chain) -> (Proxy, Arc<Mutex<Vec<String>>>) {
    let requests: Arc<Mutex<Vec<String>>> = Arc::default();
    let noted = requests.clone();
    let proxy = Proxy::start(chain.url(), move |_, request| {
        let methods = request.split("\"method\":\"").skip(1);
        let methods = methods.filter_map(|rest| Some(rest.split('"').next()?.to_owned()));
        let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
        noted.extend(methods);
        Failure::None
    });
    (proxy, requests)
}

/// As many of the requests are of that method.
fn count(methods: &Mutex<Vec<String>>, method: &str) -> usize {
    let methods = methods.lock().unwrap_or_else(PoisonError::into_inner);
    methods.iter().filter(|one| *one == method).count()
}

#[track_caller]
fn ends_with(answer: &Answer, exit: i32, name: &str) {
    assert_eq!(answer.exit, Some(exit), "{answer:?}");
    assert_eq!(answer.error("name"), name, "{answer:?}");
}

#[tokio::test]
async fn a_deployment_takes_the_first_free_salt_and_its_address_follows_from_it() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let release = registry_release(&harness.framework().registry);
    // The harness has deployed one of the same policy in upper and lower case: another text.
    for salt in [1, 2] {
        let deployed = outsider.deploys("");
        let found = registry(&deployed)?;
        assert_eq!(found, origin(&harness, salt).address(release));
    }
    let chosen = outsider.deploys("--salt 0xfeed");
    let salt = "0xfeed".parse()?;
    let expected = Origin::new(&format!("{:#x}", harness.account(0)), salt);
    assert_eq!(registry(&chosen)?, expected.address(release));
    assert!(chosen["tx"].is_string());
    // The same once more is the same registry, and sends nothing.
    let again = outsider.deploys("--salt 0xfeed");
    assert_eq!(registry(&again)?, expected.address(release));
    assert_eq!(again["transactions"], json!([]));

    let zero = "registry deploy --salt 0";
    assert_eq!(outsider.run(&zero).exit, Some(2));
    // Somebody else finds out salts, the counted ones and the chosen one.
    for deployed in [registry(&chosen)?, origin(&harness, 2).address(release)] {
        let other = Outsider::on(harness.chain())?;
        let answer = other.run(&["status", "--registry", &deployed.to_string()]);
        answer.ends_with(0);
    }
    Ok(())
}

#[tokio::test]
async fn salts_that_others_took_are_passed_over_and_the_origin_still_follows() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let release = registry_release(&harness.framework().registry);
    for salt in 1..=70 {
        let taken = origin(&harness, salt).address(release);
        set_code(harness.chain(), taken, [0u8]).await?;
    }
    let found = registry(&outsider.deploys(""))?;
    assert_eq!(found, origin(&harness, 71).address(release));
    let other = Outsider::on(harness.chain())?;
    let answer = other.run(&["status", "--registry", &found.to_string()]);
    answer.ends_with(0);
    Ok(())
}

#[tokio::test]
async fn a_stranger_who_sends_the_same_deployment_first_changes_nothing() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let programs = harness.framework();
    let (first, release) = (origin(&harness, 1), registry_release(&programs.registry));
    let call: Bytes = registry_call(&programs.registry, &first)
        .abi_encode()
        .into();
    let stranger = harness.account(6);
    let url = harness.chain().url().to_owned();
    // Between the command's look and its block.
    let proxy = Proxy::start(harness.chain().url(), move |_, request| {
        if request.contains("eth_sendRawTransaction") {
            let value = U256::from(10).pow(U256::from(17));
            let sent = json!({"jsonrpc": "2.0", "id": 1, "method": "eth_sendTransaction", "params": [
                {"from": stranger, "to": STYLUS_DEPLOYER, "input": call, "value": value, "gas": "0x1c9c380"}
            ]});
            let host = url.trim_start_matches("http://").trim_end_matches('/');
            let stream = TcpStream::connect(host).expect("the chain");
            post(&stream, host, &sent.to_string()).expect("sent");
            let answer = Message::read(&stream).expect("an answer");
            let text = String::from_utf8_lossy(&answer.body).into_owned();
            assert!(text.contains("result"), "{text}");
        }
        Failure::None
    });
    let words = "registry deploy --private-key-path key";
    let answer = outsider.run_at(&proxy.url(), &words);
    answer.ends_with(0);
    assert_eq!(registry(&answer.document)?, first.address(release));
    assert_eq!(answer.document["transactions"], json!([]));
    let status = ["status", "--registry", &first.address(release).to_string()];
    assert_eq!(outsider.run(&status).exit, Some(0));
    Ok(())
}

#[tokio::test]
async fn events_are_read_on_first_contact_and_the_address_is_derived_again_each_time() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let address = harness.registry().to_string();
    let words = format!("status --registry {address}");
    let (proxy, first) = noting(harness.chain());
    assert_eq!(outsider.run_at(&proxy.url(), &words).exit, Some(0));
    let (proxy, second) = noting(harness.chain());
    assert_eq!(outsider.run_at(&proxy.url(), &words).exit, Some(0));
    // The construction, once; who deployed and what is there, each time.
    let of = |method| count(&first, method);
    let again = |method| count(&second, method);
    assert_eq!(of("eth_getLogs"), again("eth_getLogs") + 1);
    assert_eq!(of("eth_getCode"), again("eth_getCode"));
    assert_eq!(of("eth_getBlockByNumber"), again("eth_getBlockByNumber"));
    let all = |requests: &Mutex<Vec<String>>| requests.lock().map_or(0, |requests| requests.len());
    assert_eq!(all(&first), all(&second) + 1);
    Ok(())
}

#[tokio::test]
async fn a_file_that_was_tampered_with_is_never_believed() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let address = harness.registry().to_string();
    let status = format!("status --registry {address}");
    assert_eq!(outsider.run(&status).exit, Some(0));
    let file = file(&outsider)?;
    let genuine = std::fs::read(&file)?;
    let derived: Origin = serde_json::from_slice(&genuine)?;
    let other = Origin::new("0x01", derived.salt);
    for text in [
        String::new(),
        "{".into(),
        serde_json::to_string(&other)?,
        json!({"define_policy": derived.define_policy, "salt": format!("0x{:064x}", 0)})
            .to_string(),
        json!({"verified": true}).to_string(),
    ] {
        std::fs::write(&file, &text)?;
        assert_eq!(outsider.run(&status).exit, Some(0), "{text}");
        let found = std::fs::read(&file)?;
        assert_eq!(found, genuine, "derived again, in place of {text}");
    }

    // What vouches for one registry vouches for no other, under whatever name it is put.
    let code = harness.framework().registry.creation_code();
    let forged = outsider.create(harness.account(5), code).await?;
    let name = file.file_name().expect("a name").to_string_lossy();
    let [own, other] = [harness.registry(), forged].map(|one| format!("{one:#x}"));
    std::fs::write(file.with_file_name(name.replace(&own, &other)), &genuine)?;
    let answer = outsider.run(&["status", "--registry", &forged.to_string()]);
    ends_with(&answer, 1, "ConstructionHidden");

    // Nothing can be remembered: the events are read each time, and nothing else changes.
    std::fs::remove_dir_all(outsider.state())?;
    std::fs::write(outsider.state(), "a file")?;
    assert_eq!(outsider.run(&status).exit, Some(0));
    Ok(())
}

#[tokio::test]
async fn an_endpoint_without_logs_or_with_those_of_another_registry_proves_nothing() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let address = harness.registry().to_string();
    let status = format!("status --registry {address}");
    let at = |answer: Failure| Proxy::failing(harness.chain().url(), ["eth_getLogs"], answer);
    for answer in [
        Failure::Answer("[]"),
        Failure::Refused("logs are for paying customers"),
    ] {
        let refused = outsider.run_at(&at(answer).url(), &status);
        ends_with(&refused, 1, "ConstructionHidden");
        let next = refused.error("next");
        assert!(next.contains("--rpc-url"), "{refused:?}");
        assert!(
            next.contains(&format!("--trust-registry {address}")),
            "{refused:?}"
        );
        let pending = format!("pending --registry {address} --trust-registry {address}");
        let trusted = outsider.run_at(&at(answer).url(), &pending);
        let seen = &trusted.document["unverified_registries"];
        assert_eq!(*seen, json!([address]), "{trusted:?}");
    }
    assert!(!outsider.state().exists(), "nothing was remembered");
    let another = registry(&outsider.deploys(""))?;
    let range = json!([{"address": another, "fromBlock": "0x0"}]);
    let others = Failure::answering(&outsider.rpc("eth_getLogs", range).await?);
    let lying = outsider.run_at(&at(others).url(), &status);
    ends_with(&lying, 4, "Unreachable");
    assert!(lying.error("found").contains("contradictory"), "{lying:?}");
    // Once it was met, its events are not needed for that.
    assert_eq!(outsider.run(&status).exit, Some(0));
    let after = outsider.run_at(&at(Failure::Answer("[]")).url(), &status);
    assert_ne!(after.error("name"), "ConstructionHidden", "{after:?}");
    Ok(())
}

#[tokio::test]
async fn on_a_chain_with_another_deployer_or_other_code_nothing_is_derived() -> Done {
    let harness = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(harness.chain())?;
    let address = harness.registry().to_string();
    let status = format!("status --registry {address}");
    assert_eq!(outsider.run(&status).exit, Some(0));
    let question = json!([STYLUS_DEPLOYER, "latest"]);
    let genuine = outsider.rpc("eth_getCode", question).await?;
    for code in ["0x00", "0x"] {
        set_code(outsider.chain, STYLUS_DEPLOYER, code.parse::<Bytes>()?).await?;
        ends_with(&outsider.run(&status), 1, "OtherDeployer");
        if code != "0x" {
            let deploy = "registry deploy --private-key-path key";
            ends_with(&outsider.run(&deploy), 1, "OtherDeployer");
        }
        let trusting = format!("{status} --trust-registry {address}");
        let trusted = outsider.run(&trusting);
        let found = &trusted.document["unverified_registries"];
        assert_eq!(*found, json!([address]), "{trusted:?}");
    }
    let genuine: Bytes = serde_json::from_value(genuine)?;
    set_code(outsider.chain, STYLUS_DEPLOYER, genuine).await?;
    assert_eq!(outsider.run(&status).exit, Some(0));

    set_code(outsider.chain, harness.registry(), vec![0]).await?;
    ends_with(&outsider.run(&status), 1, "UnknownRegistryCode");
    set_code(outsider.chain, harness.registry(), vec![]).await?;
    ends_with(&outsider.run(&status), 4, "Missing");
    Ok(())
}

#[tokio::test]
async fn what_is_remembered_of_one_chain_is_not_looked_at_on_another() -> Done {
    let one = Harness::on(Chain::embedded()?).await?;
    let outsider = Outsider::on(one.chain())?;
    let address = one.registry().to_string();
    let found = outsider.run(&format!("status --registry {address}")).exit;
    assert_eq!(found, Some(0));
    let name = file(&outsider)?.display().to_string();
    assert!(name.contains(&format!("{:#x}", one.registry())), "{name}");
    let genesis = outsider
        .rpc("eth_getBlockByNumber", json!(["0x0", false]))
        .await?;
    let genesis = genesis["hash"].as_str().expect("a hash");
    assert!(name.contains(&format!("412346-{genesis}")), "{name}");

    // The same address on another chain, where nothing is.
    let other = Chain::embedded()?;
    let answer = outsider.run_at(other.url(), &["status", "--registry", &address]);
    ends_with(&answer, 4, "Missing");
    Ok(())
}
