//! The page model: what memory costs within one transaction.

use crate::arbos::Params;

/// Pages of all open frames, and the most there ever were. Not journaled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    pub(crate) open: u16,
    pub(crate) ever: u16,
}

impl Pages {
    /// Gas to open `pages` more.
    pub(crate) fn cost(&self, pages: u16, params: &Params) -> u64 {
        let open = self.open.saturating_add(pages);
        let new_ever = self.ever.max(open);
        if new_ever <= params.free_pages {
            return 0;
        }
        let charged = |open: u16| u64::from(open.saturating_sub(params.free_pages));
        let linear = (charged(open) - charged(self.open)) * u64::from(params.page_gas);
        linear.saturating_add(exponential(new_ever).saturating_sub(exponential(self.ever)))
    }

    /// Opens `pages` more.
    pub(crate) fn open(&mut self, pages: u16) {
        self.open = self.open.saturating_add(pages);
        self.ever = self.ever.max(self.open);
    }
}

/// floor(31 874 000^(p/128)), beyond 128 pages unaffordable.
fn exponential(pages: u16) -> u64 {
    EXPONENTS
        .get(usize::from(pages))
        .map_or(u64::MAX, |gas| u64::from(*gas))
}

const EXPONENTS: [u32; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1117, 1279, 1463, 1675, 1917, 2194, 2511, 2874, 3290, 3765, 4309, 4932,
    5645, 6461, 7395, 8464, 9687, 11087, 12689, 14523, 16621, 19024, 21773, 24919, 28521, 32642,
    37359, 42758, 48938, 56010, 64104, 73368, 83971, 96106, 109994, 125890, 144082, 164904, 188735,
    216010, 247226, 282953, 323844, 370643, 424206, 485509, 555672, 635973, 727880, 833067, 953456,
    1091243, 1248941, 1429429, 1636000, 1872423, 2143012, 2452704, 2807151, 3212820, 3677113,
    4208502, 4816684, 5512756, 6309419, 7221210, 8264766, 9459129, 10826093, 12390601, 14181199,
    16230562, 18576084, 21260563, 24332984, 27849408, 31873999,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growing_to_128_pages_costs_the_same_in_any_steps() {
        let params = Params::genesis();
        for step in [1u16, 2, 4, 32, 128] {
            let (mut pages, mut total) = (Pages::default(), 0);
            for _ in 0..128 / step {
                total += pages.cost(step, &params);
                pages.open(step);
            }
            assert_eq!(total, 31_999_998, "steps of {step}");
            assert_eq!(pages.cost(1, &params), u64::MAX - 31_873_999 + 1_000);
        }
    }
}
