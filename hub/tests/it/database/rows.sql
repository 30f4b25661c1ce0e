INSERT INTO accounts (id, name, name_key, guest, password_hash, created_at, role, banned_until, ban_reason)
VALUES ('a1', 'Ann', 'ann', FALSE, 'hash', 1, 'admin', NULL, NULL), ('a2', 'Bób', 'bób', TRUE, NULL, 2, 'player', 9, 'it''s over');
INSERT INTO sessions (token_hash, account_id, created_at, last_seen, device) VALUES ('t1', 'a1', 1, 2, 'Firefox');
INSERT INTO reset_codes (account_id, code_hash, expires_at) VALUES ('a1', 'c1', 9);
INSERT INTO ratings (account_id, rating, uncertainty, rated, won, lost, drawn) VALUES ('a1', 26.123456789012345, 8.1, 1, 1, 0, 0);
INSERT INTO mutes (account_id, muted_id) VALUES ('a1', 'a2');
INSERT INTO party_members (account_id, party_id, code, place) VALUES ('a1', 'p1', 'ABCDEF', 0);
INSERT INTO queue_entries (account_id, mode, party_id, since) VALUES ('a2', 'quick', NULL, 5);
INSERT INTO hosts (id, name, kind, key_hash, created_at, revoked_at) VALUES ('h1', 'home', 'community', 'k1', 1, NULL);
INSERT INTO hub_counters (name, value) VALUES ('starts', 7);
INSERT INTO audit_log (id, at, actor, act, subject, detail) VALUES ('l1', 1, 'operator', 'ban', 'a2', 'two
lines');
INSERT INTO matches (id, epoch, room_id, state, started_at, ended_at, amber, azure, ticks)
VALUES ('m1', 4294967297, 'r1', 'ended', 1, 2, 5, 3, 1200);
INSERT INTO match_seats (match_id, seat, account_id, name, team, kills, deaths, bot, late, rating_before, rating_after)
VALUES ('m1', 0, 'a1', 'Ann', 0, 2, 1, FALSE, FALSE, 25.0, 26.123456789012345), ('m1', 5, NULL, 'Bot', 1, 0, 2, TRUE, FALSE, NULL, NULL);
