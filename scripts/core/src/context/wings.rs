//! What the wings of the program do for the core and for each other: by functions alone, none is imported.

use super::Context;
use crate::expiry::Diagnosis;
use crate::prelude::*;
use futures::future::LocalBoxFuture;

/// A part of the program beside its core, which is a feature of its package.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wing {
    Watch,
}

impl Wing {
    /// The feature.
    const fn feature(self) -> &'static str {
        match self {
            Self::Watch => "watch",
        }
    }

    /// The refusal where the program was built without it; `what` needs it.
    fn missing(self, what: &str) -> Refusal {
        let feature = self.feature();
        Refusal::new(
            "FeatureMissing",
            format!("{what} is not part of this program"),
        )
        .with(
            format!("a program with the feature {feature}"),
            "one that was built without it",
            format!(
                "install stylus-upgrades with its default features, or with --features {feature}"
            ),
        )
        .usage()
    }
}

/// The wings of a program.
pub struct Wings {
    /// Whether everything still runs.
    pub watch: Option<&'static Watch>,
}

/// What the watch does for others.
pub struct Watch {
    /// Examines the registry that the command names, and changes nothing.
    pub examined: for<'a> fn(&'a Context) -> LocalBoxFuture<'a, Result<Diagnosis>>,
}

impl Wings {
    /// A program of the core alone.
    pub const NONE: Self = Self { watch: None };

    /// The watch, which `what` needs.
    ///
    /// # Errors
    /// `FeatureMissing`.
    pub fn watch(&self, what: &str) -> Result<&'static Watch> {
        Ok(self.watch.ok_or_else(|| Wing::Watch.missing(what))?)
    }
}
