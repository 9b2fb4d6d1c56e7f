//! Reads and writes of the table `saved_views`.

use async_graphql::resolver_utils::EnumType;
use diesel::prelude::*;

use super::{SavedView, SavedViewList};
use crate::auth::Authorized;
use crate::domain::db::saved_view_schema::saved_views;
use crate::domain::db::session::Session;
use crate::domain::db::transaction::Transaction;
use crate::primitives::error::{Error, Result, UserError, UserErrorCode};
use crate::primitives::id::{SavedViewId, TenantId};

/// The most views of a list that are returned; a member of staff has fewer of their own.
const ROWS_MAX: i64 = 500;

/// The condition that a view exists, and that a user of a tenant owns it or all staff see it.
#[diesel::dsl::auto_type(no_type_alias)]
fn is_visible(tenant: &TenantId, user: &str) -> _ {
    let tenant: TenantId = tenant.clone();
    let user: String = user.to_owned();
    saved_views::tenant_id
        .eq(tenant)
        .and(saved_views::deleted_at.is_null())
        .and(saved_views::owner.eq(user).or(saved_views::is_shared))
}

/// Returns the views that the caller sees, of one list or of all, by name; those of the caller first.
pub async fn visible(db: &mut Session, list: Option<SavedViewList>) -> Result<Vec<Authorized<SavedView>>> {
    let user = db.caller().identity().user().to_owned();
    let lists: Vec<_> = match list {
        Some(list) => vec![list],
        None => SavedViewList::items().iter().map(|item| item.value).collect(),
    };
    let query = saved_views::table
        .filter(is_visible(db.scope().tenant(), &user))
        .filter(saved_views::list.eq_any(lists))
        .order((saved_views::owner.eq(user).desc(), saved_views::name, saved_views::id))
        .limit(ROWS_MAX)
        .select(SavedView::as_select());
    db.load(query).await
}

/// Returns the views with these ids that the caller sees; others are left out.
pub async fn visible_by_ids(db: &mut Session, ids: &[SavedViewId]) -> Result<Vec<Authorized<SavedView>>> {
    let query = saved_views::table
        .filter(is_visible(db.scope().tenant(), db.caller().identity().user()))
        .filter(saved_views::id.eq_any(ids.to_vec()))
        .select(SavedView::as_select());
    db.load(query).await
}

/// Returns the views with these ids, whoever owns them, deleted ones included: for the audit trail.
pub async fn by_ids(db: &mut Session, ids: &[SavedViewId]) -> Result<Vec<Authorized<SavedView>>> {
    let query = saved_views::table
        .filter(saved_views::tenant_id.eq(db.scope().tenant().clone()))
        .filter(saved_views::id.eq_any(ids.to_vec()))
        .select(SavedView::as_select());
    db.load(query).await
}

/// Returns the number of views that the caller owns.
pub(super) async fn count_own(db: &mut Session) -> Result<usize> {
    let user = db.caller().identity().user().to_owned();
    let query = saved_views::table
        .filter(saved_views::tenant_id.eq(db.scope().tenant().clone()))
        .filter(saved_views::owner.eq(user))
        .filter(saved_views::deleted_at.is_null())
        .select(SavedView::as_select());
    Ok(db.load::<SavedView, _>(query).await?.len())
}

/// Locks and returns a view that the caller sees, or rejects its id with NOT_FOUND.
pub(super) async fn lock(db: &mut Transaction, id: SavedViewId) -> Result<Authorized<SavedView>> {
    let query = saved_views::table
        .filter(is_visible(db.scope().tenant(), db.caller().identity().user()))
        .filter(saved_views::id.eq(id))
        .for_no_key_update()
        .select(SavedView::as_select());
    db.load_one(query).await?.ok_or_else(|| {
        let error = UserError::new(UserErrorCode::NotFound, "there is no such saved view");
        Error::user_error(error.at("id").about(id))
    })
}

/// Inserts a view; rejects a name that its owner uses for another view of the list.
pub(super) async fn insert(db: &mut Transaction, view: &SavedView) -> Result<()> {
    let insert = diesel::insert_into(saved_views::table).values(view.clone());
    db.execute(insert).await.map_err(duplicate_error)?;
    Ok(())
}

/// Updates the columns of a view that can change.
pub(super) async fn update(db: &mut Transaction, view: &SavedView) -> Result<()> {
    let view = view.clone();
    let update = diesel::update(saved_views::table)
        .filter(saved_views::tenant_id.eq(view.tenant_id))
        .filter(saved_views::id.eq(view.id))
        .set((
            saved_views::name.eq(view.name),
            saved_views::definition.eq(view.definition),
            saved_views::is_shared.eq(view.is_shared),
            saved_views::changed_at.eq(view.changed_at),
            saved_views::deleted_at.eq(view.deleted_at),
        ));
    db.execute(update).await.map_err(duplicate_error)?;
    Ok(())
}

fn duplicate_error(error: Error) -> Error {
    error.on_constraint("saved_view_name_is_unique", || {
        let message = "its owner has another view of this list with this name; choose another one";
        Error::user_error(UserError::new(UserErrorCode::Duplicate, message).at("name"))
    })
}
