//! The file: pages, structure, metadata and attachment, by PDF/A-3a and PDF/UA-1.

use std::num::NonZeroU16;

use krilla::SerializeSettings;
use krilla::configure::{Accessibility, Archival, ConfigurationBuilder};
use krilla::destination::XyzDestination;
use krilla::embed::{AssociationKind, EmbeddedFile, MimeType};
use krilla::geom::Point;
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::page::PageSettings;
use krilla::tagging::{Identifier, ListNumbering, TableHeaderScope, Tag, TagGroup, TagKind, TagTree};

use crate::layout::{MARGIN, PAGE_HEIGHT, PAGE_WIDTH, Tags, lay_out};
use crate::page::Leaf;
use crate::table::TableTags;
use crate::units::points;
use crate::{Attachment, Date, Document, Error, Fonts};

/// The language of the documents.
const LANGUAGE: &str = "en";

/// Writes a document.
pub fn write(document: &Document, fonts: &Fonts) -> Result<Vec<u8>, Error> {
    let (flow, tags) = lay_out(document, fonts)?;
    let mut file = krilla::Document::new_with(settings()?);
    let mut leaves: Vec<Vec<Identifier>> = (0..flow.leaves).map(|_| Vec::new()).collect();
    let size = PageSettings::from_wh(points(PAGE_WIDTH), points(PAGE_HEIGHT));
    let size = size.ok_or_else(|| Error::Invalid("the size of a page is invalid".to_owned()))?;
    for page in &flow.pages {
        let mut drawn = file.start_page_with(size.clone());
        let mut surface = drawn.surface();
        page.draw(&mut surface, &mut leaves);
        surface.finish();
        drawn.finish();
    }
    drop(flow);
    file.set_tag_tree(Structure { leaves }.tree(document, tags));
    file.set_outline(outline(document));
    file.set_metadata(metadata(document));
    if let Some(attachment) = &document.attachment {
        let attached = file.embed_file(embedded(attachment, document.date)?);
        attached.ok_or_else(|| Error::Invalid("two attachments have one name".to_owned()))?;
    }
    file.finish().map_err(|error| Error::Invalid(format!("{error}: {error:?}")))
}

fn settings() -> Result<SerializeSettings, Error> {
    let configuration = ConfigurationBuilder::new()
        .with_archival_validator(Archival::A3_A)
        .with_accessibility_validator(Accessibility::UA1)
        .finish()
        .map_err(|error| Error::Invalid(format!("{error:?}")))?;
    Ok(SerializeSettings { configuration, ..SerializeSettings::default() })
}

/// Returns the table of contents, which PDF/UA requires: the title.
fn outline(document: &Document) -> Outline {
    let top = XyzDestination::new(0, Point::from_xy(points(MARGIN), points(MARGIN)));
    let mut outline = Outline::new();
    outline.push_child(OutlineNode::new(document.title.clone(), top));
    outline
}

fn date_time(date: Date) -> DateTime {
    let Date { year, month, day, hour, minute, second } = date;
    DateTime::new(year)
        .month(month)
        .day(day)
        .hour(hour)
        .minute(minute)
        .second(second)
        .utc_offset_hour(0)
        .utc_offset_minute(0)
}

fn metadata(document: &Document) -> Metadata {
    Metadata::new()
        .title(document.title.clone())
        .authors(vec![document.author.clone()])
        .creator("revshare".to_owned())
        .producer(crate::RENDERER.to_owned())
        .language(LANGUAGE.to_owned())
        .creation_date(date_time(document.date))
        .document_id(document.id.clone())
}

fn embedded(attachment: &Attachment, date: Date) -> Result<EmbeddedFile, Error> {
    let mime_type = MimeType::new(&attachment.media_type);
    Ok(EmbeddedFile {
        path: attachment.name.clone(),
        mime_type: Some(mime_type.ok_or_else(|| Error::Invalid("a media type is malformed".to_owned()))?),
        description: Some(attachment.description.clone()),
        association_kind: AssociationKind::Data,
        data: attachment.bytes.clone().into(),
        modification_date: Some(date_time(date)),
        compress: Some(true),
        location: None,
    })
}

/// The marked content of each leaf, from which the structure is built.
struct Structure {
    leaves: Vec<Vec<Identifier>>,
}

impl Structure {
    fn tree(mut self, document: &Document, tags: Tags) -> TagTree {
        let mut tree = TagTree::new().with_lang(Some(LANGUAGE.to_owned()));
        let heading = Tag::Hn(NonZeroU16::MIN, Some(document.title.clone()));
        tree.push(self.group(heading, tags.title));
        for party in tags.parties {
            let mut section = TagGroup::new(Tag::Section);
            for leaf in party {
                section.push(self.group(Tag::P, leaf));
            }
            tree.push(section);
        }
        let mut list = TagGroup::new(Tag::L(ListNumbering::None));
        for [label, value] in tags.fields {
            let mut item = TagGroup::new(Tag::LI);
            item.push(self.group(Tag::Lbl, label));
            item.push(self.group(Tag::LBody, value));
            list.push(item);
        }
        tree.push(list);
        tree.push(self.table(&document.table.summary, tags.table));
        for note in tags.notes {
            tree.push(self.group(Tag::P, note));
        }
        tree
    }

    fn table(&mut self, summary: &str, tags: TableTags) -> TagGroup {
        let mut table = TagGroup::new(Tag::Table.with_summary(Some(summary.to_owned())));
        let mut head = TagGroup::new(Tag::THead);
        let column = || Tag::TH(TableHeaderScope::Column);
        head.push(self.row(tags.head, column));
        table.push(head);
        let mut body = TagGroup::new(Tag::TBody);
        for row in tags.rows {
            body.push(self.row(row, || Tag::TD));
        }
        table.push(body);
        if !tags.totals.is_empty() {
            let mut foot = TagGroup::new(Tag::TFoot);
            for row in tags.totals {
                foot.push(self.row(row, || Tag::TD));
            }
            table.push(foot);
        }
        table
    }

    fn row<T: Into<TagKind>>(&mut self, leaves: Vec<Leaf>, cell: impl Fn() -> T) -> TagGroup {
        let mut row = TagGroup::new(Tag::TR);
        for leaf in leaves {
            row.push(self.group(cell(), leaf));
        }
        row
    }

    /// Returns the group of a leaf.
    fn group(&mut self, tag: impl Into<TagKind>, leaf: Leaf) -> TagGroup {
        let mut group = TagGroup::new(tag);
        for identifier in self.leaves.get_mut(leaf.0).map(std::mem::take).unwrap_or_default() {
            group.push(identifier);
        }
        group
    }
}
