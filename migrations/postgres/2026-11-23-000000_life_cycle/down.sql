ALTER TABLE match_seats DROP COLUMN rating_after;
ALTER TABLE match_seats DROP COLUMN rating_before;
ALTER TABLE match_seats DROP COLUMN late;
ALTER TABLE match_seats DROP COLUMN bot;
DELETE FROM matches WHERE id IN (SELECT match_id FROM match_seats WHERE seat > 5);
ALTER TABLE match_seats DROP CONSTRAINT match_seats_seat_check;
ALTER TABLE match_seats ADD CONSTRAINT match_seats_seat_check CHECK (seat BETWEEN 0 AND 5);

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
