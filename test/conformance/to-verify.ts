/** One thing that the facts leave open until a real workspace was asked, and the checks that ask. */
export type ToVerify = {
  /** File and section of the facts. */
  readonly fact: string;
  readonly about: string;
  readonly checks: readonly string[];
};

/** Every fact that is marked "to be verified in a live workspace", in the order of the facts. */
export const toVerify: readonly ToVerify[] = [
  {
    fact: 'sync.md 2.1, writes with txnAppId',
    about: 'the settings of idempotent writes are not there in a warehouse',
    checks: ['live.idempotent-writes'],
  },
  {
    fact: 'sync.md 2.1, retries of the driver',
    about: 'nothing sends an INSERT again whose reply was lost',
    checks: ['live.reply-lost'],
  },
  {
    fact: 'sync.md 2.2, pushed_at and pushed_by',
    about: 'the server evaluates both in the INSERT',
    checks: ['live.pushed-by'],
  },
  { fact: 'sync.md 2.4, size of the parameter', about: 'a whole batch fits', checks: ['limits.parameter-size'] },
  {
    fact: 'sync.md 2.5, the statement of a pull',
    about: 'exact syntax, as it is sent',
    checks: ['share.flow', 'live.row-versions', 'delta.commit-versions'],
  },
  {
    fact: 'sync.md 2.5 c, id of DESCRIBE DETAIL',
    about: 'a table that was made anew has another',
    checks: ['delta.replaced'],
  },
  { fact: 'sync.md 2.5 f, pruning', about: 'whether a commit version in WHERE prunes files', checks: ['live.pruning'] },
  { fact: 'sync.md 2.6, max_by', about: 'the digest by aggregates', checks: ['share.flow', 'live.digest'] },
  {
    fact: 'sync.md 4.6, write until seen',
    about: 'on a warm warehouse',
    checks: ['load.write-to-seen'],
  },
  {
    fact: 'sync.md 6.1',
    about: 'row_commit_version with clustering, deletion vectors and appendOnly; pruning; OPTIMIZE',
    checks: ['live.row-versions', 'live.pruning', 'delta.commit-versions'],
  },
  { fact: 'sync.md 6.2', about: 'the result cache', checks: ['live.result-cache'] },
  {
    fact: 'sync.md 6.3',
    about: 'sizes of parameters and statements; cost of from_json',
    checks: ['limits.parameter-size', 'limits.parameter-count', 'limits.statement-size', 'limits.from-json'],
  },
  {
    fact: 'sync.md 6.4',
    about: 'latency and rate of commits, growth of log and files',
    checks: ['load.commits'],
  },
  { fact: 'sync.md 6.5', about: 'blind append', checks: ['live.blind-append', 'delta.blind-insert'] },
  { fact: 'sync.md 6.6', about: 'a client killed in its INSERT', checks: ['live.killed-client'] },
  { fact: 'sync.md 6.7', about: 'session_user and current_timestamp', checks: ['live.pushed-by'] },
  {
    fact: 'sync.md 6.8',
    about: 'INSERT after and during ALTER',
    checks: ['live.after-alter', 'live.during-alter'],
  },
  { fact: 'sync.md 6.9', about: 'the Files API', checks: ['live.files-api'] },
  { fact: 'sync.md 6.10', about: 'cold start and auto-stop', checks: ['live.cold-start'] },
  { fact: 'sync.md 6.11', about: 'rights for DETAIL and HISTORY', checks: ['rights.describe'] },
  { fact: 'sync.md 6.12', about: 'redaction during pulls', checks: ['live.redaction'] },
  { fact: 'sync.md 6.13', about: 'least rights for INSERT', checks: ['rights.insert'] },
  {
    fact: 'databricks.md 1.3, event_log',
    about: 'whether it takes a bound parameter',
    checks: ['open.event-log-parameter'],
  },
  {
    fact: 'query history and our INSERT',
    about: 'whether its parameter shows up there',
    checks: ['live.parameter-in-history'],
  },
  {
    fact: 'query history in REST and our own statements',
    about: 'whether client or tags tell them there',
    checks: ['open.own-statements'],
  },
  {
    fact: 'spark.md 7, rows marked "?"',
    about: 'history as a table, changes of a vacuumed past, RESTORE',
    checks: ['live.history-as-table', 'delta.vacuumed', 'delta.past-retention', 'delta.restore', 'delta.append-only', 'delta.table-changes-errors'],
  },
]; // prettier-ignore

/** Section 8 of databricks.md, "not found": what a check can settle, and what it cannot, with the reason. */
export const notFoundInSources: readonly (ToVerify & { readonly left?: string })[] = [
  { fact: 'latency of the system tables', about: 'measured by their newest rows', checks: ['open.lateness'] },
  { fact: 'trigger types', about: 'those that occur', checks: ['open.trigger-types'] },
  {
    fact: 'numbers of 429',
    about: 'asking until it is refused',
    checks: ['limits.rate'],
    left: 'only how 40 questions at once are answered: asking until a workspace refuses would hurt its users',
  },
  {
    fact: 'limits of statement and parameters in Thrift',
    about: 'measured',
    checks: ['limits.parameter-size', 'limits.parameter-count', 'limits.statement-size'],
  },
  {
    fact: 'status of "pipeline update already active"',
    about: 'starting one twice',
    checks: [],
    left: 'somebody’s pipeline would be started, and Breakwater starts none',
  },
  { fact: 'privilege for RESTORE', about: 'tried with MODIFY', checks: ['rights.insert'] },
  { fact: 'layout of inference metrics', about: 'from information_schema', checks: ['open.metric-layouts'] },
  { fact: '`details` of pipeline events in REST', about: 'fields that come', checks: ['open.pipeline-events'] },
  { fact: 'price of a DBU', about: 'from the list prices', checks: ['open.price'] },
  { fact: 'latency of a commit', about: 'measured', checks: ['load.commits'] },
  { fact: '`event_log(:p)`', about: 'bound parameter', checks: ['open.event-log-parameter'] },
  {
    fact: 'event log of a pipeline that is not in legacy publishing mode',
    about: 'by the function, by its hidden table, or by both',
    checks: ['open.event-log-parameter'],
  },
  {
    fact: 'LISTEN and NOTIFY of Lakebase',
    about: 'not used',
    checks: [],
    left: 'Breakwater does not use Lakebase',
  },
  {
    fact: 'keys of request_params in the audit log',
    about: 'by action, without values; parts or full names, account level or workspace',
    checks: ['open.audit-keys'],
  },
  {
    fact: 'maps and structs in columns of Thrift',
    about: 'whether those of DESCRIBE HISTORY are JSON',
    checks: ['open.history-parameters'],
  },
  {
    fact: 'settings of a session',
    about: 'query tags and timeouts, by what a session is opened with in the end',
    checks: ['open.session-settings'],
  },
  {
    fact: 'time of questions to the whole metastore',
    about: 'profiles, tags of personal data and their flows, which the watch asks without a catalog',
    checks: ['open.whole-metastore'],
  },
  { fact: 'lineage-tracking in REST', about: 'fields that come', checks: ['open.rest-lineage'] },
];
