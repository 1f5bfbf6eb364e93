//! The cost of memory pages: free pages, a price per page, and an exponential ramp on the
//! transaction's high-water mark.

/// The chain's page parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PageParams {
    /// Pages a transaction has for nothing (2 by default).
    pub free_pages: u16,
    /// Gas per page beyond them (1 000 by default).
    pub page_gas: u16,
}

impl Default for PageParams {
    fn default() -> Self {
        Self {
            free_pages: 2,
            page_gas: 1_000,
        }
    }
}

/// Pages of one transaction. `ever` outlives frames, and reverted ones too.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PageCounters {
    /// Pages of the frames that are open now.
    pub open: u16,
    /// The most pages that were ever open.
    pub ever: u16,
}

impl PageCounters {
    /// Gas of opening `pages` more, saturating. Opens nothing.
    pub fn gas(&self, pages: u16, params: &PageParams) -> u64 {
        let after = self.after(pages);
        if after.ever <= params.free_pages {
            return 0;
        }
        let paid = |open: u16| u64::from(open.saturating_sub(params.free_pages));
        let adding = paid(after.open).saturating_sub(paid(self.open));
        adding
            .saturating_mul(u64::from(params.page_gas))
            .saturating_add(ramp(after.ever).saturating_sub(ramp(self.ever)))
    }

    /// Opens `pages` more; gives their gas.
    pub fn open(&mut self, pages: u16, params: &PageParams) -> u64 {
        let gas = self.gas(pages, params);
        *self = self.after(pages);
        gas
    }

    fn after(&self, pages: u16) -> Self {
        let open = self.open.saturating_add(pages);
        Self {
            open,
            ever: self.ever.max(open),
        }
    }
}

/// `floor(31 874 000 ^ (pages / 128))`, and out of reach beyond 128 pages.
fn ramp(pages: u16) -> u64 {
    RAMP.get(usize::from(pages))
        .map_or(u64::MAX, |gas| u64::from(*gas))
}

const RAMP: [u32; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1_117, 1_279, 1_463, 1_675, 1_917, 2_194, 2_511, 2_874, 3_290, 3_765,
    4_309, 4_932, 5_645, 6_461, 7_395, 8_464, 9_687, 11_087, 12_689, 14_523, 16_621, 19_024,
    21_773, 24_919, 28_521, 32_642, 37_359, 42_758, 48_938, 56_010, 64_104, 73_368, 83_971, 96_106,
    109_994, 125_890, 144_082, 164_904, 188_735, 216_010, 247_226, 282_953, 323_844, 370_643,
    424_206, 485_509, 555_672, 635_973, 727_880, 833_067, 953_456, 1_091_243, 1_248_941, 1_429_429,
    1_636_000, 1_872_423, 2_143_012, 2_452_704, 2_807_151, 3_212_820, 3_677_113, 4_208_502,
    4_816_684, 5_512_756, 6_309_419, 7_221_210, 8_264_766, 9_459_129, 10_826_093, 12_390_601,
    14_181_199, 16_230_562, 18_576_084, 21_260_563, 24_332_984, 27_849_408, 31_873_999,
];
