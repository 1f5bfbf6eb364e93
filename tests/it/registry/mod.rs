//! The registry on the chain (DESIGN §4.2).

mod story;
mod world;
