//! Accounts that control an instance by a way that is not the registry: a fixed list of accounts calls a fixed list of
//! functions on a copy. `exposure` calls as somebody without rights. `trial` calls as each account that the instance keeps:
//! `accounts` chooses them from facts and asks nobody, `read` gathers those facts on a copy, and `events` gathers at the
//! endpoint what a copy does not have.

mod accounts;
mod bytes;
mod calls;
mod contract_abi;
mod events;
mod exposure;
mod findings;
mod probe_code;
mod read;
mod snapshot;
mod trial;

pub use accounts::AccountEvents;
pub use bytes::{may_replace_code, replacing_functions, replacing_listed};
pub use calls::usual_initializers;
pub(super) use contract_abi::{AddressField, ContractAbi, address_fields};
pub(super) use events::{EventSubject, read_account_events};

pub(super) use exposure::{
    Exposure, ExposureReport, exposed_code, exposed_instance, find_exposures,
};
pub use findings::replacing_code;
pub(super) use findings::{
    as_before, code_replaceable, code_replaceable_by_unlisted, replacers_not_listed,
};
pub(super) use trial::{ControlReport, ControlSubject, try_control};
