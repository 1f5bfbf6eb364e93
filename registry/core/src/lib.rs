#![doc = "State and rules of the registry, shared by its parts."]
