//! Initializers as their compiler's AST shows them: by what they compare and leave behind, whatever they are called.

use super::solidity::{Compiled, with_imports};
use crate::prelude::*;

/// Each initializer of a contract, with the variable and the slot in which it leaves which number.
fn found(compiled: &Compiled, name: &str) -> Vec<String> {
    let all = compiled.named(name).audit.expect("an AST").initializers.0;
    let words = all.iter().map(|one| {
        let number = one
            .number
            .map_or("?".to_owned(), |number| number.to_string());
        let kept = one.counter.as_ref();
        let kept = kept.map_or("?".to_owned(), |kept| {
            format!("{}@{:x}", kept.name, kept.slot)
        });
        format!("{} {number} {kept}", one.name)
    });
    words.collect()
}

#[test]
fn initializers_are_found_by_what_they_compare_and_leave() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Initializers.sol")?;
    let root = format!("{:x}", U256::from_be_bytes(slots::erc7201(b"acme.state").0));
    let namespaced = [
        format!("Namespaced.begin 1 done@{root}"),
        format!("Namespaced.next 2 done@{root}"),
    ];
    assert_eq!(found(&compiled, "Namespaced"), namespaced);
    for (name, expected) in [
        (
            "Renamed",
            &["Renamed.begin 1 stage@1", "Renamed.again 3 stage@1"][..],
        ),
        ("Unlisted", &["Unlisted.next 2 ?"]),
        ("ByFlag", &["ByFlag.start 1 done@0"]),
        ("ByFunction", &["ByFunction.start 4 number@0"]),
        ("Base", &["Base.again 9 level@0"]),
        ("Overriding", &["Overriding.first 1 level@0"]),
        (
            "Constants",
            &[
                "Constants.again 2 level@0",
                "Constants.b 5 level@0",
                "Constants.c 6 level@0",
                "Constants.d ? level@0",
                "Constants.e 2 level@0",
                "Constants.f 255 level@0",
                "Constants.g 3 level@0",
            ],
        ),
        ("Others", &[]),
    ] {
        assert_eq!(found(&compiled, name), expected, "{name}");
    }
    Ok(())
}

/// Both counters of OpenZeppelin, and that of Solady, which assembly keeps.
#[test]
fn initializers_of_libraries_are_found() -> Result<(), HarnessError> {
    let compiled = with_imports("Libraries.sol")?;
    let id = b"openzeppelin.storage.Initializable";
    let root = format!("{:x}", U256::from_be_bytes(slots::erc7201(id).0));
    let five = [
        format!("Five.initialize 1 _initialized@{root}"),
        format!("Five.again 2 _initialized@{root}"),
    ];
    assert_eq!(found(&compiled, "Five"), five);
    let four = [
        "Four.initialize 1 _initialized@0",
        "Four.again 2 _initialized@0",
    ];
    assert_eq!(found(&compiled, "Four"), four);
    assert_eq!(
        found(&compiled, "Soul"),
        ["Soul.initialize 1 ?", "Soul.again 2 ?"]
    );
    Ok(())
}
