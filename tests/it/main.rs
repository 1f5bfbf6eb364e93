//! Everything that runs on the chain.
