DROP TABLE relay.cursors;
