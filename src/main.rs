//! The binary: hands the arguments to the command line and exits with what it says.

use std::process::ExitCode;

/// The allocator of musl is slow; elsewhere the system's own is used.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    chartshift::cli::run(std::env::args_os())
}
