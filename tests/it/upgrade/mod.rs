//! Upgrades with the registry: the eleven rules of every proxy, and the failures that they
//! prevent.
//!
//! | module | holds |
//! |---|---|
//! | `lifecycle` | what an upgrade does: data, events, slots, several versions at once |
//! | `authority` | who may upgrade, and in which order it is refused (rules 1, 11) |
//! | `runnable` | which code is accepted (rule 2) |
//! | `once` | initializers and migrations: by nobody else, never twice (rules 3, 9) |
//! | `interference` | re-entrancy while an upgrade runs, or around one (rules 4, 5) |
//! | `marks` | what a step may not touch, and what it must set (rule 6) |
//! | `value` | value is passed on only where it is counted once (rule 10) |

mod authority;
mod fixture;
mod interference;
mod lifecycle;
mod marks;
mod once;
mod runnable;
mod value;

pub(crate) use fixture::{Done, Fixture, counter, hostile};

/// The whole way to version 2, for tests of where it runs.
pub(crate) async fn counter_at_version_2(
    harness: &stylus_upgrades_harness::Harness,
) -> Result<(), stylus_upgrades_harness::HarnessError> {
    let it = fixture::counter(harness).await?;
    it.instance.upgrade("2.0").await?;
    assert_eq!(it.instance.version().await?, "2.0");
    Ok(())
}
