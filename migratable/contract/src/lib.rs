#![doc = "Migratable as a contract of its own."]
