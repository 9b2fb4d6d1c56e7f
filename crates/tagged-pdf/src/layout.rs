//! The layout of a document: which text is where on which page, and what it is for a screen reader.

use crate::page::{Element, Leaf, Page};
use crate::paragraph::{Paragraph, Style, Typesetter};
use crate::table::{self, TableTags};
use crate::units::Length;
use crate::{Document, Error, Fonts, Text};

/// The width of a page: A4.
pub const PAGE_WIDTH: Length = 59_528;
/// The height of a page: A4.
pub const PAGE_HEIGHT: Length = 84_189;
/// The margin at each side.
pub const MARGIN: Length = 5_000;
/// The width between the margins.
pub const TEXT_WIDTH: Length = PAGE_WIDTH - 2 * MARGIN;
/// The end of the text, above the foot.
const BOTTOM: Length = PAGE_HEIGHT - 8_500;
/// The distance between the blocks of a page.
const GAP: Length = 1_600;
/// The distance between the two parties.
const GUTTER: Length = 2_000;
/// The width of the labels of fields.
const LABEL_WIDTH: Length = 12_000;

/// The smallest size of a text that is to stay on one line, and the step in which it becomes smaller.
const SIZE_MIN: Length = 450;
const SIZE_STEP: Length = 50;

const TITLE: Style = Style { size: 1_800, is_bold: true, is_right_aligned: false };
const BODY: Style = Style { size: 950, is_bold: false, is_right_aligned: false };
const LABEL: Style = Style { size: 950, is_bold: true, is_right_aligned: false };
const FOOT: Style = Style { size: 700, is_bold: false, is_right_aligned: false };
const MARK: Style = Style { size: 4_000, is_bold: true, is_right_aligned: true };

/// The structure of a document: the leaves of its texts, in reading order.
pub struct Tags {
    /// The title.
    pub title: Leaf,
    /// The label and the lines of each party.
    pub parties: Vec<Vec<Leaf>>,
    /// The label and the value of each field.
    pub fields: Vec<[Leaf; 2]>,
    /// The table.
    pub table: TableTags,
    /// The notes after the table.
    pub notes: Vec<Leaf>,
}

/// Pages that are being filled from top to bottom.
pub struct Flow<'f> {
    /// The pages.
    pub pages: Vec<Page>,
    /// The number of leaves.
    pub leaves: usize,
    typesetter: Typesetter<'f>,
    y: Length,
}

impl<'f> Flow<'f> {
    /// Returns an empty page.
    pub fn new(fonts: &'f Fonts) -> Self {
        Self { pages: vec![Page::default()], leaves: 0, typesetter: Typesetter::new(fonts), y: MARGIN }
    }

    /// Lays a text out.
    pub fn set(&mut self, text: &Text, width: Length, style: Style) -> Result<Paragraph, Error> {
        self.typesetter.set(text, width, style)
    }

    /// Lays a text without blanks, such as a number or a hash, out in one line: in a smaller size, if it must and that
    /// suffices.
    pub fn set_unbroken(&mut self, text: &Text, width: Length, style: Style) -> Result<Paragraph, Error> {
        let paragraph = self.set(text, width, style)?;
        let mut size = style.size - SIZE_STEP;
        while paragraph.lines.len() > 1 && !text.text.contains(' ') && size >= SIZE_MIN {
            let smaller = self.set(text, width, Style { size, ..style })?;
            if smaller.lines.len() == 1 {
                return Ok(smaller);
            }
            size -= SIZE_STEP;
        }
        Ok(paragraph)
    }

    /// Begins a new page unless this height is left; returns whether it did.
    pub fn make_room(&mut self, height: Length) -> bool {
        if self.y + height <= BOTTOM {
            return false;
        }
        self.pages.push(Page::default());
        self.y = MARGIN;
        true
    }

    /// Places a paragraph beside others at the present height, as content.
    pub fn place(&mut self, x: Length, offset: Length, paragraph: Paragraph) -> Leaf {
        let leaf = Leaf(self.leaves);
        self.leaves += 1;
        self.add(Element::Text { x, y: self.y + offset, paragraph, leaf: Some(leaf) });
        leaf
    }

    /// Places what is no content: a repeated head, a rule.
    pub fn add(&mut self, element: Element) {
        if let Some(page) = self.pages.last_mut() {
            page.elements.push(element);
        }
    }

    /// Moves down.
    pub fn advance(&mut self, height: Length) {
        self.y += height;
    }

