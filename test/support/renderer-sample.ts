// Rich sample data of one room, for looking at screens before a core exists and for tests of the renderer.
import type { CallOutput } from '../../shared/contract/calls.ts';
import type { Inbox } from '../../shared/contract/inbox.ts';
import type { Entry, Lineage, Room, RoomRow } from '../../shared/contract/room.ts';
import type { People, PracticeState } from '../../shared/contract/share.ts';
import type { Status } from '../../shared/contract/status.ts';
import type { Person } from '../../shared/contract/common.ts';

/** The sample's now: 24 Nov 2026, 14:30 in Berlin. */
export const sampleNow = Date.parse('2026-11-24T13:30:00.000Z');
const minute = 60_000;
export const ago = (minutes: number): string => new Date(sampleNow - minutes * minute).toISOString();
export const hashOf = (n: number): string => n.toString(16).padStart(64, 'a');
export const sampleLog = `inc:${'42'.repeat(16)}`;
export const secondLog = `inc:${'43'.repeat(16)}`;

export const ada: Person = { id: `p_${'a'.repeat(32)}`, name: 'Ada Okafor', attested: true, you: true };
export const ben: Person = { id: `p_${'b'.repeat(32)}`, name: 'Ben Lind', attested: true, you: false };
export const cleo: Person = { id: `p_${'c'.repeat(32)}`, name: 'Cleo Duarte', attested: false, you: false };

const asset = (name: string): string => `table|metastore-1|shop.${name}`;
export const assets = {
  events: asset('bronze.pos_events'), pos: asset('bronze.pos_sales'), clean: asset('silver.sales_clean'), daily: asset('silver.daily_features'),
  features: asset('features.store_demand_by_store_and_7d'), model: asset('ml.demand_forecast_daily_champion'), endpoint: asset('serving.demand-forecast-recast'),
  revenue: asset('gold.revenue'), board: asset('bi.trading_overview_every_morning'), campaigns: asset('bronze.campaigns'), hidden: asset('hidden.1'), calendar: asset('silver.calendar'),
}; // prettier-ignore

const settled = <T>(value: T, by: Person = ada, at = ago(60)) => ({ value, by, at, conflict: [], heads: [hashOf(1)] });

const fact = (n: number, minutes: number, factKind: string, title: string, more: Partial<Entry> = {}): Entry => ({
  id: `${factKind}|ws|${n}`, kind: 'fact', factKind, title, body: null, by: null, happenedAt: ago(minutes), observedAt: ago(21), recordedAt: null,
  tone: 'plain', assets: [], chips: [], versions: [], witnesses: 0, withheld: 0, withoutEffect: null, ledger: 'cached', ...more,
}); // prettier-ignore
const said = (n: number, minutes: number, kind: Entry['kind'], title: string, more: Partial<Entry> = {}): Entry => ({
  id: hashOf(n), kind, factKind: null, title, body: null, by: ada, happenedAt: ago(minutes), observedAt: ago(minutes), recordedAt: ago(minutes),
  tone: 'plain', assets: [], chips: [], versions: [], witnesses: 0, withheld: 0, withoutEffect: null, ledger: 'shared', ...more,
}); // prettier-ignore

