//! Both backends' schema; the migrations must agree with it.

diesel::table! {
    accounts (id) {
        id -> Text,
        name -> Text,
        name_key -> Text,
        guest -> Bool,
        password_hash -> Nullable<Text>,
        created_at -> BigInt,
    }
}

diesel::table! {
    sessions (token_hash) {
        token_hash -> Text,
        account_id -> Text,
        created_at -> BigInt,
        last_seen -> BigInt,
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
    }
}

diesel::joinable!(sessions -> accounts (account_id));
diesel::joinable!(match_seats -> matches (match_id));
diesel::allow_tables_to_appear_in_same_query!(accounts, sessions, matches, match_seats);
