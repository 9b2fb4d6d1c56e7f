//! Paragraphs: texts that are laid out in a width, in lines of positioned glyphs.

use krilla::text::{Font, GlyphId, KrillaGlyph};
use parley::layout::{Alignment, AlignmentOptions, PositionedLayoutItem};
use parley::style::{FontWeight, LineHeight, OverflowWrap, StyleProperty};
use parley::{FontContext, GlyphRun, LayoutContext};

use crate::fonts::WriterFonts;
use crate::units::{Length, ems, length};
use crate::{Error, Fonts, Text};

/// The height of a line, as a multiple of the font size.
const LINE_HEIGHT: f32 = 1.3;

/// How a paragraph is set.
#[derive(Clone, Copy, Debug)]
pub struct Style {
    /// The font size.
    pub size: Length,
    /// Whether the font is bold.
    pub is_bold: bool,
    /// Whether lines end at the right edge.
    pub is_right_aligned: bool,
}

/// A paragraph that was laid out.
pub struct Paragraph {
    /// The text, of which the glyphs have ranges.
    pub text: String,
    /// The font size.
    pub size: Length,
    /// The lines.
    pub lines: Vec<Line>,
    /// The height.
    pub height: Length,
}

/// A line of a paragraph.
pub struct Line {
    /// The baseline below the top of the paragraph.
    pub baseline: Length,
    /// The pieces in one font each, from left to right.
    pub runs: Vec<Run>,
}

/// A piece of a line in one font.
pub struct Run {
    /// The start, right of the left edge of the paragraph.
    pub x: Length,
    /// The font.
    pub font: Font,
    /// The glyphs.
    pub glyphs: Vec<KrillaGlyph>,
}

/// Lays texts out.
pub struct Typesetter<'f> {
    fonts: &'f Fonts,
    context: FontContext,
    layouts: LayoutContext<()>,
    writer_fonts: WriterFonts,
}

impl<'f> Typesetter<'f> {
    /// Returns a typesetter with these fonts.
    pub fn new(fonts: &'f Fonts) -> Self {
        let (context, layouts) = (fonts.context(), LayoutContext::new());
        Self { fonts, context, layouts, writer_fonts: WriterFonts::default() }
    }

    /// Lays a text out in a width.
    ///
    /// At a font size of 1, so that the advances of glyphs are multiples of the font size, as the writer needs them.
    pub fn set(&mut self, text: &Text, width: Length, style: Style) -> Result<Paragraph, Error> {
        let mut builder = self.layouts.ranged_builder(&mut self.context, &text.text, 1.0, false);
        builder.push_default(StyleProperty::FontFamily(self.fonts.stack()));
        builder.push_default(StyleProperty::FontSize(1.0));
        builder.push_default(StyleProperty::LineHeight(LineHeight::FontSizeRelative(LINE_HEIGHT)));
        builder.push_default(StyleProperty::OverflowWrap(OverflowWrap::Anywhere));
        if style.is_bold {
            builder.push_default(StyleProperty::FontWeight(FontWeight::BOLD));
        }
        let mut layout = builder.build(&text.text);
        layout.break_all_lines(Some(ems(width, style.size)));
        let alignment = if style.is_right_aligned { Alignment::Right } else { Alignment::Left };
        layout.align(alignment, AlignmentOptions::default());
        let mut lines = Vec::new();
        for line in layout.lines() {
            let mut runs = Vec::new();
            for item in line.items() {
                if let PositionedLayoutItem::GlyphRun(run) = item {
                    runs.push(self.run(text, &run, style.size)?);
                }
            }
            lines.push(Line { baseline: length(line.metrics().baseline, style.size), runs });
        }
        let height = length(layout.height(), style.size);
        Ok(Paragraph { text: text.text.clone(), size: style.size, lines, height })
    }

    fn run(&mut self, text: &Text, placed: &GlyphRun<'_, ()>, size: Length) -> Result<Run, Error> {
        let run = placed.run();
        let font = self.writer_fonts.get(run.font());
        let font = font.ok_or_else(|| Error::Invalid("a font cannot be embedded".to_owned()))?;
        let mut glyphs = Vec::<KrillaGlyph>::new();
        for cluster in run.visual_clusters() {
            let range = cluster.text_range();
            if cluster.is_ligature_continuation() {
                if let Some(ligature) = glyphs.last_mut() {
                    ligature.text_range.start = ligature.text_range.start.min(range.start);
                    ligature.text_range.end = ligature.text_range.end.max(range.end);
                }
                continue;
            }
            for glyph in cluster.glyphs() {
                if glyph.id == 0 {
                    return Err(missing(text, range.start));
                }
                let id = GlyphId::new(glyph.id);
                glyphs.push(KrillaGlyph::new(id, glyph.advance, glyph.x, glyph.y, 0.0, range.clone(), None));
            }
        }
        Ok(Run { x: length(placed.offset(), size), font, glyphs })
    }
}

fn missing(text: &Text, start: usize) -> Error {
    let character = text.text.get(start..).and_then(|rest| rest.chars().next());
    Error::MissingGlyph { character: character.unwrap_or(char::REPLACEMENT_CHARACTER), name: text.name }
}
