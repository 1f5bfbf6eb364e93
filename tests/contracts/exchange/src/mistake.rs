//! The mistakes of upgrades that the migration can turn on, by their numbers.

/// The event of a transfer names the receiver as the sender.
pub(crate) const SWAPPED_ARGUMENTS: u64 = 1;
/// The highest fee is one too high.
pub(crate) const OFF_BY_ONE: u64 = 2;
/// The fee is rounded down.
pub(crate) const ROUNDING: u64 = 3;
/// A deposit emits nothing.
pub(crate) const LOST_EVENT: u64 = 4;
/// The migration leaves a bit behind in the limit.
pub(crate) const DIRTY_FIELD: u64 = 5;
/// The migration forgets the owner.
pub(crate) const MISSING_REINITIALIZATION: u64 = 6;
/// A fee is a part of 9,999.
pub(crate) const WRONG_CONSTANT: u64 = 7;
/// Anybody sets the fee.
pub(crate) const BROKEN_ACCESS: u64 = 8;
/// The values of an error change places.
pub(crate) const CHANGED_REVERT: u64 = 9;
/// The pause lies where the limit does.
pub(crate) const STORAGE_COLLISION: u64 = 10;
/// A code of four bytes is worth more.
pub(crate) const MAGIC: u64 = 11;
/// Money is locked for an hour instead of a day.
pub(crate) const TIME: u64 = 12;
/// A withdrawal leaves the total as it was.
pub(crate) const STALE_TOTAL: u64 = 13;
/// Who pays himself is paid.
pub(crate) const SELF_TRANSFER: u64 = 14;
/// A withdrawal pays one wei less.
pub(crate) const LOST_WEI: u64 = 15;
/// A transfer returns false.
pub(crate) const WRONG_RETURN: u64 = 16;
/// Amounts are cut to 64 bits.
pub(crate) const TRUNCATION: u64 = 17;
/// A transfer does not look at the pause.
pub(crate) const LOST_PAUSE: u64 = 18;
/// Nobody is paid without a complaint.
pub(crate) const LOST_CHECK: u64 = 19;
/// The event of a withdrawal has the fee in it.
pub(crate) const WRONG_EVENT: u64 = 20;
/// A code that is computed gives more.
pub(crate) const HIDDEN: u64 = 22;
