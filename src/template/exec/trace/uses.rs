//! What functions read of the mappings and lists they are given. A scalar is read where it is taken out of the values; a mapping only by
//! what looks into it.

/// A function's way with its arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It hands them on.
    Passes,
    /// It asks for type, emptiness, number or keys.
    Shape,
    /// `get MAP KEY`.
    Get,
    /// `hasKey MAP KEY`.
    HasKey,
    /// `index CONTAINER KEY…`.
    Index,
    /// `dig KEY… DEFAULT MAP`.
    Dig,
    /// `pluck KEY MAP…`.
    Pluck,
    /// `pick MAP KEY…`.
    Pick,
    /// It reads all of them. What copies and merges counts as reading, since its result is no longer the values.
    Whole,
}

/// Of the function, or the method, with this name.
pub(super) fn of(function: &str) -> Use {
    match function {
        "include" | "tpl" | "dict" | "list" | "tuple" | "set" | "unset" | "required" | "fail" | "AsMap" => Use::Passes,
        "default" | "empty" | "not" | "and" | "or" | "coalesce" | "ternary" | "all" | "any" | "kindOf" | "kindIs" | "typeOf" | "typeIs"
        | "typeIsLike" | "len" | "keys" => Use::Shape,
        "get" => Use::Get,
        "hasKey" => Use::HasKey,
        "index" => Use::Index,
        "dig" => Use::Dig,
        "pluck" => Use::Pluck,
        "pick" => Use::Pick,
        _ => Use::Whole,
    }
}