export const sampleEntries: readonly Entry[] = [
  said(20, 9, 'note', 'Supported: rename broke the feature join', { body: '31 % nulls in store_demand_7d start with run 88213, first after version 813.', assets: [assets.features, assets.pos], chips: ['2 captures'], ledger: 'only-here', versions: [{ text: 'Rename may have broken the join.', by: ada, at: ago(12) }] }),
  said(21, 12, 'note', 'Compared pos_sales v812 with v813', { body: 'discount_pct gone, discount_rate new.', assets: [assets.pos], chips: ['sha256 9f2c…e1'], ledger: 'only-here', by: ben }),
  said(22, 25, 'decision', 'Keep champion at v14 until the feature is fixed', { body: 'Options: roll back to v13, pause endpoint, wait. Dissent: 1.', assets: [assets.model], chips: ['in force to 16:00'] }),
  said(23, 31, 'attachment', 'join-plan.png', { chips: ['214 KB'], by: ben, ledger: 'sent' }),
  said(24, 38, 'phase', 'Moved to root cause'),
  fact(1, 41, 'run', 'Run 88219 of daily_features failed', { tone: 'bad', assets: [assets.daily], body: 'AMBIGUOUS or missing column discount_pct in line 31.' }),
  said(25, 49, 'harm', 'Personal data: not ruled out', { body: '12 of 14 columns checked, 2 not readable. Asked the steward.', by: cleo, withoutEffect: 'the author is not attested', chips: ['open'] }),
  said(26, 60, 'severity', 'SEV2: 4 gold tables, 1 model, 6 dashboards', { tone: 'bad', body: 'Rule tier1-served-model, version 12.' }),
  said(27, 66, 'phase', 'Moved to triage'),
  fact(2, 70, 'drift', 'store_demand_7d drifted: PSI 0.41 in discount_rate', { tone: 'warn', assets: [assets.features] }),
  said(28, 73, 'opened', 'Room opened from 2 signals'),
  fact(3, 95, 'alias-move', 'Alias champion moved from v13 to v14', { tone: 'change', assets: [assets.model] }),
  fact(4, 110, 'run', 'Run 88213 of daily_features failed', { tone: 'bad', assets: [assets.daily, assets.features] }),
  fact(5, 161, 'schema-change', 'pos_sales: discount_pct dropped, discount_rate added', { tone: 'change', assets: [assets.pos] }),
  fact(6, 163, 'table-version', 'pos_sales version 813', { tone: 'change', assets: [assets.pos] }),
  fact(7, 190, 'audit', 'Grant SELECT on bronze to pos-writer', { tone: 'warn', assets: [assets.pos] }),
  ...[220, 251, 283, 312, 344, 371, 402].flatMap((at, i) => [
    fact(100 + i, at, 'run', `Run ${88190 + i} of daily_features succeeded`, { assets: [assets.daily] }),
    fact(200 + i, at + 4, 'table-version', `pos_sales version ${805 + i}`, { assets: [assets.pos] }),
  ]),
  fact(8, 300, 'model-version', 'demand_forecast version 14 registered', { assets: [assets.model] }),
].toSorted((a, b) => (a.happenedAt < b.happenedAt ? 1 : -1)); // prettier-ignore

