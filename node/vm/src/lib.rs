#![doc = "Stylus programs: validation, instrumentation, ink, host functions, engine."]
