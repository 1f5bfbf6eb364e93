#![doc = "Migration script: the counter from version 2 back to the data of version 1."]