export const sampleRoom: Room = {
  log: sampleLog, number: 'INC-0042', title: settled('Revenue forecast 38 % low in DACH'), class: settled('data-quality' as const),
  severity: {
    value: 'SEV2', by: ada, at: ago(60), heads: [hashOf(26), hashOf(60)],
    conflict: [
      { value: 'SEV1', hash: hashOf(60), by: ben, at: ago(35), sawOthers: false },
      { value: 'SEV2', hash: hashOf(26), by: ada, at: ago(60), sawOthers: false },
    ],
  },
  phase: settled('root-cause' as const), commander: settled(ada.id), commanderName: ada.name, harm: settled('open' as const),
  summary: settled({ know: 'Rename in bronze, 11:47, feeds wrong discounts', unknown: 'Whether orders were placed on it', next: 'Contain serving, then restore v812' }, ada, ago(27)),
  mergedInto: null, cost: { statements: 214, seconds: 96, rows: 41_230, warehouses: [{ workspace: 'Practice lakehouse', size: '2X-Small' }] }, offline: { state: 'partly', done: 11, total: 11, missing: ['Audit log'], since: ago(12) }, startedAt: ago(161), detectedAt: ago(82), openedAt: ago(73),
  clocks: [
    { id: 'harm', label: 'Harm', kind: 'state', value: 'not contained', startsAt: ago(73), endsAt: null, rule: 'nobody has said that it is contained', tone: 'bad', stopped: null },
    { id: 'elapsed', label: 'Open since', kind: 'elapsed', value: null, startsAt: ago(161), endsAt: null, rule: 'since it started', tone: 'plain', stopped: null },
    { id: 'update', label: 'Next update', kind: 'countdown', value: null, startsAt: ago(54), endsAt: ago(-6.2), rule: 'SEV2: 60 min after the last Know / Don’t / Next', tone: 'warn', stopped: null },
    { id: 'rto', label: 'RTO', kind: 'instant', value: null, startsAt: null, endsAt: null, rule: 'time to recover that a workload promises', tone: 'plain', stopped: 'no workload linked: RTO unknown' },
    { id: 'recovery-point', label: 'Recovery point', kind: 'instant', value: null, startsAt: null, endsAt: null, rule: 'newest data known to be good', tone: 'plain', stopped: 'no workload linked: RPO unknown' },
    { id: 'restorable', label: 'Restorable until', kind: 'instant', value: null, startsAt: null, endsAt: ago(-7 * 24 * 60), rule: '7 d after files left, by rule', tone: 'plain', stopped: null },
    { id: 'legal', label: 'Legal', kind: 'state', value: 'open', startsAt: null, endsAt: null, rule: 'runs from when a breach is known', tone: 'warn', stopped: 'personal data not ruled out: nobody has said' },
    { id: 'detect', label: 'Time to detect', kind: 'elapsed', value: null, startsAt: ago(161), endsAt: ago(82), rule: 'detected − started', tone: 'plain', stopped: null },
    { id: 'acknowledge', label: 'Time to acknowledge', kind: 'elapsed', value: null, startsAt: ago(161), endsAt: ago(73), rule: 'room opened − started', tone: 'plain', stopped: null },
  ],
  tasks: [
    { id: hashOf(40), text: 'Executive update', state: settled('open' as const), assignee: settled(ada.id), assigneeName: ada.name, dueAt: ago(-6), by: ada, at: ago(50), ledger: 'shared' },
    { id: hashOf(41), text: 'Confirm rename with POS team', state: settled('open' as const), assignee: settled(ben.id), assigneeName: ben.name, dueAt: ago(5), by: ada, at: ago(48), ledger: 'shared' },
    { id: hashOf(42), text: 'Prepare RESTORE plan to v812', state: { ...settled('open' as const), conflict: [{ value: 'done', hash: hashOf(70), by: ben, at: ago(9), sawOthers: false }, { value: 'open', hash: hashOf(71), by: ada, at: ago(8), sawOthers: false }] }, assignee: { value: null, by: null, at: null, conflict: [], heads: [] }, assigneeName: null, dueAt: null, by: ada, at: ago(44), ledger: 'only-here' },
    { id: hashOf(43), text: 'Compare v812 with v813', state: settled('done' as const), assignee: settled(ben.id), assigneeName: ben.name, dueAt: null, by: ada, at: ago(30), ledger: 'shared' },
  ],
  decisions: [{ id: hashOf(22), title: 'Champion stays v14', options: ['roll back to v13', 'pause endpoint', 'wait'], choice: 'wait', reason: 'v13 in shadow shows the same error', dissent: 'Pause now', state: settled('in-force' as const), expiresAt: ago(-90), expired: false, by: ada, at: ago(25), ledger: 'shared' }],
  handoffs: [{ id: hashOf(50), subject: 'question', text: 'Was the rename announced to consumers?', from: ben, to: 'POS platform', reason: 'they own bronze', state: settled('offered' as const), answer: null, at: ago(20), ledger: 'shared' }],
  attachments: [{ id: hashOf(23), name: 'join-plan.png', size: 219_136, media: 'image/png', sha256: hashOf(99), here: true, by: ben, at: ago(31) }, { id: hashOf(24), name: 'orders-since-noon.csv', size: 1_841_022, media: 'text/csv', sha256: hashOf(98), here: false, by: cleo, at: ago(18) }],
  people: [{ person: ada, lastSeen: ago(0) }, { person: ben, lastSeen: ago(21) }, { person: cleo, lastSeen: ago(35) }],
  signals: [], assets: Object.values(assets).map((id) => ({ id, name: id.split('.').slice(1).join('.'), kind: 'table' })),
  entries: sampleEntries.length, onlyHere: 7, withoutEffect: 1, unknown: 2, can: { write: true, steer: true, decide: true, export: true },
}; // prettier-ignore

