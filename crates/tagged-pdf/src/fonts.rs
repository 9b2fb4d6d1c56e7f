//! The fonts: two that are part of the program, and those of a folder.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

use krilla::text::Font;
use parley::fontique::{Blob, Collection, CollectionOptions, SourceCache};
use parley::style::{FontFamily, FontFamilyName};
use parley::{FontContext, FontData};

/// DejaVu Sans: Latin, Greek, Cyrillic, Arabic, Hebrew, Armenian, Georgian. Its licence is beside the files.
const EMBEDDED: [&[u8]; 2] =
    [include_bytes!("../fonts/DejaVuSans.ttf"), include_bytes!("../fonts/DejaVuSans-Bold.ttf")];

/// The most bytes of the fonts of a folder, which are held in memory.
const FOLDER_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The endings of the names of font files.
const EXTENSIONS: [&str; 4] = ["ttf", "otf", "ttc", "otc"];

/// The fonts of documents.
#[derive(Clone)]
pub struct Fonts {
    collection: Collection,
    /// The families, in the order in which they are tried.
    families: Arc<[String]>,
}

/// Why a font cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FontError(String);

impl fmt::Display for FontError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FontError {}

impl Fonts {
    /// Returns the fonts that are part of the program, and those of the files in a folder, in the order of their names.
    pub fn load(folder: Option<&Path>) -> Result<Self, FontError> {
        let mut collection = Collection::new(CollectionOptions { shared: false, system_fonts: false });
        let mut families = Vec::new();
        for bytes in EMBEDDED {
            register(&mut collection, &mut families, "DejaVu Sans", Blob::new(Arc::new(bytes)))?;
        }
        if let Some(folder) = folder {
            for (name, bytes) in read_folder(folder)? {
                register(&mut collection, &mut families, &name, Blob::new(Arc::new(bytes)))?;
            }
        }
        Ok(Self { collection, families: families.into() })
    }

    /// Returns the context in which texts are laid out.
    pub(crate) fn context(&self) -> FontContext {
        FontContext { collection: self.collection.clone(), source_cache: SourceCache::default() }
    }

    /// Returns the families in the order in which they are tried for a character.
    pub(crate) fn stack(&self) -> FontFamily<'static> {
        let names = self.families.iter().map(|name| FontFamilyName::Named(Cow::Owned(name.clone())));
        FontFamily::List(Cow::Owned(names.collect()))
    }
}

fn register(
    collection: &mut Collection,
    families: &mut Vec<String>,
    file: &str,
    bytes: Blob<u8>,
) -> Result<(), FontError> {
    let registered = collection.register_fonts(bytes, None);
    if registered.is_empty() {
        return Err(FontError(format!("{file} is not a font; remove it from the folder")));
    }
    for (id, _) in registered {
        let name = collection.family_name(id).map(str::to_owned);
        families.extend(name.filter(|name| !families.contains(name)));
    }
    Ok(())
}

fn read_folder(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, FontError> {
    let failed = |error: std::io::Error| FontError(format!("{}: {error}", folder.display()));
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let path = entry.map_err(failed)?.path();
        let extension = path.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        if extension.is_some_and(|extension| EXTENSIONS.contains(&extension.as_str())) {
            paths.push(path);
        }
    }
    paths.sort();
    let (mut files, mut bytes) = (Vec::new(), 0_u64);
    for path in paths {
        bytes = bytes.saturating_add(std::fs::metadata(&path).map_err(failed)?.len());
        if bytes > FOLDER_BYTES_MAX {
            let message = "has more than 256 MiB of fonts; keep those of the scripts that are needed";
            return Err(FontError(format!("{} {message}", folder.display())));
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        files.push((name, std::fs::read(&path).map_err(failed)?));
    }
    Ok(files)
}

/// The fonts of one document in the form of the writer, by the id of their data and their index in the file.
#[derive(Default)]
pub struct WriterFonts(HashMap<(u64, u32), Font>);

impl WriterFonts {
    /// Returns a font in the form of the writer; `None` if the writer cannot read it.
    pub fn get(&mut self, font: &FontData) -> Option<Font> {
        let key = (font.data.id(), font.index);
        if let Some(font) = self.0.get(&key) {
            return Some(font.clone());
        }
        let (bytes, _) = font.data.clone().into_raw_parts();
        let loaded = Font::new(bytes.into(), font.index)?;
        self.0.insert(key, loaded.clone());
        Some(loaded)
    }
}
