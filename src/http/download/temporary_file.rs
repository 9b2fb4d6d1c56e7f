//! A temporary file as the source of a download.

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use tokio::fs::File;
use tokio::io::AsyncReadExt;

use super::output::{Broken, Output, Source};
use crate::primitives::error::Error;

/// The bytes that are read at a time.
const PART_BYTES: usize = 64 * 1024;

/// A file that the system deletes when it is closed, read from its beginning.
pub struct TemporaryFile {
    /// The file.
    pub file: File,
    /// The number of rows in it.
    pub rows: u64,
}

impl Source for TemporaryFile {
    fn write<'o>(mut self: Box<Self>, output: &'o mut Output) -> BoxFuture<'o, Result<(), Broken>> {
        async move {
            output.rows = self.rows;
            loop {
                let mut part = Vec::with_capacity(PART_BYTES);
                if self.file.read_buf(&mut part).await.map_err(Error::internal)? == 0 {
                    return Ok(());
                }
                output.write(part).await?;
            }
        }
        .boxed()
    }
}
