DROP TABLE match_seats;
DROP TABLE matches;
DROP TABLE sessions;
DROP TABLE accounts;