    /// Returns the present height.
    pub fn y(&self) -> Length {
        self.y
    }

    /// Places a paragraph below the others.
    fn place_below(&mut self, x: Length, text: &Text, width: Length, style: Style) -> Result<Leaf, Error> {
        let paragraph = self.set(text, width, style)?;
        let height = paragraph.height;
        self.make_room(height);
        let leaf = self.place(x, 0, paragraph);
        self.advance(height);
        Ok(leaf)
    }
}

/// Lays a document out.
pub fn lay_out<'f>(document: &Document, fonts: &'f Fonts) -> Result<(Flow<'f>, Tags), Error> {
    let mut flow = Flow::new(fonts);
    let width = TEXT_WIDTH - if document.mark.is_some() { 16_000 } else { 0 };
    let title = flow.place_below(MARGIN, &Text::new("title", document.title.as_str()), width, TITLE)?;
    flow.advance(GAP);
    let parties = lay_out_parties(&mut flow, document)?;
    flow.advance(GAP);
    let mut fields = Vec::new();
    for field in &document.fields {
        let label = flow.set(&Text::new("label", field.label.as_str()), LABEL_WIDTH, LABEL)?;
        let value = flow.set_unbroken(&field.value, TEXT_WIDTH - LABEL_WIDTH, BODY)?;
        let height = label.height.max(value.height);
        flow.make_room(height);
        fields.push([flow.place(MARGIN, 0, label), flow.place(MARGIN + LABEL_WIDTH, 0, value)]);
        flow.advance(height);
    }
    flow.advance(GAP);
    let table = table::lay_out(&mut flow, &document.table)?;
    flow.advance(GAP);
    let mut notes = Vec::new();
    for note in &document.notes {
        notes.push(flow.place_below(MARGIN, note, TEXT_WIDTH, BODY)?);
    }
    lay_out_feet(&mut flow, document)?;
    Ok((flow, Tags { title, parties, fields, table, notes }))
}

/// Places the two parties side by side.
fn lay_out_parties(flow: &mut Flow<'_>, document: &Document) -> Result<Vec<Vec<Leaf>>, Error> {
    let width = (TEXT_WIDTH - GUTTER) / 2;
    let mut columns = Vec::new();
    for party in &document.parties {
        let label = Text::new("label", party.label.as_str());
        let texts = [(&label, LABEL)].into_iter().chain(party.lines.iter().map(|line| (line, BODY)));
        let set: Vec<_> =
            texts.map(|(text, style)| flow.set(text, width, style)).collect::<Result<_, _>>()?;
        columns.push(set);
    }
    let heights = columns.iter().map(|column| column.iter().map(|paragraph| paragraph.height).sum());
    let height: Length = heights.max().unwrap_or_default();
    flow.make_room(height);
    let mut parties = Vec::new();
    for (column, x) in columns.into_iter().zip([MARGIN, MARGIN + width + GUTTER]) {
        let (mut leaves, mut offset) = (Vec::new(), 0);
        for paragraph in column {
            let below = paragraph.height;
            leaves.push(flow.place(x, offset, paragraph));
            offset += below;
        }
        parties.push(leaves);
    }
    flow.advance(height);
    Ok(parties)
}

/// Adds the foot and the mark to each page.
fn lay_out_feet(flow: &mut Flow<'_>, document: &Document) -> Result<(), Error> {
    let count = flow.pages.len();
    for index in 0..count {
        let mut elements = Vec::new();
        if let Some(mark) = &document.mark {
            let paragraph = flow.set(&Text::new("mark", mark.as_str()), TEXT_WIDTH, MARK)?;
            elements.push(Element::Mark { x: MARGIN, y: MARGIN - 1_500, paragraph });
        }
        let mut y = BOTTOM + 1_000;
        elements.push(Element::Rule { x: MARGIN, y, width: TEXT_WIDTH });
        y += 500;
        for (position, line) in document.foot.iter().enumerate() {
            let text = match position {
                0 => format!("{line} · page {} of {count}", index + 1),
                _ => line.clone(),
            };
            let paragraph = flow.set(&Text::new("foot", text), TEXT_WIDTH, FOOT)?;
            let height = paragraph.height;
            elements.push(Element::Foot { x: MARGIN, y, paragraph });
            y += height;
        }
        if let Some(page) = flow.pages.get_mut(index) {
            page.elements.extend(elements);
        }
    }
    Ok(())
}
