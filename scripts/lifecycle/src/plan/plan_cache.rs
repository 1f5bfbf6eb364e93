//! Simulations on a copy of a block, kept for the next that asks for the same on the same block. A new block is a new
//! simulation.

use super::{Plan, PlanRequest, plan_on};
use crate::client::{ChainError, Client, Fork};
use alloy::primitives::B256;
use lru::LruCache;
use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::OnceCell;

/// Capacity of the cache; the least recently used plan is dropped.
const PLANS_MAX: NonZeroUsize = NonZeroUsize::new(16).expect("not zero");

/// The hash of a block, and all that is tried there.
type Key = (B256, String);

/// Simulations, each made once.
#[derive(Debug)]
pub struct PlanCache(Mutex<LruCache<Key, Arc<OnceCell<Plan>>>>);

impl Default for PlanCache {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(PLANS_MAX)))
    }
}

impl PlanCache {
    /// Plans as [`plan`](super::plan()) does, but of one request on one block once. Who asks while it is being made waits
    /// for it.
    ///
    /// # Errors
    /// As [`plan`](super::plan()). What could not be made is tried again by the next one.
    pub async fn plan(&self, client: &Client, request: PlanRequest) -> Result<Plan, ChainError> {
        let fork = Fork::newest(client).await?;
        let key = (fork.hash(), format!("{request:?}"));
        let cell = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.get_or_insert(key, Arc::default).clone()
        };
        let plan = cell.get_or_try_init(|| plan_on(fork, request));
        plan.await.cloned()
    }
}
