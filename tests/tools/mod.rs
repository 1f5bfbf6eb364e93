//! Tools: what writes pages, measures, and disables guards. Tests use them, and the programs in `bin/`. `README.md` lists
//! what each is for.

pub mod book;
pub mod figures;
pub mod guards;
pub mod scale;
