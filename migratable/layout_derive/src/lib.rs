//! `#[derive(StorageLayout)]`.
