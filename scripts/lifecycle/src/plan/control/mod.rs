//! Accounts that can replace the code of an instance by a way that is not the registry: a fixed list of accounts calls a
//! fixed list of functions on a copy. `accounts` chooses the accounts from facts and asks nobody. `read` gathers those facts
//! on a copy, and `events` gathers at the endpoint what a copy does not have. `trial` makes the calls.

mod accounts;
mod bytes;
mod calls;
mod events;
mod findings;
mod read;
mod trial;

pub use accounts::AccountEvents;
pub use bytes::{may_replace_code, replacing_functions, replacing_listed};
pub(super) use events::{EventSubject, read_account_events};

pub use findings::replacing_code;
pub(super) use findings::{
    as_before, code_replaceable, code_replaceable_by_unlisted, replacers_not_listed,
};
pub(super) use trial::{ControlReport, ControlSubject, try_control};
