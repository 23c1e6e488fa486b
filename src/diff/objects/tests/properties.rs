//! What holds for any two renders.
