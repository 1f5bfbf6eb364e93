//! Code that is linked to libraries, which the same build-info has.

use crate::prelude::*;

use super::adopted::ABSENT;
use super::fixture::Fixture;
use crate::layouts::build_infos::build_info;

const FILE: &str = "Linked.sol";

/// The code that creates a contract, linked to these addresses by name.
fn linked(info: &Value, name: &str, libraries: &[(&str, Address)]) -> Bytes {
    let contract = &info["output"]["contracts"][FILE][name]["evm"]["bytecode"];
    let mut digits = text(contract, "object").to_owned();
    for (library, address) in libraries {
        let places = contract["linkReferences"][FILE][library].as_array();
        for place in places.into_iter().flatten() {
            let start = place["start"].as_u64().expect("a place") as usize * 2;
            digits.replace_range(start..start + 40, &hex::encode(address));
        }
    }
    hex::decode(digits).expect("linked code").into()
}

#[tokio::test]
async fn libraries_are_compared_with_those_of_the_same_build() {
    let fixture = Fixture::new().await;
    let tools = tempfile::tempdir().expect("a folder");
    let outputs = ["storageLayout", "abi", "metadata", "evm"];
    let info = build_info(tools.path(), "solidity/Linked.sol", &outputs).expect("compiled");
    std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
    let create = async |name: &'static str, libraries: &[(&str, Address)]| {
        fixture.create(name, linked(&info, name, libraries)).await
    };
    let base = create("Base", &[]).await;
    let other_base = create("OtherBase", &[]).await;
    let rates = create("Rates", &[("Base", base)]).await;
    let over_other = create("Rates", &[("Base", other_base)]).await;
    let others = create("OtherRates", &[("Base", base)]).await;
    fixture.decided_with(fixture.owner(1).address());
    fixture.done("policy update A Admin");
    for (library, refused_name) in [(others, "Rates"), (over_other, "Base"), (base, "Rates")] {
        let code = create("Priced", &[("Rates", library)]).await;
        let register = format!("register A 1.0 {code} --layout info.json:Priced {ABSENT}");
        let refused = fixture.run(&register);
        refused.is_refused("LibraryChanged");
        let message = refused.error("message");
        assert!(
            message.contains(&format!("{FILE}:{refused_name}")),
            "{message}"
        );
    }
    let code = create("Priced", &[("Rates", rates)]).await;
    let register = format!("register A 1.0 {code} --layout info.json:Priced {ABSENT}");

    // A file without the library's code says nothing of it.
    let mut part = info.clone();
    part["output"]["contracts"][FILE]["Rates"] = json!({});
    std::fs::write(fixture.path("info.json"), part.to_string()).expect("written");
    fixture.run(&register).is_refused("LibraryChanged");
    std::fs::write(fixture.path("info.json"), info.to_string()).expect("written");
    fixture.done(&register);
}
