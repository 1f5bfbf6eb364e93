//! `reserved`.

use super::{best, found};
use crate::assess::{Extent, Fact, Origin, Part};
use crate::checks::Code;
use crate::ids::{CodeHash, LayoutHash, SourceHash};
use crate::program_code::CodeBytes;
use crate::registry::RecordedCode;
use alloy::primitives::{Address, keccak256};
use stylus_layout::{Document, Layout, PublicInterface};

#[test]
fn code_without_our_attributes_is_seen_in_part_and_what_proxies_answer_is_not_seen() {
    for (reserved, extent) in [
        (vec![], Extent::Partial),
        (vec!["upgradeTo"], Extent::Absent),
    ] {
        let mut transition = best();
        transition.reserved =
            Fact::doubted(reserved, Origin::Chain, "its constants were looked at");
        assert_eq!(
            found(&transition).coverage.of(Part::Interface),
            Some(extent)
        );
    }
}

#[test]
fn code_whose_compiler_listed_its_functions_here_answers_no_others() {
    let upgrade = "function upgradeTo(string)";
    for (origin, functions, extent) in [
        (Origin::Build, vec!["function value()"], Extent::Complete),
        (Origin::Build, vec![upgrade], Extent::Absent),
        (Origin::Build, vec!["fallback"], Extent::Absent),
        (Origin::Chain, vec!["function value()"], Extent::Absent),
    ] {
        let abi = functions.iter().map(|entry| (*entry).to_owned());
        let interface = PublicInterface::new(abi, []).expect("an interface");
        let document = Document {
            interface: Some(interface),
            ..Document::of_layout(Layout::default())
        };
        // PUSH4 and the selector of upgradeTo(string).
        let selector = keccak256("upgradeTo(string)");
        let code = [&[0x63], &selector[..4], &[0x14]].concat();
        let bytes = CodeBytes {
            code: code.into(),
            fragments: Vec::new(),
        };
        let layout = Fact::of(document, origin);
        let recorded = RecordedCode {
            implementation: Address::ZERO,
            codehash: CodeHash::ZERO,
            layout: LayoutHash::ZERO,
            source: SourceHash::ZERO,
        };
        let code = Code::there(recorded, bytes, layout, false);
        let mut transition = best();
        transition.reserved = code.reserved();
        let found = found(&transition);
        let seen = found.coverage.of(Part::Interface);
        assert_eq!(seen, Some(extent), "{functions:?}");
    }
}