const node = (id: string, kind: string, name: string, detail: string, state: Lineage['nodes'][number]['state'], layer: number, order: number, up = 0, down = 0) => ({ id, kind, name, detail, state, layer, order, more: { up, down } }); // prettier-ignore
const edge = (from: string, to: string, damage = false) => ({
  id: `${from}>${to}`,
  from,
  to,
  damage,
  source: 'system.access.table_lineage',
});
export const sampleLineage: Lineage = {
  nodes: [
    node(assets.events, 'volume', 'pos_events', 'stream', 'healthy', 0, 0, 4),
    node(asset('volume.campaigns'), 'volume', 'campaigns.csv', 'volume', 'healthy', 0, 1),
    node(assets.pos, 'table', 'pos_sales', 'bronze · v813', 'changed', 1, 0),
    node(assets.campaigns, 'table', 'campaigns', 'bronze · v88', 'healthy', 1, 1),
    node(assets.clean, 'table', 'sales_clean', 'silver · 31 % nulls', 'failed', 2, 0),
    node(assets.daily, 'job', 'daily_features', 'run 88213 failed', 'failed', 2, 1),
    node(assets.calendar, 'table', 'calendar', 'silver · v1204', 'healthy', 2, 2),
    node(assets.features, 'feature-table', 'store_demand_by_store_and_7d', 'feature · PSI 0.41', 'failed', 3, 0),
    node(assets.hidden, 'table', '1 not visible', 'ask platform team', 'hidden', 3, 1),
    node(assets.model, 'model', 'demand_forecast_daily_champion', 'model · v14 champion', 'doubtful', 4, 0),
    node(assets.endpoint, 'endpoint', 'demand-forecast-recast', 'endpoint serves v14', 'doubtful', 5, 0),
    node(assets.revenue, 'table', 'revenue', 'gold · late 2 h 41', 'failed', 5, 1),
    node(assets.board, 'dashboard', 'trading_overview_every_morning', 'and 5 dashboards', 'stale', 6, 0, 0, 37),
  ],
  edges: [
    edge(assets.events, assets.pos), edge(asset('volume.campaigns'), assets.campaigns), edge(assets.pos, assets.clean, true), edge(assets.pos, assets.daily),
    edge(assets.campaigns, assets.daily), edge(assets.campaigns, assets.calendar), edge(assets.clean, assets.features, true), edge(assets.daily, assets.features, true),
    edge(assets.calendar, assets.hidden), edge(assets.hidden, assets.model), edge(assets.features, assets.model, true), edge(assets.model, assets.endpoint), edge(assets.model, assets.revenue, true),
    edge(assets.endpoint, assets.board), edge(assets.revenue, assets.board, true),
  ],
  total: 1460, completeTo: ago(192), note: null,
}; // prettier-ignore

const fresh = (source: string, label: string, minutes: number | null, state: Status['freshness'][number]['state'] = 'fresh') => ({
  source, label, workspace: null, completeTo: minutes === null ? null : ago(minutes), observedAt: minutes === null ? null : ago(21), state, read: 'always' as const, missing: [], note: null,
}); // prettier-ignore

export const sampleWorkspaces: Status['workspaces'] = [
  { id: 'primary', name: 'Practice lakehouse', kind: 'practice', host: 'localhost:41973', httpPath: '/sql/1.0/warehouses/practice0000000001', primary: true, state: 'offline', since: ago(21), failure: { tag: 'Unreachable', what: 'The workspace does not answer.', safe: 'Everything here is on this disk.', advice: 'Keep working; it connects again by itself.' }, workspaceId: '7001', region: 'practice:local', warehouse: { state: 'starting', since: ago(1), size: '2X-Small', autoStopMins: 10 } },
]; // prettier-ignore

export const sampleResidency: CallOutput<'residency.list'>['rows'] = [
  { region: 'azure:eastus2', allowed: false, contested: false, reason: 'Customer contract 44: facts of this region stay in the United States.', by: ada, at: ago(9000), workspaces: [] },
  { region: 'practice:local', allowed: null, contested: false, reason: null, by: null, at: null, workspaces: ['Practice lakehouse'] },
]; // prettier-ignore

export const sampleBudget: CallOutput<'budget.get'> = {
  day: '2026-11-24', mine: { statements: 812, seconds: 640 }, sum: { statements: 2210, seconds: 1804 }, devices: 3, statements: 5000, minutes: 120, reached: false, by: null, at: null,
}; // prettier-ignore

