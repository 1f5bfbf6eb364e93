#![doc = "Registry: the entry that forwards each call to the part that answers it."]
