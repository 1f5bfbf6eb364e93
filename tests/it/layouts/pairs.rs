//! Structs, enums, value types and contracts of Solidity that were exchanged, renamed, wrapped or changed: safe is only
//! what reads every word as before.

use super::solidity::Compiled;
use crate::prelude::*;
use stylus_layout::Decision;
use stylus_upgrades_harness::home;

#[test]
fn what_is_safe_reads_every_word_as_before() -> Result<(), HarnessError> {
    let compiled = Compiled::of("Pairs.sol")?;
    let sources = std::fs::read_to_string(home().join("tests/fixtures/solidity/Pairs.sol"));
    let sources = sources.expect("the source");
    let said = sources.lines().filter_map(|line| {
        let (is_safe, pair) = match line.strip_prefix("// safe ") {
            Some(pair) => (true, pair),
            None => (false, line.strip_prefix("// refused ")?),
        };
        Some((is_safe, pair.split_once(':')?))
    });
    let (mut pairs, mut wrong) = (0, Vec::new());
    for (expected, (name, words)) in said {
        let report = compiled.compared(&format!("{name}Old"), &format!("{name}New"));
        let mut findings = report.findings.iter();
        pairs += 1;
        if findings.all(|one| one.decision == Decision::Safe) != expected {
            wrong.push(format!("{name}{words}: {:#?}", report.findings));
        }
    }
    assert_eq!(pairs, 88);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    Ok(())
}
