//! The output of commands.

use std::io::Write;

use crate::primitives::error::{Error, Result};

/// Prints a line of the result to standard output.
pub fn print_line(line: &str) -> Result<()> {
    writeln!(std::io::stdout(), "{line}")
        .map_err(|error| Error::internal(format!("cannot write to standard output: {error}")))
}

/// Prints a note to standard error, where no script mistakes it for the result.
pub fn print_note(line: &str) {
    let _ = writeln!(std::io::stderr(), "{line}");
}
