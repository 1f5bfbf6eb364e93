#![doc = "Version 2 of the counter: a step, and the migration to it."]
