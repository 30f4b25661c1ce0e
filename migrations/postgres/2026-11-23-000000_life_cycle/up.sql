ALTER TABLE accounts ADD COLUMN role TEXT NOT NULL DEFAULT 'player' CHECK (role IN ('player', 'admin'));
ALTER TABLE accounts ADD COLUMN banned_until BIGINT;
ALTER TABLE accounts ADD COLUMN ban_reason TEXT;
ALTER TABLE accounts ADD COLUMN deleted_at BIGINT;

ALTER TABLE sessions ADD COLUMN device TEXT NOT NULL DEFAULT '';

CREATE TABLE reset_codes (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    code_hash TEXT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE TABLE ratings (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    rating DOUBLE PRECISION NOT NULL,
    uncertainty DOUBLE PRECISION NOT NULL,
    rated INTEGER NOT NULL,
    won INTEGER NOT NULL,
    lost INTEGER NOT NULL,
    drawn INTEGER NOT NULL
);
CREATE INDEX ratings_by_rating ON ratings (rating);

CREATE TABLE mutes (
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    muted_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (account_id, muted_id)
);

CREATE TABLE party_members (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    party_id TEXT NOT NULL,
    code TEXT NOT NULL,
    place SMALLINT NOT NULL
);

CREATE TABLE queue_entries (
    account_id TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    mode TEXT NOT NULL,
    party_id TEXT,
    since BIGINT NOT NULL
);

CREATE TABLE hosts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL CHECK (kind IN ('operator', 'community')),
    key_hash TEXT NOT NULL UNIQUE,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);

CREATE TABLE hub_counters (
    name TEXT NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL
);

CREATE TABLE audit_log (
    id TEXT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    act TEXT NOT NULL,
    subject TEXT NOT NULL,
    detail TEXT NOT NULL
);

ALTER TABLE matches ADD COLUMN mode TEXT NOT NULL DEFAULT 'quick';
ALTER TABLE matches ADD COLUMN map TEXT NOT NULL DEFAULT 'crossing';
ALTER TABLE matches ADD COLUMN team_size SMALLINT NOT NULL DEFAULT 3;
ALTER TABLE matches ADD COLUMN unrated_reason TEXT;

ALTER TABLE match_seats DROP CONSTRAINT match_seats_seat_check;
ALTER TABLE match_seats ADD CONSTRAINT match_seats_seat_check CHECK (seat BETWEEN 0 AND 15);
ALTER TABLE match_seats ADD COLUMN bot BOOLEAN NOT NULL DEFAULT FALSE;
UPDATE match_seats SET bot = TRUE WHERE account_id IS NULL;
ALTER TABLE match_seats ADD COLUMN late BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE match_seats ADD COLUMN rating_before DOUBLE PRECISION;
ALTER TABLE match_seats ADD COLUMN rating_after DOUBLE PRECISION;
