// @generated automatically by Diesel CLI.

diesel::table! {
    partner_legal (tenant_id, partner_id) {
        tenant_id -> Text,
        partner_id -> Uuid,
        name -> Text,
        address -> Text,
        #[max_length = 2]
        country -> Bpchar,
        vat_id -> Nullable<Text>,
        tax_treatment -> Nullable<Text>,
        tax_note -> Nullable<Text>,
        self_billing_agreed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    statement_files (tenant_id, statement_id, format) {
        tenant_id -> Text,
        statement_id -> Uuid,
        format -> Text,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        bytes -> Bytea,
        sha256 -> Bytea,
        renderer -> Text,
        rendered_at -> Timestamptz,
    }
}

diesel::table! {
    statement_movements (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        statement_id -> Uuid,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        position -> Int8,
        kind -> Text,
        commission_event_id -> Nullable<Uuid>,
        payout_id -> Nullable<Uuid>,
        moved_at -> Timestamptz,
        amount -> Numeric,
    }
}

diesel::table! {
    statements (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        kind -> Text,
        payout_id -> Nullable<Uuid>,
        #[max_length = 3]
        currency -> Bpchar,
        number -> Text,
        period_start -> Timestamptz,
        period_end -> Timestamptz,
        issued_at -> Timestamptz,
        amount -> Numeric,
        opening -> Nullable<Numeric>,
        closing -> Nullable<Numeric>,
        line_count -> Int8,
        head -> Jsonb,
        content_hash -> Bytea,
        format -> Int2,
    }
}

diesel::table! {
    tenant_legal (tenant_id) {
        tenant_id -> Text,
        name -> Text,
        address -> Text,
        #[max_length = 2]
        country -> Bpchar,
        vat_id -> Nullable<Text>,
    }
}
