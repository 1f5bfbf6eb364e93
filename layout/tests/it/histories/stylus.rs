//! Stylus crates of others: the layouts of their storage structs, as they were at each commit, by the rule of
//! stylus-sdk 0.10. Where the SDK before 0.10 counts a struct one slot shorter (a plain field before a struct), nothing
//! follows it here: every place is the same in both.

use super::{
    Alarm,
    Expected::{self, Asks, Refused, Safe, Unchanged},
    History, check,
};

/// fluidity-money/9lives.so, `StorageTrading`: tag 0.8.0, then each commit that changed it.
const NINE_LIVES: [&str; 19] = [
    "0.8.0", "f5be2130", "ac2f0502", "4837a0a6", "c570537c", "cc774bae", "9d6bf5a8", "637f86b3",
    "753129cd", "da1d15b8", "4a8a0e70", "b00ddd9b", "b68ec857", "c1f0a30e", "7d78abb4", "689e98b3",
    "8596529e", "a135264e", "02cdd1ba",
];
/// f5be2130 is another market: it renames some fields for it, and others to `__unused_1`.
/// 4837a0a6 makes a mapping of a number; cc774bae puts a number before the last mapping.
/// 4a8a0e70 drops the flag of the version before, and b00ddd9b uses its byte.
/// 02cdd1ba puts an underscore before a name.
const TRADING: [Expected; 18] = [
    Asks, Safe, Refused, Safe, Refused, Safe, Safe, Asks, Safe, Refused, Safe, Safe, Asks, Safe,
    Asks, Safe, Safe, Unchanged,
];

/// fluidity-money/long.so, pkg/seawater.
const SEAWATER: [&str; 6] = [
    "c6ca1bd4", "d9d10b66", "5746c6c9", "7c76316e", "dda96af2", "7ce92eb3",
];
/// 7c76316e adds at the end of a mapping's values. dda96af2 drops two members of a tick, and the flag behind them moves
/// onto their bytes.
const POOLS: [Expected; 5] = [Safe, Safe, Safe, Refused, Safe];

/// denaria-finance/denaria-perp-arbitrum, perp-engine.
const PERP_ENGINE: [&str; 5] = ["6a0c8fd", "8d6e1d9", "3351ab0", "ef783b8", "3593eab"];
/// 8d6e1d9 drops three numbers in the middle. In 3351ab0 only the name tells that a snapshot is no longer the inverse.
/// ef783b8 moves six numbers into a mapping, 3593eab puts a flag among the packed ones.
const PERP: [Expected; 4] = [Refused, Asks, Refused, Refused];

/// OpenZeppelin/rust-contracts-stylus, examples/: tags v0.1.2, v0.2.0 and v0.3.0.
const OPENZEPPELIN: [&str; 3] = ["0.1.2", "0.2.0", "0.3.0"];

const OF_STYLUS: [History; 14] = [
    ("9lives/trading", &NINE_LIVES, &TRADING),
    ("long/seawater", &SEAWATER, &POOLS),
    // fluidity-money/long.so, pkg/leo. A byte before the first field; then a narrower member within a list.
    (
        "long/leo",
        &["41848fea", "bc6a27e0", "57d79317", "f2915f4e"],
        &[Refused, Refused, Unchanged],
    ),
    ("denaria/perp-engine", &PERP_ENGINE, &PERP),
    // Fairblock/ArbitrumContracts, decrypter-contract and ibe-contract: they had no storage before.
    ("fairblock/decrypter", &["77bea64", "f45de31"], &[Safe]),
    ("fairblock/ibe", &["431630a", "f45de31"], &[Safe]),
    // renegade-fi/renegade-contracts, contracts-stylus. An address before the nullifiers, a second gap, an address more.
    (
        "renegade/darkpool",
        &["bc15367", "f601ec5", "cf5ac21", "78818d7", "6989638"],
        &[Refused, Refused, Safe, Refused],
    ),
    // The last field is gone.
    ("openzeppelin/erc721", &OPENZEPPELIN, &[Refused, Unchanged]),
    // The outermost field has another name.
    (
        "openzeppelin/erc721-consecutive",
        &OPENZEPPELIN,
        &[Asks, Unchanged],
    ),
    // The token and the nonces are no longer within the struct of the permit, and stay where they were.
    (
        "openzeppelin/erc20-permit",
        &OPENZEPPELIN,
        &[Asks, Unchanged],
    ),
    // Names lose their underscores; then a mapping at the end.
    (
        "openzeppelin/access-control",
        &OPENZEPPELIN,
        &[Unchanged, Safe],
    ),
    (
        "openzeppelin/vesting-wallet",
        &["0.2.0", "0.3.0"],
        &[Unchanged],
    ),
    // uups-proxy and uups-proxy-new-version: a number is no longer within the struct that held nothing else. It has its
    // name, its type and its place.
    (
        "openzeppelin/uups-proxy",
        &["0.3.0", "0.3.0-new-version"],
        &[Unchanged],
    ),
    // OffchainLabs/stylus-sdk-rs, examples/erc721. The key and the value of a mapping get names.
    (
        "stylus-sdk/erc721",
        &["0.6.0", "0.10.0", "0.10.9"],
        &[Unchanged, Unchanged],
    ),
];

/// Data that leaves a struct, or enters one, and gets another name there, is refused.
const ALARMS: [Alarm; 1] = [("openzeppelin/erc20-permit", "0.2.0", Refused)];

#[test]
fn stylus_crates_get_the_verdict_of_a_person() {
    let pairs = check(include_str!("stylus.json"), &OF_STYLUS, &ALARMS);
    assert_eq!(pairs, 48);
}
