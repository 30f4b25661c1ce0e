DELETE FROM matches WHERE id IN (SELECT match_id FROM match_seats WHERE seat > 5);
CREATE TABLE match_seats_old (
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
INSERT INTO match_seats_old
SELECT match_id, seat, account_id, name, team, kills, deaths FROM match_seats;
DROP TABLE match_seats;
ALTER TABLE match_seats_old RENAME TO match_seats;
CREATE INDEX match_seats_by_account ON match_seats (account_id);

ALTER TABLE matches DROP COLUMN unrated_reason;
ALTER TABLE matches DROP COLUMN team_size;
ALTER TABLE matches DROP COLUMN map;
ALTER TABLE matches DROP COLUMN mode;

DROP TABLE audit_log;
DROP TABLE hub_counters;
DROP TABLE hosts;
DROP TABLE queue_entries;
DROP TABLE party_members;
DROP TABLE mutes;
DROP TABLE ratings;
DROP TABLE reset_codes;

ALTER TABLE sessions DROP COLUMN device;

ALTER TABLE accounts DROP COLUMN deleted_at;
ALTER TABLE accounts DROP COLUMN ban_reason;
ALTER TABLE accounts DROP COLUMN banned_until;
ALTER TABLE accounts DROP COLUMN role;
