//! The binary: hands the arguments to the command line and exits with what it says.

use std::process::ExitCode;

fn main() -> ExitCode {
    chartshift::cli::run(std::env::args_os())
}
