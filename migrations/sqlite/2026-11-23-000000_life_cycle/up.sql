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
    rating DOUBLE NOT NULL,
    uncertainty DOUBLE NOT NULL,
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

CREATE TABLE match_seats_new (
    match_id TEXT NOT NULL REFERENCES matches (id) ON DELETE CASCADE,
    seat SMALLINT NOT NULL CHECK (seat BETWEEN 0 AND 15),
    account_id TEXT REFERENCES accounts (id),
    name TEXT NOT NULL,
    team SMALLINT NOT NULL CHECK (team IN (0, 1)),
    kills INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    bot BOOLEAN NOT NULL DEFAULT FALSE,
    late BOOLEAN NOT NULL DEFAULT FALSE,
    rating_before DOUBLE,
    rating_after DOUBLE,
    PRIMARY KEY (match_id, seat),
    UNIQUE (match_id, account_id)
);
INSERT INTO match_seats_new (match_id, seat, account_id, name, team, kills, deaths, bot)
SELECT match_id, seat, account_id, name, team, kills, deaths, account_id IS NULL FROM match_seats;
DROP TABLE match_seats;
ALTER TABLE match_seats_new RENAME TO match_seats;
CREATE INDEX match_seats_by_account ON match_seats (account_id);
