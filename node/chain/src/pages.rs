//! The cost of memory within one transaction.

use crate::arbos::Params;
use stylus_vm::pages::{PageCounters, PageParams};

/// Pages of all open frames, and the most there ever were. Not journaled.
pub(crate) type Pages = PageCounters;

/// Gas to open `pages` more; beyond the limit of open pages more than any frame has.
pub(crate) fn cost(counters: &Pages, pages: u16, params: &Params) -> u64 {
    let open = counters.open.saturating_add(pages);
    if params.open_page_limit().is_some_and(|limit| open > limit) {
        return u64::MAX;
    }
    counters.gas(pages, &page_params(params))
}

/// Opens `pages` more.
pub(crate) fn open(counters: &mut Pages, pages: u16, params: &Params) {
    counters.open(pages, &page_params(params));
}

fn page_params(params: &Params) -> PageParams {
    PageParams {
        free_pages: params.free_pages,
        page_gas: params.page_gas,
    }
}
