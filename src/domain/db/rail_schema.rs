// @generated automatically by Diesel CLI.

diesel::table! {
    inbox_events (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        source -> Text,
        event_id -> Text,
        event_type -> Text,
        account -> Nullable<Text>,
        is_live -> Bool,
        body -> Bytea,
        status -> Text,
        message -> Nullable<Text>,
        received_at -> Timestamptz,
        handled_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    paying_accounts (tenant_id) {
        tenant_id -> Text,
        id -> Uuid,
        holder -> Text,
        sealed_iban -> Bytea,
        iban_ending -> Text,
        bic -> Nullable<Text>,
        set_at -> Timestamptz,
        set_by -> Text,
    }
}

diesel::table! {
    payment_files (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        format -> Text,
        execution_date -> Date,
        #[max_length = 3]
        currency -> Bpchar,
        payout_count -> Int4,
        total_amount -> Numeric,
        sha256 -> Bytea,
        sealed_content -> Bytea,
        skipped -> Jsonb,
        created_at -> Timestamptz,
        created_by -> Text,
        downloaded_at -> Nullable<Timestamptz>,
        downloaded_by -> Nullable<Text>,
        withdrawn_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payout_accounts (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        rail -> Text,
        status -> Text,
        destination -> Text,
        rail_account -> Text,
        is_live -> Bool,
        requirements -> Array<Text>,
        disabled_reason -> Nullable<Text>,
        created_at -> Timestamptz,
        created_by -> Text,
        checked_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        holder -> Nullable<Text>,
        #[max_length = 2]
        country -> Nullable<Bpchar>,
        accepts_sepa -> Bool,
        sealed_details -> Nullable<Bytea>,
        confirmed_by -> Nullable<Text>,
        confirmed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payout_attempts (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        payout_id -> Uuid,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        amount -> Numeric,
        rail -> Text,
        status -> Text,
        payout_account_id -> Uuid,
        destination -> Text,
        rail_account -> Text,
        is_live -> Bool,
        is_in_doubt -> Bool,
        first_sent_at -> Nullable<Timestamptz>,
        last_sent_at -> Nullable<Timestamptz>,
        looked_at -> Nullable<Timestamptz>,
        recall_reason -> Nullable<Text>,
        recalled_at -> Nullable<Timestamptz>,
        reference -> Nullable<Text>,
        code -> Nullable<Text>,
        message -> Nullable<Text>,
        created_at -> Timestamptz,
        created_by -> Text,
        ended_at -> Nullable<Timestamptz>,
        payment_file_id -> Nullable<Uuid>,
    }
}

diesel::table! {
    stripe_connections (tenant_id) {
        tenant_id -> Text,
        id -> Uuid,
        account -> Text,
        is_live -> Bool,
        sealed_key -> Bytea,
        sealed_webhook_secrets -> Bytea,
        connected_at -> Timestamptz,
        broken_at -> Nullable<Timestamptz>,
        broken_reason -> Nullable<Text>,
        takes_invoices -> Bool,
        customer_metadata_key -> Nullable<Text>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    inbox_events,
    paying_accounts,
    payment_files,
    payout_accounts,
    payout_attempts,
    stripe_connections,
);
