import type { Difference } from './check.ts';

const missing = { errorClass: 'TABLE_OR_VIEW_NOT_FOUND', sqlState: '42P01' };

/** Where an engine answers otherwise than Databricks (or its documents). A row whose difference is gone fails the run. */
export const differences: readonly Difference[] = [
  {
    check: 'delta.merge-conflicts',
    engine: 'practice',
    instead: { others: Array.from({ length: 6 }, () => missing), kept: true },
    reason: 'has no MERGE: Breakwater sends none',
  },
  {
    check: 'names.tables',
    engine: 'spark',
    instead: [
      { errorClass: 'INVALID_ATTRIBUTE_NAME_SYNTAX', sqlState: '42601' },
      { errorClass: 'INVALID_SCHEMA_OR_RELATION_NAME', sqlState: '42602' },
      { errorClass: 'INVALID_SCHEMA_OR_RELATION_NAME', sqlState: '42602' },
    ],
    reason: "its in-memory catalog takes letters, digits and _ only; Unity Catalog's rules are wider",
  },
  {
    check: 'delta.history',
    engine: 'spark',
    instead: {
      missing: [],
      commits: [
        ['5', 'DELETE'],
        ['4', 'OPTIMIZE'],
        ['3', 'ADD COLUMNS'],
        ['2', 'WRITE'],
      ],
      named: false,
    },
    reason: 'its history names nobody: users are what Databricks adds',
  },
  {
    check: 'delta.no-columns',
    engine: 'spark',
    instead: { made: { rows: [] }, now: { rows: [] }, later: { rows: [] }, past: { rows: [] } },
    reason: 'Delta 4.4 answers without columns where its documented class refuses: both mean that there are none',
  },
  {
    check: 'delta.counts',
    engine: 'spark',
    instead: { insert: { rows: [] }, update: { rows: [['2']] }, delete: { rows: [['1']] } },
    reason: 'INSERT answers no counts: Breakwater reads none',
  },
  {
    check: 'statements.registered',
    engine: 'spark',
    instead: ['workspace.metastore'],
    reason: 'current_metastore() is what Unity Catalog adds: refused as an unknown routine',
  },
  {
    check: 'statements.registered',
    engine: 'workspace',
    instead: ['workspace.identity', 'workspace.metastore'],
    reason: 'user and metastore are asked by SQL only where REST does not answer',
  },
  {
    check: 'identity.by-sql',
    engine: 'workspace',
    instead: 'known',
    reason: 'nobody holds REST back there',
  },
  {
    check: 'live.pushed-by',
    engine: 'spark',
    instead: { user: false, recent: 'true' },
    reason: 'session_user() is whoever started Spark',
  },
];
