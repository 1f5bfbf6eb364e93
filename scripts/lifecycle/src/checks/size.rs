//! Whether the code is nearly as large as it may be: the version after it may not fit.

use super::{Code, Found, Way};
use crate::assess::{Fact, Finding, Part, Severity};
use crate::layout::LayoutError;
use stylus_upgrades_interface::limits::{CODE_SIZE_MAX, FRAGMENTS_MAX};

pub(super) fn check(way: &Way, found: &mut Found) -> Result<(), LayoutError> {
    let Some(size) = &way.size else {
        return Ok(());
    };
    let known = size.value().filter(|_| size.is_proven());
    let (severity, says) = match known {
        Some((size, max)) if size * 10 < max * 9 => return Ok(()),
        Some((size, max)) => (
            Severity::Warning,
            format!("{} has {size} of at most {max} bytes on chain", way.code),
        ),
        None => (
            Severity::Unknown,
            format!("the size of {} is not known: {}", way.code, size.why()),
        ),
    };
    let mut finding = Finding::named(Part::Code, severity, "code-size", says);
    finding.next = Some("make the contract smaller, or split it".into());
    found.findings.push(finding.from(size.origin()));
    Ok(())
}

impl Code {
    /// Bytes of it, or of its fragments without the list of them, and how many there may be.
    pub fn size(&self) -> Fact<(usize, usize)> {
        let (size, pieces) = match self.bytes.fragments.as_slice() {
            [] => (self.bytes.code.len(), 1),
            all => (all.iter().map(|one| one.len()).sum(), FRAGMENTS_MAX),
        };
        Fact::of((size, pieces * CODE_SIZE_MAX), self.origin())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checks::tests::{best, found};
    use crate::ids::{CodeHash, LayoutHash, SourceHash};
    use crate::program_code::CodeBytes;
    use crate::registry::RecordedCode;
    use alloy::primitives::{Address, Bytes};

    #[test]
    fn code_from_nine_tenths_of_its_limit_on_is_warned_of() {
        let one = [(22_118, 0, false), (22_119, 0, true), (22_119, 1, false)];
        let four = [(22_118, 4, false), (22_119, 4, true)];
        for (bytes, fragments, is_told) in one.into_iter().chain(four) {
            let code = Bytes::from(vec![0; bytes]);
            let fragments = vec![code.clone(); fragments];
            let bytes_there = CodeBytes { code, fragments };
            let recorded = RecordedCode {
                implementation: Address::ZERO,
                codehash: CodeHash::ZERO,
                layout: LayoutHash::ZERO,
                source: SourceHash::ZERO,
            };
            let mut way = best();
            let code = Code::there(recorded, bytes_there, Fact::unknown(""), false);
            way.size = Some(code.size());
            let found = found(&way).findings;
            let is = |one: &Finding| one.id == *"code-size" && one.severity == Severity::Warning;
            assert_eq!(found.len(), usize::from(is_told), "{bytes} in {way:?}");
            assert!(found.iter().all(is), "{found:?}");
        }
    }
}