export const sampleStatus: Status = {
  app: { name: 'Breakwater', version: '0.1.0', contract: 1 }, profile: { name: 'default', folder: '/home/ada/.local/share/breakwater/default' }, now: ago(0), host: 'browser',
  workspace: { name: 'Practice lakehouse', kind: 'practice', host: 'localhost:41973', state: 'offline', since: ago(21), failure: { tag: 'Unreachable', what: 'The workspace does not answer.', safe: 'Everything here is on this disk.', advice: 'Keep working; it connects again by itself.' } },
  workspaces: sampleWorkspaces,
  you: { person: ada.id, name: ada.name, roles: ['commander', 'responder', 'dpo', 'admin'], device: 'k3Jt9vV0dN2cYxq1mA7h5sLw8rTbUeZgPfQoIi4XyRE', keyProtection: 'file', admitted: true, org: null },
  onlyHere: 7, quarantined: 2, unknownEvents: 2,
  shares: [
    { id: 's1', kind: 'delta', place: 'ops.breakwater', state: 'offline', lastSyncAt: ago(21), onlyHere: 7, failure: { tag: 'Unreachable', what: 'The workspace does not answer.', safe: '7 entries wait on this disk.', advice: 'They are sent when it is back.', code: 'ECONNREFUSED' } },
    { id: 's2', kind: 'folder', place: '/srv/share/incidents', state: 'connected', lastSyncAt: ago(2), onlyHere: 0, failure: null },
  ],
  devices: [{ id: 'd1', person: ada.id, name: 'ada-laptop', lastSeen: ago(0), you: true }, { id: 'd2', person: ben.id, name: 'ben-desk', lastSeen: ago(21), you: false }, { id: 'd3', person: cleo.id, name: 'cleo-tablet', lastSeen: ago(35), you: false }],
  freshness: [fresh('system.lakeflow.job_run_timeline', 'runs', 21), fresh('table_history', 'versions', 24), fresh('model_versions', 'models', 44, 'stale'), fresh('system.access.table_lineage', 'lineage', 192, 'stale'), fresh('system.access.audit', 'audit', 55, 'stale'), fresh('drift', 'drift', null, 'denied')],
  inboxCount: 2, joinRequests: 1, notices: [],
}; // prettier-ignore

export const sampleInbox: Inbox = {
  proposals: [
    {
      id: 'pr1', title: 'daily_features failed and store_demand_7d drifted', class: 'data-quality', severity: 'SEV2', startedAt: ago(110), detectedAt: ago(82),
      why: 'store_demand_7d is written by daily_features: one upstream of both, and both began within 8 minutes.', assets: [{ id: assets.daily, name: 'daily_features' }, { id: assets.features, name: 'store_demand_7d' }],
      signals: [
        { id: `sg_${'1'.repeat(32)}`, monitor: 'failed-run', asset: assets.daily, assetName: 'daily_features', title: 'Run 88213 failed', why: 'column discount_pct does not exist; the 14 runs before succeeded', startedAt: ago(110), observedAt: ago(82), verdict: null },
        { id: `sg_${'2'.repeat(32)}`, monitor: 'drift', asset: assets.features, assetName: 'store_demand_7d', title: 'discount_rate drifted', why: 'PSI 0.41 against the last 28 days, threshold 0.25', startedAt: ago(102), observedAt: ago(82), verdict: null },
      ], suppressed: 3, room: null,
    },
    {
      id: 'pr2', title: 'nightly_billing failed twice', class: 'platform', severity: 'SEV4', startedAt: ago(600), detectedAt: ago(590), why: 'Two runs in a row, same task.', assets: [{ id: 'job|ws|9', name: 'nightly_billing' }],
      signals: [{ id: `sg_${'3'.repeat(32)}`, monitor: 'failed-run', asset: 'job|ws|9', assetName: 'nightly_billing', title: 'Run 88101 failed', why: 'cluster did not start', startedAt: ago(600), observedAt: ago(590), verdict: { value: 'reopened', by: 'Ben Lind', at: ago(300) } }], suppressed: 0, room: secondLog,
    },
  ],
  watched: [{ monitor: 'failed-run', what: 'jobs, for failed runs', count: 37, completeTo: ago(21) }, { monitor: 'drift', what: 'columns of feature tables, for drift', count: 214, completeTo: null }],
  declined: 4, freshness: sampleStatus.freshness, detectedAt: ago(3),
}; // prettier-ignore

