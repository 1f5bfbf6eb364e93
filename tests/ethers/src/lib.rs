//! The eight steps through ethers-rs, on real anvil and on our chain; everything is in `it/`.
//! ethers-rs is no longer maintained and is used nowhere else.
