CREATE TABLE accounts (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL,
    name_key TEXT NOT NULL UNIQUE,
    guest BOOLEAN NOT NULL,
    password_hash TEXT,
    created_at BIGINT NOT NULL
);

CREATE TABLE sessions (
    token_hash TEXT NOT NULL PRIMARY KEY,
    account_id TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    last_seen BIGINT NOT NULL
);
CREATE INDEX sessions_by_account ON sessions (account_id);
CREATE INDEX sessions_by_last_seen ON sessions (last_seen);

CREATE TABLE matches (
    id TEXT NOT NULL PRIMARY KEY,
    epoch BIGINT NOT NULL,
    room_id TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('running', 'ended', 'void')),
    started_at BIGINT NOT NULL,
    ended_at BIGINT,
    amber INTEGER NOT NULL,
    azure INTEGER NOT NULL,
    ticks BIGINT NOT NULL,
    void_reason TEXT
);
CREATE INDEX matches_by_state ON matches (state);

CREATE TABLE match_seats (
    match_id TEXT NOT NULL REFERENCES matches (id) ON DELETE CASCADE,
    seat SMALLINT NOT NULL CHECK (seat BETWEEN 0 AND 5),
    account_id TEXT REFERENCES accounts (id),
    name TEXT NOT NULL,
    team SMALLINT NOT NULL CHECK (team IN (0, 1)),
    kills INTEGER NOT NULL,
    deaths INTEGER NOT NULL,
    PRIMARY KEY (match_id, seat),
    UNIQUE (match_id, account_id)
);
CREATE INDEX match_seats_by_account ON match_seats (account_id);
