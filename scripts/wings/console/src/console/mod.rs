//! The console: what the commands report, as pages for a browser on this machine.
//!
//! | module | holds |
//! |---|---|
//! | [`request`] | what was asked, and who may ask |
//! | [`answer`] | what is answered, with the headers of every answer |
//! | [`assets`] | the style sheet and the script |
//! | [`decision`] | what somebody decides on before the wallet is asked, and its hashes |
//! | [`page`] | what every page has |
//! | [`overview`], [`action`], [`preview`], [`plan`], [`definition`], [`instance`], [`census`], [`doctor`] | the pages |
//! | [`identicon`] | a picture of an address |
//! | [`report`] | a definition in one file |
//! | [`callers`], [`slots`], [`policy`] | what changes for callers; storage as slots; a policy as a tree |
//!
//! Nothing here changes anything: the wallet sends, and keys never come near.

pub mod action;
pub mod answer;
pub mod assets;
pub mod callers;
mod calls;
pub mod census;
pub mod decision;
pub mod definition;
pub mod doctor;
pub mod identicon;
pub mod instance;
pub mod overview;
pub mod page;
pub mod plan;
pub mod policy;
pub mod preview;
pub mod report;
pub mod request;
pub mod slots;
mod waiting;
