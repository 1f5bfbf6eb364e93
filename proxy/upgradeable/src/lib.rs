#![doc = "Upgradeable: the mixin that an implementation composes."]
