#![doc = "Attributes: initializer, migration, initializing, upgradeable."]
