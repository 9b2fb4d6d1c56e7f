// @generated automatically by Diesel CLI.

diesel::table! {
    saved_views (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        owner -> Text,
        list -> Text,
        name -> Text,
        definition -> Jsonb,
        is_shared -> Bool,
        created_at -> Timestamptz,
        changed_at -> Timestamptz,
        deleted_at -> Nullable<Timestamptz>,
    }
}
