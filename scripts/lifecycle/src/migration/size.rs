//! Number of items in one transaction: the cost of one is measured, never assumed.

/// Gas sent along, in percent of what is expected: items differ.
const GAS_PERCENT: u64 = 130;
/// Bytes of a transaction beside its items.
const ENVELOPE: usize = 1_024;
/// Bytes of a transaction, at most: what Nitro's sequencer takes by default
/// (`--execution.sequencer.max-tx-data-size`). geth takes 131,072.
const TRANSACTION_BYTES: usize = 95_000;

/// The number of items that go into one transaction, in units of gas and bytes.
#[derive(Debug, Clone)]
pub struct Sizer {
    /// Gas of a transaction, at most.
    gas: u64,
    /// Items that fit into its bytes.
    room: u64,
    /// Gas of a transaction beside its items.
    fixed: u64,
    /// Gas of an item.
    each: u64,
    /// Items that did not fit before, so fewer go along.
    bound: u64,
}

impl Sizer {
    /// Transactions of at most `gas`, with items of `item_bytes`, where one item took `one` gas
    /// and `many` took `all`.
    pub fn measured(gas: u64, item_bytes: usize, one: u64, many: u64, all: u64) -> Self {
        let each = match many {
            0 | 1 => one,
            _ => (all.saturating_sub(one) / (many - 1)).max(1),
        };
        Self {
            gas,
            room: ((TRANSACTION_BYTES - ENVELOPE) / item_bytes.max(1)).max(1) as u64,
            fixed: one.saturating_sub(each),
            each,
            bound: u64::MAX,
        }
    }

    /// Items of the next transaction, at least one.
    pub fn items(&self) -> u64 {
        let usable = (self.gas / GAS_PERCENT).saturating_mul(100);
        let by_gas = usable.saturating_sub(self.fixed) / self.each.max(1);
        by_gas.min(self.room).min(self.bound).max(1)
    }

    /// Gas to send along with `items`.
    pub fn gas_for(&self, items: u64) -> u64 {
        let expected = self.fixed.saturating_add(items.saturating_mul(self.each));
        (expected.saturating_mul(GAS_PERCENT) / 100).min(self.gas)
    }

    /// `items` took `gas`.
    pub fn learn(&mut self, items: u64, gas: u64) {
        if let Some(found) = gas.saturating_sub(self.fixed).checked_div(items) {
            // Dearer ones are believed at once, cheaper ones slowly.
            let slowly = self.each.saturating_mul(3).saturating_add(found) / 4;
            self.each = found.max(slowly).max(1);
        }
        self.bound = self.bound.saturating_mul(2);
    }

    /// `items` were too large. False if it was one.
    pub fn too_large(&mut self, items: u64) -> bool {
        self.bound = (items / 2).max(1);
        items > 1
    }

    /// `items` ran out of `gas`: half as many the next time, and each is thought dearer. False if
    /// it was one, with all the gas that there is.
    pub fn out_of_gas(&mut self, items: u64, gas: u64) -> bool {
        let had_all = self.gas_for(items) >= self.gas;
        let at_least = gas.saturating_sub(self.fixed) / items.max(1);
        self.each = self.each.max(at_least).saturating_mul(2);
        self.too_large(items) || !had_all
    }
}

#[cfg(test)]
mod tests {
    use super::Sizer;

    /// 60,000 beside the items, 5,000 for each.
    fn sizer(gas: u64, bytes: usize) -> Sizer {
        Sizer::measured(gas, bytes, 65_000, 16, 140_000)
    }

    #[test]
    fn what_goes_along_fits_into_gas_and_bytes() {
        let by_gas = sizer(1_300_000, 32);
        assert_eq!(by_gas.items(), (1_000_000 - 60_000) / 5_000);
        assert!(by_gas.gas_for(by_gas.items()) <= 1_300_000);
        assert_eq!(sizer(u64::MAX, 32).items(), (95_000 - 1_024) / 32);
        assert_eq!(sizer(1, 32).items(), 1, "never none");
        let mut dear = sizer(1, 32);
        (0..3).for_each(|_| dear.learn(1, u64::MAX));
        assert_eq!(dear.items(), 1, "whatever gas an endpoint says");
    }

    #[test]
    fn dearer_items_are_believed_at_once_and_cheaper_ones_slowly() {
        let mut sizer = sizer(1_300_000, 32);
        let before = sizer.items();
        sizer.learn(100, 60_000 + 100 * 10_000);
        assert_eq!(sizer.items(), before / 2);
        sizer.learn(100, 60_000 + 100 * 5_000);
        assert!(sizer.items() > before / 2 && sizer.items() < before);
    }

    #[test]
    fn one_item_is_given_up_only_with_all_the_gas() {
        let mut sizer = Sizer::measured(1_000_000, 32, 1_000, 16, 1_000);
        let mut tries = 0;
        while sizer.out_of_gas(1, sizer.gas_for(1)) {
            tries += 1;
        }
        assert_eq!(sizer.gas_for(1), 1_000_000);
        assert!(tries < 20);
    }

    #[test]
    fn what_did_not_fit_is_halved_and_grows_again() {
        let mut sizer = sizer(1_300_000, 32);
        let before = sizer.items();
        assert!(sizer.out_of_gas(before, 1_000_000));
        assert!(sizer.items() <= before / 2);
        for _ in 0..20 {
            let items = sizer.items();
            sizer.learn(items, 60_000 + items * 5_000);
        }
        assert!(sizer.items() > before * 9 / 10);
        assert!(!sizer.too_large(1));
    }
}