const row = (log: string, title: string, severity: RoomRow['severity'], more: Partial<RoomRow> = {}): RoomRow => ({
  log,
  title,
  class: 'data-quality',
  severity,
  phase: 'root-cause',
  commander: ada,
  openedAt: ago(73),
  lastEntryAt: ago(9),
  conflicts: 0,
  onlyHere: 0,
  mergedInto: null,
  offline: { state: 'none', done: 0, total: 0, missing: [], since: null },
  ...more,
});
export const sampleRooms: readonly RoomRow[] = [
  row(sampleLog, 'Revenue forecast 38 % low in DACH', 'SEV2', { conflicts: 1, onlyHere: 7 }),
  row(secondLog, 'nightly_billing failed twice', 'SEV4', { class: 'platform', phase: 'triage', commander: null, lastEntryAt: ago(300) }),
]; // prettier-ignore

const device = (
  id: string,
  label: string,
  state: 'attested' | 'asking' | 'revoked',
  fingerprint: string,
  minutes: number,
  you = false,
) => ({ id, label, state, fingerprint, lastSeen: ago(minutes), you });
export const samplePeople: People = {
  org: null,
  people: [
    { person: ada, email: 'ada@example.com', roles: [{ role: 'commander', grant: hashOf(80) }, { role: 'admin', grant: hashOf(81) }], devices: [device('d1', 'ada-laptop', 'attested', 'k3Jt 9vV0 dN2c Yxq1', 0, true)] },
    { person: ben, email: 'ben@example.com', roles: [{ role: 'responder', grant: hashOf(82) }], devices: [device('d2', 'ben-desk', 'attested', '7fQa Zl2m 0pRt C4kd', 21)] },
    { person: cleo, email: null, roles: [], devices: [device('d3', 'cleo-tablet', 'asking', 'Xy9w 3Bn6 Ue1h Ms5v', 35)] },
  ],
}; // prettier-ignore

export const samplePractice: PracticeState = {
  running: true, address: 'localhost:41973', seed: 42, buttons: { disconnected: true, latencyMs: 250, fail: null, loseReply: false, coldStart: false, slowRows: false, cutResult: false, commits: null, missingColumns: false, permissionLost: false, rights: { preset: 'everything', schemasOff: [] }, speed: null }, granted: null, systemSchemas: ['access', 'lakeflow', 'billing', 'compute', 'query', 'serving', 'mlflow'],
}; // prettier-ignore

export const sampleFound: CallOutput<'connection.found'>['found'] = [
  { id: 'environment', source: 'environment', label: 'the environment', host: 'dbc-a1b2c3d4-e5f6.cloud.databricks.com', httpPath: '/sql/1.0/warehouses/0123456789abcdef', hasToken: true, auth: 'pat', unattended: false, otherSignIn: null },
  { id: 'databrickscfg:DEFAULT', source: 'databrickscfg', label: '~/.databrickscfg [DEFAULT]', host: 'adb-1234567890123456.7.azuredatabricks.net', httpPath: null, hasToken: true, auth: 'pat', unattended: false, otherSignIn: null },
  { id: 'databrickscfg:sign-on', source: 'databrickscfg', label: '~/.databrickscfg [sign-on]', host: 'dbc-0f0e0d0c-0b0a.cloud.databricks.com', httpPath: null, hasToken: false, auth: null, unattended: false, otherSignIn: 'azure-cli' },
]; // prettier-ignore

export const sampleSignIns: CallOutput<'connection.login'> = {
  secrets: { protection: 'file', locked: false },
  flow: null,
  connections: [
    {
      id: 'practice',
      name: 'Practice lakehouse',
      host: '127.0.0.1',
      auth: 'pat',
      signedIn: true,
      user: null,
      until: null,
      failure: null,
    },
  ],
};
