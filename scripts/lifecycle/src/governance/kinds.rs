//! Kinds of proxies and of steps in words.

use crate::model::{ProxyKind, StepKind};

/// The kind of a proxy.
pub fn kind_in_words(kind: impl Into<ProxyKind>) -> String {
    match kind.into() {
        ProxyKind::Wasm => "WASM proxy".into(),
        ProxyKind::Evm => "EVM proxy".into(),
        ProxyKind::Transparent4 => "transparent proxy 4.x of OpenZeppelin".into(),
        ProxyKind::Transparent5 => "transparent proxy 5.x of OpenZeppelin".into(),
        ProxyKind::Uups => "UUPS proxy of OpenZeppelin".into(),
        ProxyKind::Unknown(other) => format!("{other}, which is unknown"),
    }
}

/// The kind of a proxy in 20 characters at most: devices cut what is longer.
pub fn kind_on_device(kind: impl Into<ProxyKind>) -> String {
    match kind.into() {
        ProxyKind::Transparent4 => "OZ transparent 4.x".into(),
        ProxyKind::Transparent5 => "OZ transparent 5.x".into(),
        ProxyKind::Uups => "OZ UUPS proxy".into(),
        other => kind_in_words(other),
    }
}

/// The kind of a step in 20 characters at most.
pub fn step_on_device(kind: u8) -> String {
    let words = match StepKind::from(kind) {
        StepKind::None => "none, data unchanged",
        StepKind::Call => "call of the new code",
        StepKind::Script => "a script",
        StepKind::Complex => "complex, paused",
        StepKind::ForeignCall => "call, code w/o mixin",
        StepKind::Unknown(_) => return step_in_words(kind),
    };
    words.into()
}

/// The kind of a step.
pub fn step_in_words(kind: u8) -> String {
    match StepKind::from(kind) {
        StepKind::None => "none: no function runs, and no data moves".into(),
        StepKind::Call => "a function of the new code".into(),
        StepKind::Script => "a script".into(),
        StepKind::Complex => "complex: many transactions, paused meanwhile".into(),
        StepKind::ForeignCall => {
            "a function of the new code, which does not use the Upgradeable mixin".into()
        }
        StepKind::Unknown(other) => format!("kind {other}, which is unknown"),
    }
}
