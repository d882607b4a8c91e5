import { isJsonObject, type JsonObject } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import { fromInstant, type Instant } from '../../../shared/base/time.ts';
import type { AssetId } from '../../../shared/domain/ids.ts';
import { isNoEndpoint } from '../../databricks/failures.ts';
import type { DatabricksFailure } from '../../databricks/port.ts';
import { factsPage } from '../../store/lake.ts';
import { tableAsset } from '../assets.ts';
import { callsOnly, type CollectContext, type CollectedFact, type Collector } from '../collector.ts';
import { cursorTexts, isDue, withSeen } from '../cursor.ts';
import { endsRound, getOne, idText, instant, isGone, listAll, object, text } from '../rest-read.ts';
import { later } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { settingsFact } from '../state-source.ts';
import { restingUntilDue } from '../throttle.ts';
import { lastName, nextTurn, someOf } from '../turns.ts';
import { shortMessage } from './messages.ts';

const source = 'rest.data-quality.monitors';
const base = '/api/data-quality/v1/monitors';
const catalog = '/api/2.1/unity-catalog';
/** Tables asked per pull; more of them take turns. */
const maxTables = 20;
/** A monitor refreshes by the hour at most: a table is asked again after this. */
const againMs = 30 * 60_000;
const maxKnown = 500;
/** Data that came so long after the last good refresh makes a monitor stale. */
const staleMs = 24 * 3_600_000;

/** There is no such API here, or it is switched off: that says nothing about one table. */
const isNoService = (failure: DatabricksFailure): boolean =>
  isNoEndpoint(failure) || failure.code === 'HTTP 404 FEATURE_DISABLED';

const word = (value: unknown, prefix: string): string | null =>
  text(value)?.replace(prefix, '').toLowerCase().replaceAll('_', ' ') ?? null;

type Refresh = {
  readonly state: string;
  readonly startedAt: Instant | null;
  readonly endedAt: Instant | null;
  readonly message: string | null;
};
const refreshOf = (one: JsonObject): Refresh => ({
  state: word(one['state'], 'MONITOR_REFRESH_STATE_') ?? 'unknown',
  startedAt: instant(one['start_time_ms']),
  endedAt: instant(one['end_time_ms']),
  message: text(one['message']) === null ? null : shortMessage(text(one['message']) ?? ''),
});

/** Newest first: the list promises no order. */
const sorted = (all: readonly Refresh[]): readonly Refresh[] =>
  [...all].sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1));

/** The newest version of a table that the cache knows: what its monitor would have to have seen. */
const newestData = (asset: AssetId, context: CollectContext): Instant | null =>
  factsPage(context.db, {
    assets: [asset], kinds: ['table-version'], from: null, to: null, before: null, limit: 1,
  })[0]?.happened ?? null; // prettier-ignore

const profileFact = (
  full: string,
  config: JsonObject,
  refreshes: readonly Refresh[],
  context: CollectContext,
): { readonly fact: CollectedFact; readonly newest: Instant | null } => {
  const asset = tableAsset(context.metastoreId, full);
  const name = full.split('.').slice(2).join('.');
  const all = sorted(refreshes);
  const [last] = all;
  const good = all.find(({ state }) => state === 'success');
  const goodAt = good?.endedAt ?? good?.startedAt ?? null;
  const failed = all.findIndex(({ state }) => state !== 'failed');
  const data = newestData(asset, context);
  const isStale = data !== null && goodAt !== null && fromInstant(data) - fromInstant(goodAt) > staleMs;
  const schedule = object(config['schedule']);
  const paused = text(schedule['pause_status'])?.endsWith('_PAUSED') === true;
  const status = word(config['status'], 'DATA_PROFILING_STATUS_');
  const state =
    last?.state === 'failed'
      ? 'its last refresh failed'
      : last === undefined
        ? 'it was never refreshed'
        : isStale
          ? 'it is stale, the data is newer by more than a day'
          : `its last refresh: ${last.state}`;
  const kind = ['snapshot', 'time_series', 'inference_log'].find((one) => isJsonObject(config[one])) ?? null;
  const failure = text(config['latest_monitor_failure_message']);
  return {
    newest: latestOf(all),
    fact: settingsFact(
      source,
      asset,
      {
        native: `${full}/monitor`,
        title: `Monitor of ${name}: ${state}`,
        data: {
          what: 'monitor', monitored: full, status, kind: kind?.replaceAll('_', ' ') ?? null, version: idText(config['monitor_version']),
          schedule: text(schedule['quartz_cron_expression']), timeZone: text(schedule['timezone_id']), paused, stale: isStale,
          lastRefresh: last?.state ?? null, lastRefreshAt: last?.startedAt ?? null, lastGoodRefreshAt: goodAt,
          failedInARow: failed === -1 ? all.length : failed, message: last?.state === 'failed' ? last.message : null,
          monitorFailure: failure === null ? null : shortMessage(failure), baseline: text(config['baseline_table_name']),
          profileTable: text(config['profile_metrics_table_name']), driftTable: text(config['drift_metrics_table_name']),
        }, // prettier-ignore
      },
      context,
    ),
  };
};
const latestOf = (all: readonly Refresh[]): Instant | null =>
  all.reduce<Instant | null>((newest, one) => later(newest, one.endedAt), null);

