//! A workbook of one worksheet, which is written row by row to a temporary file.

use std::fmt::Display;
use std::io::{Seek, Write};

use chrono::{DateTime, Datelike, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use rust_xlsxwriter::{DocProperties, Format, Workbook, Worksheet};

use crate::graphql::file::Cell;
use crate::primitives::error::{Error, Result};

/// The bytes of a cell besides its text, about.
pub const CELL_BYTES: usize = 40;
/// The significant digits that a number in a spreadsheet keeps.
const DIGITS_MAX: usize = 15;
/// The years that spreadsheets can show as dates.
const YEARS: std::ops::RangeInclusive<i32> = 1901..=9999;
/// The decimals of numbers, each with a format of its own.
const DECIMALS: [&str; 5] = ["0", "0.0", "0.00", "0.000", "0.0000"];
/// The width of a column in characters.
const COLUMN_WIDTH: u16 = 22;
/// Fast: most of the time of a workbook is compression.
const COMPRESSION_LEVEL: u8 = 2;

/// The workbook of a list.
pub struct ListWorkbook {
    workbook: Workbook,
    zone: Tz,
    numbers: Vec<Format>,
    instants: Format,
    /// The next row.
    row: u32,
}

fn failed(error: impl Display) -> Error {
    Error::internal(format!("cannot write a workbook: {error}"))
}

impl ListWorkbook {
    /// Returns a workbook with these names of columns, created at a time.
    pub fn new(names: &[String], sheet: &str, at: DateTime<Utc>, zone: Tz) -> Result<Self> {
        let mut workbook = Workbook::new();
        // Otherwise it would be the time of the machine, and no two files would be the same.
        workbook.set_properties(&DocProperties::new().set_creation_datetime(&at));
        workbook.set_zip_compression_level(COMPRESSION_LEVEL);
        let worksheet = workbook.add_worksheet_with_constant_memory().map_err(failed)?;
        worksheet.set_name(sheet).map_err(failed)?;
        worksheet.set_freeze_panes(1, 0).map_err(failed)?;
        let bold = Format::new().set_bold();
        for (column, name) in (0..).zip(names) {
            worksheet.set_column_width(column, COLUMN_WIDTH).map_err(failed)?;
            worksheet.write_string_with_format(0, column, name, &bold).map_err(failed)?;
        }
        let numbers = DECIMALS.iter().map(|format| Format::new().set_num_format(*format)).collect();
        let instants = Format::new().set_num_format("yyyy-mm-dd hh:mm:ss");
        Ok(Self { workbook, zone, numbers, instants, row: 1 })
    }

    /// Writes a row; returns its size in bytes, about.
    pub fn write_row<'c>(&mut self, cells: impl Iterator<Item = Cell<'c>>) -> Result<usize> {
        let Self { workbook, zone, numbers, instants, row } = self;
        let worksheet = workbook.worksheet_from_index(0).map_err(failed)?;
        let mut bytes = 0;
        for (column, cell) in (0..).zip(cells) {
            let mut text = |worksheet: &mut Worksheet, text: &str| {
                bytes += text.len();
                worksheet.write_string(*row, column, text).map(|_| ()).map_err(failed)
            };
            match cell {
                Cell::Empty => {}
                Cell::Text(cell) | Cell::Word(cell) => text(worksheet, &cell)?,
                Cell::Id(id) => text(worksheet, &id.to_string())?,
                Cell::Count(count) => {
                    let count = number(Decimal::from(count));
                    let count = count.ok_or_else(|| failed("a count is out of range"))?;
                    worksheet.write_number(*row, column, count).map_err(failed)?;
                }
                Cell::Number(decimal) => {
                    let format = usize::try_from(decimal.scale()).ok().and_then(|scale| numbers.get(scale));
                    match (number(decimal), format) {
                        (Some(number), Some(format)) => {
                            worksheet
                                .write_number_with_format(*row, column, number, format)
                                .map_err(failed)?;
                        }
                        _ => text(worksheet, &decimal.to_string())?,
                    }
                }
                Cell::Flag(flag) => {
                    worksheet.write_boolean(*row, column, flag).map_err(failed)?;
                }
                Cell::Instant(at) => {
                    let local = at.with_timezone(zone).naive_local();
                    if YEARS.contains(&local.year()) {
                        worksheet
                            .write_datetime_with_format(*row, column, local, instants)
                            .map_err(failed)?;
                    } else {
                        text(worksheet, &local.to_string())?;
                    }
                }
            }
            bytes += CELL_BYTES;
        }
        *row += 1;
        Ok(bytes)
    }

    /// Writes the whole workbook.
    pub fn save(&mut self, file: impl Write + Seek + Send) -> Result<()> {
        self.workbook.save_to_writer(file).map_err(failed)
    }
}

/// Returns a number as a spreadsheet stores it; `None` if it has more digits than a spreadsheet keeps.
fn number(decimal: Decimal) -> Option<f64> {
    let digits = decimal.mantissa().unsigned_abs().to_string();
    let is_exact = digits.trim_end_matches('0').len() <= DIGITS_MAX;
    // By its text: the nearest number, without arithmetic.
    is_exact.then(|| decimal.to_string().parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_has_at_most_fifteen_digits() {
        let stored = |text: &str| number(text.parse().unwrap_or_default());
        assert_eq!(stored("-60.00"), Some(-60.0));
        assert_eq!(stored("9999999999999.99"), Some(9_999_999_999_999.99));
        assert_eq!(stored("1000000000000000.00"), Some(1e15));
        assert_eq!(stored("9999999999999.9999"), None);
    }
}
