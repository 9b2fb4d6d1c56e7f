// @generated automatically by Diesel CLI.

diesel::table! {
    mails (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        kind -> Text,
        subject_id -> Uuid,
        occurred_at -> Timestamptz,
        partner_user_id -> Nullable<Uuid>,
        address -> Text,
        content -> Jsonb,
        subject -> Nullable<Text>,
        text_body -> Nullable<Text>,
        html_body -> Nullable<Text>,
        message -> Nullable<Bytea>,
        status -> Text,
        attempts -> Int4,
        code -> Nullable<Int4>,
        last_error -> Nullable<Text>,
        attempted_at -> Nullable<Timestamptz>,
        sent_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    notification_preferences (tenant_id, user_id, kind) {
        tenant_id -> Text,
        user_id -> Text,
        kind -> Text,
        is_wanted -> Bool,
        changed_at -> Timestamptz,
    }
}

diesel::allow_tables_to_appear_in_same_query!(mails, notification_preferences,);
