//! Whether the registry's views say what its events say.

use crate::definition::{Definition, Version};
use crate::reader::Seen;
use serde::{Deserialize, Serialize};
use std::fmt::Debug;

/// Something that a view tells otherwise than the events.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What it is about.
    pub what: String,
    /// What follows from the events.
    pub events: String,
    /// What the view says.
    pub view: String,
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn compare<T: PartialEq + Debug>(&mut self, what: &str, events: &T, view: &T) {
        if events != view {
            self.0.push(Difference {
                what: what.into(),
                events: format!("{events:?}"),
                view: format!("{view:?}"),
            });
        }
    }
}

/// Every difference between what follows from the events of a definition and what was seen in the views. Of what
/// was seen in part only that part is compared; how much there is, in any case.
pub fn differences(events: &Definition, seen: &Seen) -> Vec<Difference> {
    let mut found = Differences::default();
    let view = &seen.definition;
    if let Some(head) = &seen.head {
        found.compare("current version", &events.current, &head.current);
        found.compare("sequence", &events.sequence, &head.sequence);
        let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        found.compare(
            "number of versions",
            &count(events.versions.len()),
            &head.versions,
        );
        found.compare(
            "number of instances",
            &count(events.instances.len()),
            &head.instances,
        );
        found.compare("state", &events.state, &head.state);
    }
    let (versions, instances) = (
        seen.part.versions_of(events),
        seen.part.instances_of(events),
    );
    let labels = |all: &[Version]| {
        all.iter()
            .map(|one| one.version.clone())
            .collect::<Vec<_>>()
    };
    found.compare("versions", &labels(versions), &labels(&view.versions));
    for version in versions {
        let label = &version.version;
        let Some(view) = view.version(label) else {
            continue; // the list of them says so
        };
        found.compare(&format!("code of {label}"), &version.code, &view.code);
        found.compare(
            &format!("sequence of {label}"),
            &version.sequence,
            &view.sequence,
        );
        let steps = |of: &Version| of.incoming().cloned().collect::<Vec<_>>();
        found.compare(&format!("ways into {label}"), &steps(version), &steps(view));
    }
    let proxies = |all: &[_]| {
        all.iter()
            .map(|one: &crate::Instance| one.proxy)
            .collect::<Vec<_>>()
    };
    found.compare("instances", &proxies(instances), &proxies(&view.instances));
    for instance in instances {
        let same = view
            .instances
            .iter()
            .find(|one| one.proxy == instance.proxy);
        if let Some(view) = same {
            found.compare(&format!("instance {}", instance.proxy), instance, view);
        }
    }
    for (proxy, accepted) in &events.accepted {
        if let Some(view) = view.accepted.get(proxy) {
            found.compare(&format!("accepted transfer of {proxy}"), accepted, view);
        }
    }
    for (proxy, relayed) in &events.relayed {
        if let Some(view) = view.relayed.get(proxy) {
            found.compare(&format!("relay of {proxy}"), relayed, view);
        }
    }
    for (role, expression) in &events.policies {
        if let Some(view) = view.policies.get(role) {
            found.compare(&format!("policy of {role}"), expression, view);
        }
    }
    let mut open: Vec<_> = events.pending(seen.block.time).map(|(id, _)| id).collect();
    let mut views = seen.open.clone();
    open.sort_unstable();
    views.sort_unstable();
    found.compare("open actions", &open, &views);
    found.0
}
