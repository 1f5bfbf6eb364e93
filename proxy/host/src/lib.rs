#![doc = "The raw host functions of the Stylus VM behind safe functions: the only unsafe code."]
