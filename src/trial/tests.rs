//! Trials over small charts.
