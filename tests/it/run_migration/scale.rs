//! Ten thousand items in an ordinary run; a hundred thousand and a million in
//! the long one. `bench scale` writes their figures to `tests/snapshots/scale.json`.

use std::path::Path;

use stylus_upgrades_tests::tools::scale::{Form, measure};

use super::fixture::Done;

/// What ten times the items may add to the memory of the command line, in KiB: the marks in a
/// list, and what an allocator keeps.
const GROWTH: u64 = 6 * 1_024;
/// The most memory that the command line may have, in KiB.
const MOST: u64 = 96 * 1_024;

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 32 s"]
async fn run_migration_of_ten_thousand_items_completes_and_its_memory_is_flat() -> Done {
    let mut sizes = vec![1_000, 10_000];
    if stylus_upgrades_test_support::long() {
        sizes.extend([100_000, 1_000_000]);
    }
    let program = Path::new(env!("CARGO_BIN_EXE_cli"));
    let mut memory = Vec::new();
    for items in sizes {
        // It errors unless every item was migrated, once, and the migration has ended.
        let measured = measure(program, &[], items, Form::Batches).await?;
        for (sentence, number) in measured.figures() {
            println!("{sentence:<60} {number:>12}");
        }
        assert!(measured.memory < MOST, "{} KiB", measured.memory);
        memory.push(measured.memory);
    }
    for pair in memory.windows(2) {
        assert!(
            pair[1] < pair[0] + GROWTH,
            "KiB for ever more items: {memory:?}"
        );
    }
    Ok(())
}

#[tokio::test]
#[ignore = "nightly: many batches and processes, about 32 s"]
async fn run_migration_of_ten_thousand_gathered_tokens_completes_in_little_memory() -> Done {
    let program = Path::new(env!("CARGO_BIN_EXE_cli"));
    let measured = measure(program, &[], 10_000, Form::Gathered).await?;
    for (sentence, number) in measured.figures() {
        println!("{sentence:<60} {number:>12}");
    }
    assert!(measured.memory < MOST, "{} KiB", measured.memory);
    Ok(())
}
