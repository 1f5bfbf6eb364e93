//! The eight steps through ethers-rs, on real anvil and on our chain. ethers-rs is a workspace of its own,
//! `tests/ethers`: cargo builds it here once, into `target/ethers`.

use crate::prelude::*;
use std::io::Write;
use std::process::Stdio;
use std::sync::OnceLock;

use alloy::hex;
use stylus_upgrades::build::evm;
use stylus_upgrades_harness::{builder, home, launcher};

type Done = Result<(), Box<dyn std::error::Error>>;

/// The program of `tests/ethers`, built unless that was done before.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let target = home().join("target/ethers");
        let status = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--locked", "--target-dir"])
            .arg(&target)
            .current_dir(home().join("tests/ethers"))
            .status()
            .expect("cargo runs");
        assert!(status.success(), "tests/ethers is built");
        target.join("debug/eight-steps")
    })
}

/// Makes the eight steps on a node of its own.
fn eight_steps(node: &Path, contracts: &Value) -> Done {
    let mut child = Command::new(program())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let input = json!({ "node": node, "contracts": contracts });
    let mut stdin = child.stdin.take().ok_or("its stdin")?;
    stdin.write_all(input.to_string().as_bytes())?;
    drop(stdin);
    let output = child.wait_with_output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{errors}");
    Ok(())
}

#[test]
fn the_solidity_original_makes_the_eight_steps_on_real_anvil() -> Done {
    let anvil = launcher(&Npm::install(&Lines)?.anvil())?;
    let solidity = Solidity::compile(&Lines)?;
    let code = |name| Ok::<_, Box<dyn std::error::Error>>(&solidity.contract(name)?.creation);
    let codes = json!({
        "Registry": code("Registry")?,
        "CounterV1": code("CounterV1")?,
        "CounterV2": code("CounterV2")?,
    });
    eight_steps(&anvil, &json!({ "solidity": codes }))
}

#[test]
fn our_contracts_make_the_eight_steps_on_our_chain() -> Done {
    let devnode = launcher(Path::new(env!("CARGO_BIN_EXE_devnode")))?;
    let builder = builder()?;
    let framework = builder.framework()?;
    let code = |bytes: &[u8]| hex::encode_prefixed(bytes);
    let shared = framework.shared().map(
        |part| json!({ "address": part.address, "code": code(&part.artifact.creation_code()) }),
    );
    let counter = |package| {
        let artifact = builder.contract(package)?;
        Ok::<_, Box<dyn std::error::Error>>(code(&artifact.creation_code()))
    };
    let codes = json!({
        "stub": code(&evm::creation_code(&framework.stub.code)),
        "shared": shared.collect::<Vec<_>>(),
        "registry": code(&framework.registry.creation_code()),
        "counter_v1": counter("counter-v1")?,
        "counter_v2": counter("counter-v2")?,
    });
    eight_steps(&devnode, &json!({ "stylus": codes }))
}
