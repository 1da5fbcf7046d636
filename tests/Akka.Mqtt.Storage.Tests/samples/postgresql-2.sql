CREATE SCHEMA IF NOT EXISTS akka_mqtt;
SET search_path = akka_mqtt;
CREATE TABLE meta (key text PRIMARY KEY, value bigint NOT NULL);
CREATE TABLE run (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, started_at bigint NOT NULL, alive_at bigint NOT NULL, drain bigint NOT NULL DEFAULT 0,
  node text, fenced boolean NOT NULL DEFAULT false, renewed timestamptz NOT NULL DEFAULT now());
CREATE TABLE session (
  id bigint PRIMARY KEY,
  mount_point text NOT NULL,
  user_name text,
  client_id text NOT NULL,
  owner text,
  epoch bigint NOT NULL,
  run bigint,
  changed_at bigint NOT NULL,
  expiry bigint,
  will_topic text,
  will_payload bytea,
  will_qos int,
  will_retain boolean,
  will_delay bigint,
  will_properties bytea,
  lapse bigint GENERATED ALWAYS AS (CASE WHEN will_topic IS NULL THEN expiry * 1000 WHEN expiry IS NULL THEN will_delay * 1000 ELSE least(expiry, will_delay) * 1000 END) STORED,
  due_at bigint GENERATED ALWAYS AS (CASE WHEN run IS NULL THEN changed_at + CASE WHEN will_topic IS NULL THEN expiry * 1000 WHEN expiry IS NULL THEN will_delay * 1000 ELSE least(expiry, will_delay) * 1000 END END) STORED,
  home bigint,
  guest bigint,
  home_epoch bigint NOT NULL DEFAULT 0
);
CREATE INDEX session_home ON session (home) WHERE home IS NOT NULL;
CREATE INDEX session_guest ON session (guest) WHERE guest IS NOT NULL;
CREATE INDEX session_due ON session (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX session_connected ON session (run, lapse) WHERE run IS NOT NULL;
CREATE TABLE subscription (
  session bigint NOT NULL,
  filter text NOT NULL,
  filter_key bytea NOT NULL,
  qos int NOT NULL,
  no_local boolean NOT NULL,
  retain_as_published boolean NOT NULL,
  retain_handling int NOT NULL,
  identifier bigint NOT NULL,
  shared boolean NOT NULL,
  PRIMARY KEY (session, filter_key)
);
CREATE TABLE message (
  id bigint PRIMARY KEY,
  topic text NOT NULL,
  payload bytea NOT NULL,
  received_at bigint NOT NULL,
  expiry bigint,
  properties bytea,
  refs int NOT NULL,
  expires_at bigint GENERATED ALWAYS AS (received_at + expiry * 1000) STORED
);
CREATE TABLE delivery (
  session bigint NOT NULL,
  number bigint NOT NULL,
  message bigint,
  qos int NOT NULL,
  retain boolean NOT NULL,
  size int NOT NULL,
  packet_id int,
  sent_order bigint,
  identifiers text,
  share text,
  state text GENERATED ALWAYS AS (CASE WHEN packet_id IS NULL THEN 'waiting' WHEN message IS NULL THEN 'released' ELSE 'sent' END) STORED,
  PRIMARY KEY (session, number)
);
CREATE TABLE received (session bigint NOT NULL, packet_id int NOT NULL, PRIMARY KEY (session, packet_id));
CREATE TABLE retained (
  topic_key bytea PRIMARY KEY,
  topic text NOT NULL,
  payload bytea NOT NULL,
  qos int NOT NULL,
  received_at bigint NOT NULL,
  expiry bigint,
  properties bytea,
  publisher text NOT NULL,
  user_name text,
  listener text,
  expires_at bigint GENERATED ALWAYS AS (received_at + expiry * 1000) STORED
);
INSERT INTO meta VALUES ('version', 2), ('next_session', 1), ('next_message', 1);
INSERT INTO run (started_at, alive_at, node) VALUES (1800000000000, 1800000000000, 'akka.tcp://a@one:1#7');
INSERT INTO session (id, mount_point, client_id, epoch, changed_at, expiry, home) VALUES (7, '', 'a', 3, 1800000000000, 3600, 1);
INSERT INTO subscription VALUES (7, 'a/#', sha256('a/#'), 1, false, false, 0, 0, false);
INSERT INTO message (id, topic, payload, received_at, refs) VALUES (9, 'a/b', 'p', 1800000000000, 1);
INSERT INTO delivery (session, number, message, qos, retain, size) VALUES (7, 9, 9, 1, false, 10);
UPDATE meta SET value = 1000 WHERE key <> 'version';
