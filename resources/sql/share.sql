-- The tables of a share (event-format section 6). Printed by main/sync/delta-sql.ts; `breakwater share init --print-sql`
-- fills in the place and adds grants and undo. `events` first; the row backend_id of `meta` last.
CREATE TABLE IF NOT EXISTS `catalog`.`schema`.`events` (
  log_id STRING NOT NULL, device_id STRING NOT NULL, seq BIGINT NOT NULL, hash STRING NOT NULL, line STRING NOT NULL,
  disclosures STRING, sig STRING NOT NULL, batch_id STRING, pushed_at TIMESTAMP, pushed_by STRING
) USING DELTA CLUSTER BY (log_id)
TBLPROPERTIES ('delta.appendOnly' = 'true', 'delta.enableRowTracking' = 'true', 'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true', 'delta.logRetentionDuration' = 'interval 365 days', 'delta.deletedFileRetentionDuration' = 'interval 60 days', 'delta.dataSkippingStatsColumns' = 'log_id,device_id,seq');
CREATE TABLE IF NOT EXISTS `catalog`.`schema`.`segments` (
  log_id STRING NOT NULL, device_id STRING NOT NULL, from_seq BIGINT NOT NULL, to_seq BIGINT NOT NULL,
  sha256 STRING NOT NULL, bytes BIGINT NOT NULL, path STRING NOT NULL, at TIMESTAMP
) USING DELTA CLUSTER BY (log_id)
TBLPROPERTIES ('delta.appendOnly' = 'true', 'delta.enableRowTracking' = 'true', 'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true', 'delta.logRetentionDuration' = 'interval 365 days', 'delta.deletedFileRetentionDuration' = 'interval 60 days');
CREATE TABLE IF NOT EXISTS `catalog`.`schema`.`meta` (
  key STRING NOT NULL, value STRING NOT NULL, at TIMESTAMP
) USING DELTA
TBLPROPERTIES ('delta.appendOnly' = 'true', 'delta.enableRowTracking' = 'true', 'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true', 'delta.logRetentionDuration' = 'interval 365 days', 'delta.deletedFileRetentionDuration' = 'interval 60 days');
