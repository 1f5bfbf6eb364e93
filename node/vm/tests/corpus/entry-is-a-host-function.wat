(module (import "vm_hooks" "account_code_size" (func $size (param i32) (result i32)))
  (memory (export "memory") 1 1) (export "user_entrypoint" (func $size)))
