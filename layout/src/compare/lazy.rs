//! What a version keeps lazily (`LazyMap`, `LazyCell`) is named so by its author: `lazy …`. Its
//! values may be in the old form or in a namespace of their own, so only a lazy field that knows both
//! forms reads them: `lazy … over lazy …`, as the derive names it.

/// The prefix of the name of a lazy type.
const LAZY: &str = "lazy ";

/// Returns true if a field of type `new` misreads the values of a field of type `old`, whatever is declared.
pub(crate) fn misreads(old: &str, new: &str) -> bool {
    let over = new
        .strip_suffix(old)
        .and_then(|new| new.strip_suffix(" over "));
    old.starts_with(LAZY) && !over.is_some_and(|form| form.starts_with(LAZY))
}

#[cfg(test)]
mod tests {
    use super::misreads;

    #[test]
    fn only_what_knows_every_form_of_a_lazy_field_reads_it() {
        let (plain, first) = ("mapping(address => uint256)", "lazy mapping(address => A)");
        let second = format!("lazy mapping(address => B) over {first}");
        let third = format!("lazy mapping(address => C) over {second}");
        assert!(!misreads(plain, first));
        assert!(!misreads(first, &second));
        assert!(!misreads(&second, &third));
        for (old, new) in [
            (first, plain),
            (first, "lazy mapping(address => B)"),
            (&second, "lazy mapping(address => C)"),
            (&second, &format!("lazy mapping(address => C) over {first}")),
            (first, &format!("mapping(address => B) over {first}")),
        ] {
            assert!(misreads(old, new), "{old} -> {new}");
        }
    }
}
