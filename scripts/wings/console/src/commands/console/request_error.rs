//! Requests that cannot be answered.

use crate::app_error::Error;
use alloy::primitives::Address;

/// Reads the account in a request.
pub(crate) fn parse_account(text: &str) -> Result<Address, Error> {
    text.parse().map_err(|_| Error::Usage {
        message: "the account is not an address".into(),
        expected: "0x and 40 hexadecimal digits".into(),
        found: text.into(),
        next: "connect the wallet again".into(),
    })
}

/// A path that leads nowhere.
pub(crate) fn nothing_there(path: &str) -> Error {
    Error::Usage {
        message: "there is no such page".into(),
        expected: "a page that another one links to".into(),
        found: path.into(),
        next: "open the first page".into(),
    }
}
