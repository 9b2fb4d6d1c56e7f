// @generated automatically by Diesel CLI.

diesel::table! {
    audit_entries (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        at -> Timestamptz,
        actor -> Text,
        actor_role -> Text,
        act -> Text,
        subject_type -> Nullable<Text>,
        subject_id -> Nullable<Uuid>,
        partner_id -> Nullable<Uuid>,
        changes -> Jsonb,
        reason -> Nullable<Text>,
        request_id -> Text,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_seal_members (tenant_id, entry_id) {
        tenant_id -> Text,
        entry_id -> Uuid,
        seal_number -> Int8,
    }
}

diesel::table! {
    audit_seals (tenant_id, number) {
        tenant_id -> Text,
        number -> Int8,
        sealed_at -> Timestamptz,
        entries -> Int4,
        previous_hash -> Bytea,
        hash -> Bytea,
    }
}
