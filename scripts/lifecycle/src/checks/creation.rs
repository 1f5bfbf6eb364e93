//! Whether a creation runs the initializer that the version's code declares.

use super::{Declared, Found, Runs, Way};
use crate::assess::{Evidence, Finding, FindingId, Origin, Part, Severity};
use crate::layout::LayoutError;
use crate::steps::check_creation;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Runs::Creation { data, typed } = &way.runs else {
        return Ok(());
    };
    let seen = way.declared.about(Part::Steps);
    let Some(Declared::Steps(declared)) = way.declared.value() else {
        let is_bare = data.is_empty();
        let seen = match way.declared.value() {
            Some(_) => Evidence::whole(Part::Steps, Origin::NotKnown, OF_EVM),
            None => seen,
        };
        found.coverage.add(if is_bare { seen.told() } else { seen });
        found.findings.extend(is_bare.then(bare));
        return Ok(());
    };
    found.coverage.add(seen);
    let version = (way.name.as_str(), way.to.as_str());
    let refused = check_creation(declared, version, (data, typed), &way.labels);
    found.findings.extend(refused);
    Ok(())
}

/// Why nobody knows the initializers of code of the EVM.
const OF_EVM: &str = "code of the EVM does not say which initializers it has";

/// No initializer runs, and nobody knows of one.
fn bare() -> Finding {
    let (id, says) = (
        FindingId::INITIALIZER_OMITTED,
        "no initializer runs, and the code does not say which it declares",
    );
    let next = format!(
        "give --init; if the instance is meant to stay uninitialized: {}",
        FindingId::flag([&id])
    );
    Finding::new(Part::Steps, Severity::Danger, id, says).with("an initializer", "no --init", next)
}

#[cfg(test)]
mod tests {
    use crate::assess::{Fact, Origin};
    use crate::checks::tests::{best, ids};
    use crate::checks::{Declared, Runs};
    use alloy::primitives::Bytes;

    #[test]
    fn a_creation_of_which_nobody_knows_an_initializer_is_meant_by_name_or_not_checked() {
        let evm = Fact::of(Declared::OfEvm, Origin::Chain);
        for declared in [Fact::unknown("no section"), evm] {
            for (data, expected) in [(&b""[..], "initializer-omitted"), (b"1234", "absent:steps")] {
                let mut way = best();
                (way.old, way.declared) = (None, declared.clone());
                way.runs = Runs::Creation {
                    data: Bytes::copy_from_slice(data),
                    typed: String::new(),
                };
                assert_eq!(ids(&way), [expected]);
            }
        }
    }
}
