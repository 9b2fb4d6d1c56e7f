//! A page: its elements, and how they are drawn.

use krilla::color::rgb;
use krilla::geom::{PathBuilder, Point, Rect};
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, FillRule};
use krilla::surface::Surface;
use krilla::tagging::{Artifact, ArtifactType, ContentTag, Identifier, SpanTag};

use crate::paragraph::Paragraph;
use crate::units::{Length, points};

/// The thickness of a rule.
const RULE: Length = 40;

/// The position of a text in the reading order.
#[derive(Clone, Copy, Debug)]
pub struct Leaf(pub usize);

/// The elements of a page.
#[derive(Default)]
pub struct Page {
    /// The elements, in the order in which they are drawn.
    pub elements: Vec<Element>,
}

/// An element of a page.
pub enum Element {
    /// A text; without a leaf it repeats another one.
    Text {
        /// The left edge.
        x: Length,
        /// The top.
        y: Length,
        /// The text.
        paragraph: Paragraph,
        /// The position in the reading order.
        leaf: Option<Leaf>,
    },
    /// A line of the foot.
    Foot {
        /// The left edge.
        x: Length,
        /// The top.
        y: Length,
        /// The text.
        paragraph: Paragraph,
    },
    /// The mark of a draft.
    Mark {
        /// The left edge.
        x: Length,
        /// The top.
        y: Length,
        /// The text.
        paragraph: Paragraph,
    },
    /// A horizontal rule.
    Rule {
        /// The left edge.
        x: Length,
        /// The top.
        y: Length,
        /// The length.
        width: Length,
    },
}

impl Page {
    /// Draws the elements; adds the marked content of each text to its leaf.
    pub fn draw(&self, surface: &mut Surface<'_>, leaves: &mut [Vec<Identifier>]) {
        for element in &self.elements {
            match element {
                Element::Text { x, y, paragraph, leaf: Some(leaf) } => {
                    let identifiers = draw_content(surface, *x, *y, paragraph);
                    if let Some(leaf) = leaves.get_mut(leaf.0) {
                        leaf.extend(identifiers);
                    }
                }
                Element::Text { x, y, paragraph, leaf: None } => {
                    draw_artifact(surface, ArtifactType::PaginationOther, *x, *y, paragraph, 0);
                }
                Element::Foot { x, y, paragraph } => {
                    draw_artifact(surface, ArtifactType::Footer, *x, *y, paragraph, 80);
                }
                Element::Mark { x, y, paragraph } => {
                    draw_artifact(surface, ArtifactType::Watermark, *x, *y, paragraph, 190);
                }
                Element::Rule { x, y, width } => draw_rule(surface, *x, *y, *width),
            }
        }
    }
}

fn fill(grey: u8) -> Option<Fill> {
    let paint = rgb::Color::new(grey, grey, grey).into();
    Some(Fill { paint, opacity: NormalizedF32::ONE, rule: FillRule::default() })
}

/// Draws a text, each line as marked content of its own.
fn draw_content(surface: &mut Surface<'_>, x: Length, y: Length, paragraph: &Paragraph) -> Vec<Identifier> {
    surface.set_fill(fill(0));
    let mut identifiers = Vec::new();
    for line in 0..paragraph.lines.len() {
        identifiers.push(surface.start_tagged(ContentTag::Span(SpanTag::empty())));
        draw_line(surface, x, y, paragraph, line);
        surface.end_tagged();
    }
    identifiers
}

fn draw_artifact(
    surface: &mut Surface<'_>,
    kind: ArtifactType,
    x: Length,
    y: Length,
    paragraph: &Paragraph,
    grey: u8,
) {
    surface.set_fill(fill(grey));
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(kind)));
    for line in 0..paragraph.lines.len() {
        draw_line(surface, x, y, paragraph, line);
    }
    surface.end_tagged();
}

fn draw_line(surface: &mut Surface<'_>, x: Length, y: Length, paragraph: &Paragraph, line: usize) {
    let Some(line) = paragraph.lines.get(line) else { return };
    for run in &line.runs {
        let start = Point::from_xy(points(x + run.x), points(y + line.baseline));
        let (font, size) = (run.font.clone(), points(paragraph.size));
        surface.draw_glyphs(start, &run.glyphs, font, &paragraph.text, size, false);
    }
}

fn draw_rule(surface: &mut Surface<'_>, x: Length, y: Length, width: Length) {
    let Some(rect) = Rect::from_xywh(points(x), points(y), points(width), points(RULE)) else { return };
    let mut path = PathBuilder::new();
    path.push_rect(rect);
    let Some(path) = path.finish() else { return };
    surface.set_fill(fill(160));
    surface.start_tagged(ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)));
    surface.draw_path(&path);
    surface.end_tagged();
}
