#![doc = "Migratable: initializers and migrations, each exactly once."]
