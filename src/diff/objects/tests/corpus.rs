//! Comparisons of the renders of published charts.
