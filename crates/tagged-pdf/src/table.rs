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
        rows.push(lay_out_row(flow, &places, &heads, row)?);
    }
    let totals = lay_out_totals(flow, &places, &heads, &table.totals)?;
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

/// Lays the last rows out, all of them on one page.
fn lay_out_totals(
    flow: &mut Flow<'_>,
    places: &[Place],
    heads: &[Text],
    rows: &[Vec<Text>],
) -> Result<Vec<Vec<Leaf>>, Error> {
    let rows: Vec<_> =
        rows.iter().map(|row| set_row(flow, places, row, true)).collect::<Result<_, Error>>()?;
    if flow.make_room(rows.iter().map(|(_, height)| height).sum()) {
        repeat_head(flow, places, heads)?;
    }
    Ok(rows.into_iter().map(|(cells, height)| place_row(flow, places, cells, height)).collect())
}

fn lay_out_row(
    flow: &mut Flow<'_>,
    places: &[Place],
    heads: &[Text],
    row: &[Text],
) -> Result<Vec<Leaf>, Error> {
    let (cells, height) = set_row(flow, places, row, false)?;
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
        let style = place.style(is_bold);
        cells.push(match place.is_number {
            true => flow.set_unbroken(text, place.width, style)?,
            false => flow.set(text, place.width, style)?,
        });
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Fonts;
    use crate::page::Page;

    type Tested = Result<(), Box<dyn std::error::Error>>;

    fn lines(fonts: &Fonts, text: &str, is_number: bool) -> Result<usize, Error> {
        let place = Place { x: 0, width: 7_000, is_number };
        let (cells, _) = set_row(&mut Flow::new(fonts), &[place], &[Text::new("amount", text)], false)?;
        Ok(cells.iter().map(|cell| cell.lines.len()).sum())
    }

    #[test]
    fn a_number_stays_on_one_line_and_a_text_does_not() -> Tested {
        let fonts = Fonts::load(None)?;
        assert_eq!(lines(&fonts, "-123456789012345.00", true)?, 1);
        assert!(lines(&fonts, "INV-123456789012345.00", false)? > 1);
        // No size would suffice: it is as legible as the others.
        assert!(lines(&fonts, &"9".repeat(100), true)? > 1);
        Ok(())
    }

    #[test]
    fn the_last_rows_are_on_one_page() -> Tested {
        let fonts = Fonts::load(None)?;
        for rows in 40..60 {
            let mut flow = Flow::new(&fonts);
            let row = |n: usize| vec![Text::new("amount", n.to_string())];
            let columns = vec![Column { head: "Amount".to_owned(), share: 1, is_number: true }];
            let (rows, totals) = ((0..rows).map(row).collect(), (0..3).map(row).collect());
            let tags = lay_out(&mut flow, &Table { summary: String::new(), columns, rows, totals })?;
            let has = |page: &Page, Leaf(leaf): Leaf| {
                let is_of = |element: &Element| matches!(element, Element::Text { leaf: Some(of), .. } if of.0 == leaf);
                page.elements.iter().any(is_of)
            };
            let page_of = |leaf: &Leaf| flow.pages.iter().position(|page| has(page, *leaf));
            let pages: Vec<_> = tags.totals.iter().map(|row| row.first().and_then(page_of)).collect();
            assert!(pages.iter().all(|page| page.is_some() && Some(page) == pages.first()), "{pages:?}");
        }
        Ok(())
    }
}
