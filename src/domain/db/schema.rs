// @generated automatically by Diesel CLI.

diesel::table! {
    commission_events (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        managed_account_id -> Nullable<Uuid>,
        event_type -> Text,
        status -> Text,
        invoice_id -> Nullable<Text>,
        refund_id -> Nullable<Text>,
        customer_id -> Nullable<Text>,
        #[max_length = 3]
        currency -> Bpchar,
        base_amount -> Nullable<Numeric>,
        commission_rate -> Nullable<Numeric>,
        rate_source -> Nullable<Text>,
        commission_amount -> Numeric,
        event_date -> Timestamptz,
        recorded_at -> Timestamptz,
        payable_at -> Timestamptz,
        payout_id -> Nullable<Uuid>,
        paid_at -> Nullable<Timestamptz>,
        reverses_id -> Nullable<Uuid>,
        notes -> Nullable<Text>,
        invoice_row_id -> Nullable<Uuid>,
        invoice_revision -> Nullable<Int4>,
        replaced_at -> Nullable<Timestamptz>,
        reversed_refund_id -> Nullable<Text>,
        held_at -> Nullable<Timestamptz>,
        partner_note -> Nullable<Text>,
        changed_at -> Timestamptz,
        commission_amount_key -> Int8,
        invoice_id_key -> Nullable<Text>,
    }
}

diesel::table! {
    commission_monthly_totals (tenant_id, partner_id, currency, month, status, shard) {
        tenant_id -> Text,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        month -> Date,
        status -> Text,
        shard -> Int2,
        commission_amount -> Numeric,
        base_amount -> Numeric,
        event_count -> Int8,
    }
}

diesel::table! {
    erasures (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        referral_lead_id -> Nullable<Uuid>,
        partner_user_id -> Nullable<Uuid>,
        erased_at -> Timestamptz,
        actor -> Text,
        reason -> Text,
    }
}

diesel::table! {
    invoice_refunds (tenant_id, refund_id) {
        tenant_id -> Text,
        refund_id -> Text,
        invoice_id -> Text,
        #[max_length = 3]
        currency -> Bpchar,
        amount -> Numeric,
        refunded_at -> Timestamptz,
        reason -> Nullable<Text>,
        outcome -> Text,
        received_at -> Timestamptz,
        invoice_row_id -> Uuid,
        invoice_revision -> Int4,
        commissionable_amount -> Nullable<Numeric>,
        refund_id_key -> Nullable<Text>,
    }
}

