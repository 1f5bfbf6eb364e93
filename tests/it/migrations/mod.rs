//! Migrations that one transaction does not do.
//!
//! | module | holds |
//! |---|---|
//! | `lazy` | a ledger whose accounts are converted when they are written or swept |

mod lazy;