const anomalyFact = (full: string, schema: string, config: JsonObject, context: CollectContext): CollectedFact => {
  const left = Array.isArray(config['excluded_table_full_names']) ? config['excluded_table_full_names'] : [];
  const isLeftOut = left.some((one) => typeof one === 'string' && one.toLowerCase() === full);
  const name = full.split('.').slice(2).join('.');
  return settingsFact(
    source,
    tableAsset(context.metastoreId, full),
    {
      native: `${full}/anomaly-detection`,
      title: `Anomaly detection ${isLeftOut ? 'leaves out' : 'watches'} ${name}`,
      data: { what: 'anomaly-detection', watched: !isLeftOut, bySchema: schema },
    },
    context,
  );
};

const ownTables = (context: CollectContext): readonly string[] =>
  scoped(context, 'table').filter((full) => !full.startsWith('system.'));
const dueTables = (context: CollectContext): readonly string[] => {
  const known = cursorTexts(context.cursor);
  const now = context.clock.now();
  return ownTables(context).filter((full) => isDue(known[full], now, againMs));
};

/** An answer, null where there is none of this thing (or none for this user), or the failure that ends the round. */
const maybe = async (context: CollectContext, path: string): Promise<Result<JsonObject | null, DatabricksFailure>> => {
  const found = await getOne(context, path);
  if (found.ok) return found;
  const { error } = found;
  return endsRound(error) || isNoService(error) || !(isGone(error) || error.tag === 'Forbidden') ? found : ok(null);
};

type Schemas = Map<string, JsonObject | null>;
/** What anomaly detection says of a schema; null = it does not watch it. Asked once for all of its tables. */
const readSchema = async (
  context: CollectContext,
  schema: string,
  known: Schemas,
): Promise<Result<JsonObject | null, DatabricksFailure>> => {
  const before = known.get(schema);
  if (before !== undefined) return ok(before);
  const of = await maybe(context, `${catalog}/schemas/${encodeURIComponent(schema)}`);
  if (!of.ok) return of;
  const id = text(of.value?.['schema_id']);
  const watching = id === null ? ok(null) : await maybe(context, `${base}/schema/${encodeURIComponent(id)}`);
  if (!watching.ok) return watching;
  const detection = watching.value?.['anomaly_detection_config'];
  known.set(schema, isJsonObject(detection) ? detection : null);
  return ok(isJsonObject(detection) ? detection : null);
};

