//! `size`.

use super::{best, found};
use crate::assess::{Fact, Finding, Severity};
use crate::checks::Code;
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
        let mut transition = best();
        let code = Code::there(recorded, bytes_there, Fact::unknown(""), false);
        transition.size = Some(code.size());
        let found = found(&transition).findings;
        let is = |one: &Finding| one.id == *"code-size" && one.severity == Severity::Warning;
        assert_eq!(
            found.len(),
            usize::from(is_told),
            "{bytes} in {transition:?}"
        );
        assert!(found.iter().all(is), "{found:?}");
    }
}
