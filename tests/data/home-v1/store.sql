-- A store as the first version of the program left it: its schema, and two runs.
CREATE TABLE code (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, code_uri TEXT NOT NULL, description TEXT NOT NULL,
  tags TEXT NOT NULL, properties TEXT NOT NULL, hash TEXT NOT NULL, archived INTEGER NOT NULL, created INTEGER NOT NULL,
  UNIQUE (name, version));
CREATE INDEX code_hash ON code (hash, id) WHERE hash <> '';

CREATE TABLE environment (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, image TEXT NOT NULL, conda_file TEXT NOT NULL,
  build TEXT NOT NULL, description TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL, anonymous INTEGER NOT NULL, archived INTEGER NOT NULL,
  created INTEGER NOT NULL, UNIQUE (name, version));

CREATE TABLE experiment (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, created INTEGER NOT NULL);

CREATE TABLE job (
  id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, experiment TEXT NOT NULL, job_type TEXT NOT NULL, display_name TEXT NOT NULL,
  description TEXT NOT NULL, definition TEXT NOT NULL, tags TEXT NOT NULL, properties TEXT NOT NULL, archived INTEGER NOT NULL,
  status TEXT NOT NULL, status_detail TEXT NOT NULL, cancel_requested INTEGER NOT NULL, attempt_id TEXT NOT NULL,
  applied_seq INTEGER NOT NULL, error TEXT NOT NULL, warnings TEXT NOT NULL, created INTEGER NOT NULL, started INTEGER, ended INTEGER);
CREATE INDEX job_newest ON job (created, id);
CREATE INDEX job_experiment ON job (experiment, created, id);
CREATE INDEX job_type_newest ON job (job_type, created, id);
CREATE INDEX job_archived ON job (archived, created, id);
CREATE INDEX job_unfinished ON job (id) WHERE status NOT IN ('Completed', 'Failed', 'Canceled');
CREATE TABLE job_tag (
  job INTEGER NOT NULL REFERENCES job (id), key TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY (job, key)) WITHOUT ROWID;
CREATE INDEX job_tag_value ON job_tag (key, value, job);

CREATE TABLE container (name TEXT PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE blob (
  container TEXT NOT NULL, name TEXT NOT NULL, content_type TEXT NOT NULL, content_md5 TEXT NOT NULL, etag TEXT NOT NULL,
  metadata TEXT NOT NULL, size INTEGER NOT NULL, modified INTEGER NOT NULL, PRIMARY KEY (container, name)) WITHOUT ROWID;

INSERT INTO container VALUES ('11111111-2222-4333-8444-555555555555-abcdefghijklmnopqrstuvwxyz');
INSERT INTO blob VALUES ('11111111-2222-4333-8444-555555555555-abcdefghijklmnopqrstuvwxyz', 'train.py', 'text/x-python', '0tr9WKfo9ct8LpgjEXz27Q==', '"0x1"', '{}', 17, 1774584152000000000);
INSERT INTO code VALUES (1, 'c0de', '1', 'http://127.0.0.1:41234/azureml0a1b2c3d/11111111-2222-4333-8444-555555555555-abcdefghijklmnopqrstuvwxyz', '', '{}', '{"hash_sha256":"abc","hash_version":"202208"}', 'abc', 0, 1774584152000000000);
INSERT INTO environment VALUES (1, 'env', '1', 'mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04', '', '', '', '{}', '{}', 1, 0, 1774584152000000000);
INSERT INTO experiment VALUES ('66666666-7777-4888-8999-aaaaaaaaaaaa', 'diabetes', 1774584152000000000);
INSERT INTO job VALUES (1, 'diabetes_1774584000_00c0ffee', 'diabetes', 'Command', 'An earlier try', '', '{"jobType":"Command","command":"python train.py","experimentName":"diabetes","computeId":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/computes/local","codeId":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/codes/c0de/versions/1","environmentId":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/environments/env/versions/1"}', '{}', '{}', 0, 'Failed', '', 0, 'attempt-1', 0, '{"code":"EnvironmentBuildFailed","message":"no such package","phase":"environment","exit_code":null,"signal":null,"last_output":""}', '[]', 1774584000000000000, NULL, 1774584002000000000);
INSERT INTO job VALUES (2, 'diabetes_1774584152_0a1b2c3d', 'diabetes', 'Command', 'The first run', 'text', '{"jobType":"Command","command":"python train.py","experimentName":"diabetes","computeId":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/computes/local","codeId":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/codes/c0de/versions/1","environmentId":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/local/providers/Microsoft.MachineLearningServices/workspaces/local/environments/env/versions/1"}', '{"purpose":"upgrade"}', '{}', 0, 'Completed', '', 0, 'attempt-2', 6, '', '[]', 1774584152000000000, 1774584153000000000, 1774584155000000000);
INSERT INTO job_tag VALUES (2, 'purpose', 'upgrade');
PRAGMA application_id = 1098542412;
PRAGMA user_version = 1;
