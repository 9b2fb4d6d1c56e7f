//! The renderer: how many documents are rendered at a time, and with which fonts.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tagged_pdf::{Document, Fonts};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::primitives::error::{Error, Result};

/// The documents that are rendered at a time: each takes a processor, and up to 100 MiB with its attachment.
const DOCUMENTS_MAX: usize = 2;

/// How long a document waits for its turn.
const TURN_TIMEOUT: Duration = Duration::from_secs(10);

/// Renders documents.
pub struct Renderer {
    fonts: Fonts,
    turns: Arc<Semaphore>,
}

impl Renderer {
    /// Returns a renderer with the fonts that are part of the program, and those of a folder.
    pub fn new(folder: Option<&Path>) -> Result<Self> {
        let fonts = Fonts::load(folder).map_err(|error| {
            let message = format!("{error}; STATEMENT_FONTS names a folder of TrueType or OpenType fonts");
            Error::BadInput { message, field: None }
        })?;
        Ok(Self { fonts, turns: Arc::new(Semaphore::new(DOCUMENTS_MAX)) })
    }

    /// Waits for the turn of a document, before its lines are read into memory.
    pub(super) async fn turn(&self) -> Result<Turn> {
        let permit = tokio::time::timeout(TURN_TIMEOUT, Arc::clone(&self.turns).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else {
            return Err(Error::Busy("too many documents are being rendered; try again in a moment"));
        };
        Ok(Turn { fonts: self.fonts.clone(), permit })
    }
}

/// The turn of a document.
pub(super) struct Turn {
    fonts: Fonts,
    permit: OwnedSemaphorePermit,
}

impl Turn {
    /// Renders the document on a thread of its own. Rejects one with a character that no font has.
    pub async fn render(self, document: Document) -> Result<Vec<u8>> {
        let Self { fonts, permit } = self;
        let rendering = tokio::task::spawn_blocking(move || {
            let rendered = tagged_pdf::render(&document, &fonts);
            drop(permit);
            rendered
        });
        let rendered =
            rendering.await.map_err(|error| Error::internal(format!("a rendering failed: {error}")))?;
        rendered.map_err(|error| match error {
            tagged_pdf::Error::MissingGlyph { .. } => {
                let message = format!(
                    "{error}; name a folder of fonts in STATEMENT_FONTS. The CSV file of the statement is available"
                );
                Error::BadInput { message, field: None }
            }
            tagged_pdf::Error::Invalid(reason) => Error::internal(format!("a PDF file: {reason}")),
        })
    }
}
