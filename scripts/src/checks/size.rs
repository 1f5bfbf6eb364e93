//! Whether the code is nearly as large as it may be: the version after it may not fit.

use super::{Found, Way};
use crate::assess::{Fact, Finding, Origin, Part, Severity};
use crate::layout::LayoutError;
use alloy::primitives::Bytes;
use stylus_upgrades_interface::limits::{CODE_SIZE_MAX, FRAGMENTS_MAX};

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let size = way.size.value();
    if let Some((size, max)) = size.filter(|(size, max)| size * 10 >= max * 9) {
        let says = format!("{} has {size} of at most {max} bytes on chain", way.code);
        let mut finding = Finding::named(Part::Code, Severity::Warning, "code-size", says);
        finding.next = Some("make the contract smaller, or split it".into());
        found.findings.push(finding.from(way.size.origin()));
    }
    Ok(())
}

/// Bytes of code, or of its fragments without the list of them, and how many there may be.
pub fn size(code: &[u8], fragments: &[Bytes], origin: Origin) -> Fact<(usize, usize)> {
    let (size, pieces) = match fragments {
        [] => (code.len(), 1),
        all => (all.iter().map(|one| one.len()).sum(), FRAGMENTS_MAX),
    };
    Fact::of((size, pieces * CODE_SIZE_MAX), origin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::tests::{best, found};

    #[test]
    fn code_from_nine_tenths_of_its_limit_on_is_warned_of() {
        let one = [(22_118, 0, false), (22_119, 0, true), (22_119, 1, false)];
        let four = [(22_118, 4, false), (22_119, 4, true)];
        for (bytes, fragments, is_told) in one.into_iter().chain(four) {
            let code = Bytes::from(vec![0; bytes]);
            let mut way = best();
            way.size = size(&code, &vec![code.clone(); fragments], Origin::Build);
            let found = found(&way).findings;
            let is = |one: &Finding| one.id == *"code-size" && one.severity == Severity::Warning;
            assert_eq!(found.len(), usize::from(is_told), "{bytes} in {fragments}");
            assert!(found.iter().all(is), "{found:?}");
        }
    }
}
