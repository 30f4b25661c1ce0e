//! Both backends' schema; the migrations must agree with it.

diesel::table! {
    accounts (id) {
        id -> Text,
        name -> Text,
        name_key -> Text,
        guest -> Bool,
        password_hash -> Nullable<Text>,
        created_at -> BigInt,
        role -> Text,
        banned_until -> Nullable<BigInt>,
        ban_reason -> Nullable<Text>,
        deleted_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        account_id -> Text,
        created_at -> BigInt,
        last_seen -> BigInt,
        device -> Text,
    }
}

diesel::table! {
    reset_codes (account_id) {
        account_id -> Text,
        code_hash -> Text,
        expires_at -> BigInt,
    }
}

diesel::table! {
    ratings (account_id) {
        account_id -> Text,
        rating -> Double,
        uncertainty -> Double,
        rated -> Integer,
        won -> Integer,
        lost -> Integer,
        drawn -> Integer,
    }
}

diesel::table! {
    mutes (account_id, muted_id) {
        account_id -> Text,
        muted_id -> Text,
    }
}

diesel::table! {
    party_members (account_id) {
        account_id -> Text,
        party_id -> Text,
        code -> Text,
        place -> SmallInt,
    }
}

diesel::table! {
    queue_entries (account_id) {
        account_id -> Text,
        mode -> Text,
        party_id -> Nullable<Text>,
        since -> BigInt,
    }
}

diesel::table! {
    hosts (id) {
        id -> Text,
        name -> Text,
        kind -> Text,
        key_hash -> Text,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    hub_counters (name) {
        name -> Text,
        value -> BigInt,
    }
}

diesel::table! {
    audit_log (id) {
        id -> Text,
        at -> BigInt,
        actor -> Text,
        act -> Text,
        subject -> Text,
        detail -> Text,
    }
}

diesel::table! {
    matches (id) {
        id -> Text,
        epoch -> BigInt,
        room_id -> Text,
        state -> Text,
        started_at -> BigInt,
        ended_at -> Nullable<BigInt>,
        amber -> Integer,
        azure -> Integer,
        ticks -> BigInt,
        void_reason -> Nullable<Text>,
        mode -> Text,
        map -> Text,
        team_size -> SmallInt,
        unrated_reason -> Nullable<Text>,
    }
}

diesel::table! {
    match_seats (match_id, seat) {
        match_id -> Text,
        seat -> SmallInt,
        account_id -> Nullable<Text>,
        name -> Text,
        team -> SmallInt,
        kills -> Integer,
        deaths -> Integer,
        bot -> Bool,
        late -> Bool,
        rating_before -> Nullable<Double>,
        rating_after -> Nullable<Double>,
    }
}

diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(ratings -> accounts (account_id));
diesel::joinable!(match_seats -> matches (match_id));
diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    sessions,
    reset_codes,
    ratings,
    mutes,
    party_members,
    queue_entries,
    matches,
    match_seats
);
