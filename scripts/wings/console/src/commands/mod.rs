//! The commands of the console, and what it does for those of the core.

pub(crate) mod console;
pub(crate) mod publish;
pub(crate) mod report_page;
