//! Functions of the code that proxies answer themselves: nobody would ever reach them.

use super::{Found, Way};
use crate::assess::{Evidence, Fact, Origin, Part};
use crate::layout::LayoutError;
use crate::plan::reserved_in;
use crate::program_code::{is_program, module};
use alloy::primitives::Bytes;

const PART: Part = Part::Interface;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    // The attributes of the framework looked for them.
    if way.declared.value().is_some() {
        let origin = match way.declared.origin() {
            Origin::Build => Origin::Build,
            _ => Origin::Chain,
        };
        found.coverage.seen(PART, origin);
        return Ok(());
    }
    found.coverage.add(match way.reserved.value() {
        None => way.reserved.about(PART),
        Some(found) if found.is_empty() => Evidence::some(
            PART,
            Origin::NotKnown,
            "it was built without our attributes; its constants were looked at",
        ),
        Some(found) => {
            let why = format!(
                "it may answer {}, which proxies answer themselves; `plan` tries it",
                found.join(", ")
            );
            Evidence::whole(PART, Origin::NotKnown, why)
        }
    });
    Ok(())
}

/// What code may answer of what proxies answer themselves, with its fragments.
pub fn reserved(code: &[u8], fragments: &[Bytes]) -> Fact<Vec<&'static str>> {
    let module = match is_program(code).then(|| module(code, fragments)) {
        Some(Err(reason)) => return Fact::unknown(format!("its module cannot be read: {reason}")),
        Some(Ok(module)) => Some(module),
        None => None,
    };
    Fact::of(reserved_in(code, module.as_deref()), Origin::Chain)
}

#[cfg(test)]
mod tests {
    use crate::assess::{Extent, Fact, Origin, Part};
    use crate::checks::tests::{best, found};

    #[test]
    fn code_without_our_attributes_is_seen_in_part_and_what_proxies_answer_is_not_seen() {
        for (reserved, extent) in [
            (vec![], Extent::Partial),
            (vec!["upgradeTo"], Extent::Absent),
        ] {
            let mut way = best();
            way.declared = Fact::unknown("no section");
            way.reserved = Fact::of(reserved, Origin::Chain);
            assert_eq!(found(&way).coverage.of(Part::Interface), Some(extent));
        }
    }
}
