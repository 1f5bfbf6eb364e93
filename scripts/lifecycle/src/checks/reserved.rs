//! Functions of the code that proxies answer themselves: nobody would ever reach them.

use super::{Code, Declared, Found, Way};
use crate::assess::{Evidence, Fact, Origin, Part};
use crate::layout::LayoutError;
use crate::plan::reserved_in;

const PART: Part = Part::Interface;

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let why = way.reserved.why();
    found
        .coverage
        .add(match way.reserved.value().map(Vec::as_slice) {
            None => way.reserved.about(PART),
            Some([]) if why.is_empty() => way.reserved.about(PART),
            Some([]) => Evidence::some(PART, Origin::NotKnown, why),
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

impl Code {
    /// What it may answer of what proxies answer themselves.
    pub fn reserved(&self) -> Fact<Vec<&'static str>> {
        // The attributes of the framework looked for them.
        if let Some(Declared::Steps(_)) = self.declared.value() {
            return Fact::of(Vec::new(), self.origin());
        }
        match self.bytes.module() {
            Err(reason) => Fact::unknown(format!("its module cannot be read: {reason}")),
            Ok(module) => Fact::doubted(
                reserved_in(&self.bytes.code, module.as_deref()),
                self.origin(),
                "it was built without our attributes; its constants were looked at",
            ),
        }
    }
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
            way.reserved = Fact::doubted(reserved, Origin::Chain, "its constants were looked at");
            assert_eq!(found(&way).coverage.of(Part::Interface), Some(extent));
        }
    }
}
