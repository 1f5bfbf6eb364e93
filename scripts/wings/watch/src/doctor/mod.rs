//! Checks whether everything that a registry and its instances need still runs, for how long, and what would
//! help. No view of the registry is needed: when it has expired it has none. What is known comes from
//! its events, its storage, and the chain's own precompiles; views are asked, as long as there are any,
//! whether the events are all there.
//!
//! | module | holds |
//! |---|---|
//! | `event_records` | what the registry's events say |
//! | `complete` | whether the events are all there, by the views or by what is stored |
//! | `required_versions`, `inventory` | every account whose code is needed, and what for |
//! | `paused` | definitions that are paused, and instances that are not what their definition is |
//! | `policies` | who decides, and whether that is still possible |
//! | `time` | what is under way, and what ends soon |
//! | [`endpoint`] | what an endpoint can do |
//! | [`cure`](fix()) | keepalive and activation |

mod complete;
mod cure;
pub mod endpoint;
mod event_records;
mod examine;
mod inventory;
mod paused;
mod policies;
mod required_versions;
mod stale;
mod time;

pub use cure::{CureOutcome, estimate_fees, fix};
pub use examine::examine;