type OfTable = { readonly facts: readonly CollectedFact[]; readonly newest: Instant | null; readonly how: string };
/** What watches one table. An error is that no answer came, or that there is no such API. */
const readTable = async (
  context: CollectContext,
  full: string,
  schemas: Schemas,
): Promise<Result<OfTable, DatabricksFailure>> => {
  const table = await maybe(context, `${catalog}/tables/${encodeURIComponent(full)}`);
  if (!table.ok) return table;
  const id = text(table.value?.['table_id']);
  if (id === null) return ok({ facts: [], newest: null, how: 'hidden' });
  const monitor = await maybe(context, `${base}/table/${encodeURIComponent(id)}`);
  if (!monitor.ok) return monitor;
  const config = monitor.value?.['data_profiling_config'];
  const facts: CollectedFact[] = [];
  let [newest, how]: [Instant | null, string] = [null, 'without'];
  if (isJsonObject(config)) {
    const path = `${base}/table/${encodeURIComponent(id)}/refreshes`;
    const refreshes = await listAll(context, path, 'refreshes', { page_size: '100' });
    if (!refreshes.ok && (endsRound(refreshes.error) || isNoService(refreshes.error))) return refreshes;
    const read = profileFact(full, config, (refreshes.ok ? refreshes.value.all : []).map(refreshOf), context);
    facts.push(read.fact);
    newest = read.newest;
    how = refreshes.ok && !refreshes.value.whole ? 'read short' : 'read';
  }
  const schema = full.split('.').slice(0, 2).join('.');
  const detection = await readSchema(context, schema, schemas);
  if (!detection.ok) return detection;
  if (detection.value !== null) facts.push(anomalyFact(full, schema, detection.value, context));
  return ok({ facts, newest, how });
};

/**
 * Monitors of the tables in scope: how they are set up, how their last refreshes went, and whether anomaly detection watches the
 * schema (docs: data-quality/v1; ids by the Tables and Schemas resources, since monitors are asked for by id). Public Preview.
 */
export const qualityMonitorsCollector: Collector = {
  source,
  label: 'Data quality monitors',
  table: null,
  meta: {
    when: 'room',
    features: ['whether the monitor of a table is stale or fails'],
    needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the tables in scope' }],
    probe: { method: 'GET', path: `${base}/table/00000000-0000-0000-0000-000000000000`, ofNothing: true },
    preview: 'Public Preview',
    otherwise: 'Results of monitors are still read from their tables.',
    latenessMs: 0,
    retentionDays: null,
    restsMs: againMs,
  },
  estimate: (context) => {
    const asked = dueTables(context);
    const schemas = new Set(asked.map((full) => full.split('.').slice(0, 2).join('.')));
    // Each table and schema is there; whether it has a monitor is known only when it is asked.
    return Promise.resolve(ok(callsOnly((asked.length + schemas.size) * 2)));
  },
  collect: async (context) => {
    const due = dueTables(context);
    const known = cursorTexts(context.cursor);
    const asked = ownTables(context).flatMap((full) => known[full] ?? []);
    const rested = due.length > 0 ? null : restingUntilDue(context, source, asked, againMs);
    if (rested !== null) return ok(rested);
    const facts: CollectedFact[] = [];
    const seen: Record<string, string> = {};
    const schemas: Schemas = new Map();
    let completeTo = context.completeTo;
    const how = new Map<string, string>();
    const turn = nextTurn(context, due, { key: (full) => full, limit: maxTables, plural: 'tables' });
    for (const full of turn.each) {
      const read = await readTable(context, full, schemas);
      if (turn.lost(full, read)) continue;
      // The API as a whole, not this table.
      if (!read.ok) return read;
      facts.push(...read.value.facts);
      completeTo = later(completeTo, read.value.newest);
      how.set(full, read.value.how);
      if (read.value.how !== 'hidden') seen[full] = context.observedAt;
    }
    const { went, left, step, whole } = turn.ended(how, { cursor: withSeen(context.cursor, seen, maxKnown) });
    const [without, hidden, short] = [went('without').length, went('hidden').length, went('short').map(lastName)];
    const notes = [
      ...(without === 0 ? [] : [`${without} tables have no monitor of their own, or none that this user may see.`]),
      ...(hidden === 0 ? [] : [`Not complete: ${hidden} tables are not visible by REST.`]),
      ...(short.length === 0 ? [] : [`Not complete: more refreshes than one look goes through: ${someOf(short)}.`]),
      ...(left === null ? [] : [left]),
    ];
    return ok({
      facts,
      ...step,
      partly: hidden > 0 || short.length > 0,
      completeTo: whole ? completeTo : context.completeTo,
      missingColumns: [],
      note: notes.length === 0 ? null : notes.join(' '),
    });
  },
};
