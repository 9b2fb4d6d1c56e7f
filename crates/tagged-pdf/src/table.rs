//! The layout of the table. Its head is repeated on each page, for those who see it.

use crate::layout::{Flow, MARGIN, TEXT_WIDTH};
use crate::page::{Element, Leaf};
use crate::paragraph::{Paragraph, Style};
use crate::units::Length;
use crate::{Column, Error, Table, Text};

/// The distance between the texts of two columns.
const GUTTER: Length = 500;
/// The distance between a text and the rules above and below it.
const PADDING: Length = 150;
const SIZE: Length = 750;

/// The leaves of the texts of a table, by row and column.
pub struct TableTags {
    /// The head.
    pub head: Vec<Leaf>,
    /// The rows.
    pub rows: Vec<Vec<Leaf>>,
    /// The last rows, such as a total.
    pub totals: Vec<Vec<Leaf>>,
}

/// The position and the width of a column.
struct Place {
    x: Length,
    width: Length,
    is_number: bool,
}

impl Place {
    fn style(&self, is_bold: bool) -> Style {
        Style { size: SIZE, is_bold, is_right_aligned: self.is_number }
    }
}

/// Lays a table out.
pub fn lay_out(flow: &mut Flow<'_>, table: &Table) -> Result<TableTags, Error> {
    let places = places(&table.columns);
    let heads: Vec<_> = table.columns.iter().map(|column| Text::new("head", column.head.as_str())).collect();
    // No head without a row below it.
    flow.make_room(4 * SIZE);
    let (cells, height) = set_row(flow, &places, &heads, true)?;
    let head = place_row(flow, &places, cells, height);
    let mut rows = Vec::with_capacity(table.rows.len());
    for row in &table.rows {
        rows.push(lay_out_row(flow, &places, &heads, row, false)?);
    }
    let mut totals = Vec::new();
    for row in &table.totals {
        totals.push(lay_out_row(flow, &places, &heads, row, true)?);
    }
    Ok(TableTags { head, rows, totals })
}

/// Returns the places of the columns between the margins, by their shares.
fn places(columns: &[Column]) -> Vec<Place> {
    let shares: Length = columns.iter().map(|column| Length::from(column.share)).sum();
    let mut x = MARGIN;
    let mut places = Vec::new();
    for column in columns {
        let width = TEXT_WIDTH * Length::from(column.share) / shares.max(1);
        places.push(Place { x, width: (width - GUTTER).max(SIZE), is_number: column.is_number });
        x += width;
    }
    if let Some(last) = places.last_mut() {
        last.width += GUTTER;
    }
    places
}

fn lay_out_row(
    flow: &mut Flow<'_>,
    places: &[Place],
    heads: &[Text],
    row: &[Text],
    is_bold: bool,
) -> Result<Vec<Leaf>, Error> {
    let (cells, height) = set_row(flow, places, row, is_bold)?;
    if flow.make_room(height) {
        repeat_head(flow, places, heads)?;
    }
    Ok(place_row(flow, places, cells, height))
}

fn set_row(
    flow: &mut Flow<'_>,
    places: &[Place],
    row: &[Text],
    is_bold: bool,
) -> Result<(Vec<Paragraph>, Length), Error> {
    let mut cells = Vec::with_capacity(row.len());
    // A cell without content is missing in the structure, and those after it would move one column to the left.
    let empty = Text::new("cell", "\u{a0}");
    for (place, text) in places.iter().zip(row) {
        let text = if text.text.is_empty() { &empty } else { text };
        cells.push(flow.set(text, place.width, place.style(is_bold))?);
    }
    let height = cells.iter().map(|cell| cell.height).max().unwrap_or_default() + 2 * PADDING;
    Ok((cells, height))
}

fn place_row(flow: &mut Flow<'_>, places: &[Place], cells: Vec<Paragraph>, height: Length) -> Vec<Leaf> {
    let leaves = places.iter().zip(cells).map(|(place, cell)| flow.place(place.x, PADDING, cell)).collect();
    flow.advance(height);
    flow.add(Element::Rule { x: MARGIN, y: flow.y(), width: TEXT_WIDTH });
    leaves
}

fn repeat_head(flow: &mut Flow<'_>, places: &[Place], heads: &[Text]) -> Result<(), Error> {
    let (cells, height) = set_row(flow, places, heads, true)?;
    let y = flow.y() + PADDING;
    for (place, paragraph) in places.iter().zip(cells) {
        flow.add(Element::Text { x: place.x, y, paragraph, leaf: None });
    }
    flow.advance(height);
    flow.add(Element::Rule { x: MARGIN, y: flow.y(), width: TEXT_WIDTH });
    Ok(())
}