diesel::table! {
    invoice_revisions (tenant_id, id, revision) {
        tenant_id -> Text,
        invoice_id -> Text,
        customer_id -> Text,
        #[max_length = 3]
        currency -> Bpchar,
        total_amount -> Numeric,
        commissionable_amount -> Numeric,
        paid_at -> Timestamptz,
        outcome -> Text,
        received_at -> Timestamptz,
        partner_id -> Nullable<Uuid>,
        commission_rate -> Nullable<Numeric>,
        id -> Uuid,
        revision -> Int4,
        payment_id -> Nullable<Text>,
        is_first_payment -> Bool,
        recorded_by -> Text,
        revised_at -> Nullable<Timestamptz>,
        reason -> Nullable<Text>,
        idempotency_key -> Nullable<Text>,
        superseded_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    managed_account_terms (tenant_id, managed_account_id, effective_from, number) {
        tenant_id -> Text,
        managed_account_id -> Uuid,
        effective_from -> Timestamptz,
        number -> Int4,
        partner_id -> Uuid,
        custom_commission_rate -> Nullable<Numeric>,
        changed_by -> Text,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    managed_accounts (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        customer_id -> Text,
        customer_name -> Nullable<Text>,
        engagement_type -> Text,
        starts_at -> Timestamptz,
        ends_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        customer_id_key -> Nullable<Text>,
        customer_name_key -> Nullable<Text>,
    }
}

diesel::table! {
    minimum_payouts (tenant_id, currency) {
        tenant_id -> Text,
        #[max_length = 3]
        currency -> Bpchar,
        amount -> Numeric,
    }
}

diesel::table! {
    partner_terms (tenant_id, partner_id, effective_from, number) {
        tenant_id -> Text,
        partner_id -> Uuid,
        effective_from -> Timestamptz,
        number -> Int4,
        status -> Text,
        tier -> Text,
        default_commission_rate -> Nullable<Numeric>,
        changed_by -> Text,
        changed_at -> Timestamptz,
    }
}

diesel::table! {
    partner_users (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        user_id -> Text,
        email -> Text,
        role -> Text,
        is_active -> Bool,
        created_at -> Timestamptz,
        email_key -> Nullable<Text>,
    }
}

diesel::table! {
    partners (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_number -> Text,
        company_name -> Text,
        #[max_length = 3]
        payout_currency -> Bpchar,
        created_at -> Timestamptz,
        last_statement_number -> Int4,
        last_account_statement_number -> Int4,
        company_name_key -> Nullable<Text>,
        partner_number_key -> Nullable<Text>,
    }
}

diesel::table! {
    payout_lines (tenant_id, payout_id, commission_event_id) {
        tenant_id -> Text,
        payout_id -> Uuid,
        commission_event_id -> Uuid,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        commission_amount -> Numeric,
        added_at -> Timestamptz,
        released_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payout_run_skipped (tenant_id, run_id, partner_id, currency) {
        tenant_id -> Text,
        run_id -> Uuid,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        amount -> Numeric,
        code -> Text,
    }
}

diesel::table! {
    payout_runs (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        period_start -> Timestamptz,
        period_end -> Timestamptz,
        #[max_length = 3]
        currency -> Nullable<Bpchar>,
        payment_method -> Text,
        actor -> Text,
        started_at -> Timestamptz,
        finished_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    payouts (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        #[max_length = 3]
        currency -> Bpchar,
        total_amount -> Numeric,
        commission_count -> Int8,
        status -> Text,
        payment_method -> Text,
        payment_reference -> Nullable<Text>,
        payout_date -> Timestamptz,
        period_start -> Timestamptz,
        period_end -> Timestamptz,
        created_at -> Timestamptz,
        completed_at -> Nullable<Timestamptz>,
        released_at -> Nullable<Timestamptz>,
        failure_reason -> Nullable<Text>,
        notes -> Nullable<Text>,
        run_id -> Nullable<Uuid>,
        changed_at -> Timestamptz,
        total_amount_key -> Int8,
        payment_reference_key -> Nullable<Text>,
        completed_at_key -> Timestamptz,
        returned_at -> Nullable<Timestamptz>,
        return_reason -> Nullable<Text>,
        attention -> Nullable<Text>,
    }
}

diesel::table! {
    referral_leads (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        partner_id -> Uuid,
        company_name -> Nullable<Text>,
        contact_name -> Text,
        contact_email -> Text,
        contact_phone -> Nullable<Text>,
        estimated_amount -> Nullable<Numeric>,
        #[max_length = 3]
        estimated_currency -> Nullable<Bpchar>,
        actual_amount -> Nullable<Numeric>,
        #[max_length = 3]
        actual_currency -> Nullable<Bpchar>,
        status -> Text,
        source -> Nullable<Text>,
        notes -> Nullable<Text>,
        staff_notes -> Nullable<Text>,
        submitted_by -> Text,
        submitted_by_partner -> Bool,
        submitted_at -> Timestamptz,
        first_contact_at -> Nullable<Timestamptz>,
        qualified_at -> Nullable<Timestamptz>,
        converted_at -> Nullable<Timestamptz>,
        converted_customer_id -> Nullable<Text>,
        is_erased -> Bool,
        is_second_conversion -> Bool,
        company_name_key -> Nullable<Text>,
        contact_name_key -> Nullable<Text>,
        contact_email_key -> Nullable<Text>,
        value_key -> Int8,
    }
}

diesel::table! {
    refund_reversals (tenant_id, refund_id) {
        tenant_id -> Text,
        refund_id -> Text,
        reversed_at -> Timestamptz,
        reason -> Text,
        actor -> Text,
        outcome -> Text,
        received_at -> Timestamptz,
    }
}

diesel::table! {
    service_tokens (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        name -> Text,
        token_hash -> Bytea,
        created_at -> Timestamptz,
        created_by -> Text,
        expires_at -> Nullable<Timestamptz>,
        last_used_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    status_changes (tenant_id, id) {
        tenant_id -> Text,
        id -> Uuid,
        commission_event_id -> Nullable<Uuid>,
        payout_id -> Nullable<Uuid>,
        from_status -> Nullable<Text>,
        to_status -> Text,
        changed_at -> Timestamptz,
        actor -> Text,
        reason -> Nullable<Text>,
        kind -> Text,
        replaced_reference -> Nullable<Text>,
    }
}

diesel::table! {
    tenants (tenant_id) {
        tenant_id -> Text,
        name -> Text,
        time_zone -> Text,
        #[max_length = 3]
        default_currency -> Bpchar,
        hold_days -> Int4,
        payout_day -> Nullable<Int4>,
        last_partner_number -> Int8,
        created_at -> Timestamptz,
        brand_color -> Nullable<Text>,
        logo -> Nullable<Bytea>,
        logo_media_type -> Nullable<Text>,
        logo_sha256 -> Nullable<Text>,
        contact_email -> Nullable<Text>,
    }
}

diesel::joinable!(invoice_revisions -> tenants (tenant_id));
diesel::joinable!(minimum_payouts -> tenants (tenant_id));
diesel::joinable!(partners -> tenants (tenant_id));
diesel::joinable!(payout_runs -> tenants (tenant_id));
diesel::joinable!(service_tokens -> tenants (tenant_id));

diesel::allow_tables_to_appear_in_same_query!(
    commission_events,
    commission_monthly_totals,
    erasures,
    invoice_refunds,
    invoice_revisions,
    managed_account_terms,
    managed_accounts,
    minimum_payouts,
    partner_terms,
    partner_users,
    partners,
    payout_lines,
    payout_run_skipped,
    payout_runs,
    payouts,
    referral_leads,
    refund_reversals,
    service_tokens,
    status_changes,
    tenants,
);
