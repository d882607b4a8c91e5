import type { JsonValue } from '../../../shared/base/json.ts';
import { ok, type Result } from '../../../shared/base/result.ts';
import { fromInstant, toInstant, type Instant } from '../../../shared/base/time.ts';
import { checkColumnName, fullName, type TableName } from '../../databricks/identifiers.ts';
import type { DatabricksFailure, TextRow } from '../../databricks/port.ts';
import { column, dbx, statementKind } from '../../databricks/statements.ts';
import { tableAsset, tableOfAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import type { CollectContext, CollectedFact, Collector } from '../collector.ts';
import { joined, labelsCompleteTo } from '../labels-complete.ts';
import { makeFact } from '../make-fact.ts';
import type { LakeFact } from '../port.ts';
import { pull, type Pull } from '../pull.ts';
import { earlier, instantOf, later, newestOf, numberOf, textOf, timestampParameter } from '../rows.ts';
import { scoped } from '../scope-filter.ts';
import { asShort, computed } from '../select.ts';
import { nowhere, object } from '../rest-read.ts';
import { lastName, nextTurn, someOf } from '../turns.ts';
import { said } from '../values.ts';

const kind = statementKind('lake.inference', 'read', 'counts and means of predictions and labels, by time and segment');
const source = 'inference_aggregates';
/** Tables asked per pull, nearest first; more of them take turns. */
const maxTables = 30;
/** Segments of one table: each is a statement. */
const maxSegments = 8;
/** A mean over fewer rows says too much about single ones: it is left out. */
const fewest = 5;
const hour = 3_600_000;
const day = 24 * hour;

type Watched = {
  readonly table: TableName;
  readonly time: string;
  readonly prediction: string | null;
  readonly label: string | null;
  readonly model: string | null;
  readonly segments: readonly string[];
  /** Segments beyond the limit, and those that are cut by an expression. */
  readonly leftOut: { readonly many: number; readonly expressions: number };
};

/** A name of a column, whatever it is made of: it is sent as a delimited identifier. */
const columnName = (value: JsonValue | undefined): string | null =>
  typeof value === 'string' && checkColumnName(value) === null ? value : null;
/** Only plain names of columns: a slice may be any SQL expression, and those are not sent on. */
const plain = (value: JsonValue | undefined): string | null => {
  const name = columnName(value);
  return name !== null && /^\w+$/.test(name) ? name : null;
};

const list = (value: JsonValue | undefined): readonly JsonValue[] =>
  Array.isArray(value) ? value.map((one: JsonValue) => one) : [];

/** What the monitor of a table says about it (REST `…/tables/{name}/monitor`, `inference_log`); null = no request log. */
const watchedBy = (table: TableName, body: unknown): Watched | null => {
  const log = object(object(body)['inference_log']);
  const time = columnName(log['timestamp_col']);
  if (time === null) return null;
  const slices = list(object(body)['slicing_exprs']);
  const segments = slices.flatMap((one) => plain(one) ?? []);
  return {
    table,
    time,
    prediction: columnName(log['prediction_col']),
    label: columnName(log['label_col']),
    model: columnName(log['model_id_col']),
    segments: segments.slice(0, maxSegments),
    leftOut: { many: Math.max(0, segments.length - maxSegments), expressions: slices.length - segments.length },
  };
};

/** Whole table by hour, a segment by day: no row leaves the warehouse. */
const sumsOf = (watched: Watched, segment: string | null, context: CollectContext): Pull => {
  const time = column(watched.time);
  const bucket = segment === null ? dbx`date_trunc('HOUR', ${time})` : dbx`date_trunc('DAY', ${time})`;
  const keys = [
    computed(watched.time, 'bucket', dbx`unix_micros(${bucket})`),
    ...(watched.model === null ? [] : [asShort(watched.model, 100, { as: 'model' })]),
    ...(segment === null ? [] : [asShort(segment, 100, { as: 'segment' })]),
  ];
  const mean = (name: string, as: string) =>
    computed(name, as, dbx`avg(try_cast(CAST(${column(name)} AS STRING) AS DOUBLE))`);
  const present = (name: string, as: string) => computed(name, as, dbx`count(${column(name)})`);
  const { prediction, label } = watched;
  return {
    kind,
    table: watched.table,
    wants: [
      ...keys.map((one) => (one.as === 'bucket' ? { ...one, required: true } : one)),
      computed(watched.time, 'n', dbx`count(*)`),
      computed(watched.time, 'newest', dbx`unix_micros(max(${time}))`),
      ...(prediction === null ? [] : [present(prediction, 'predictions'), mean(prediction, 'mean_prediction')]),
      ...(label === null ? [] : [present(label, 'labels'), mean(label, 'mean_label')]),
    ],
    where: [
      { needs: watched.time, piece: dbx`${time} >= :since` },
      ...(context.until === null ? [] : [{ needs: watched.time, piece: dbx`${time} < :until` }]),
    ],
    parameters: {
      since: timestampParameter(context.horizon),
      ...(context.until === null ? {} : { until: timestampParameter(context.until) }),
    },
    order: 'bucket',
    groupBy: keys.map(({ as }) => as),
  };
};

const shown = (value: number): string => String(Number(value.toPrecision(4)));

const inferenceFact = (
  row: TextRow,
  watched: Watched,
  segment: string | null,
  context: CollectContext,
): LakeFact | null => {
  const [start, newest, n] = [instantOf(row, 'bucket'), instantOf(row, 'newest'), numberOf(row, 'n')];
  if (start === null || newest === null || n === null) return null;
  const end = toInstant(fromInstant(start) + (segment === null ? hour : day));
  const full = fullName(watched.table);
  const [model, value] = [textOf(row, 'model'), segment === null ? null : textOf(row, 'segment')];
  const enough = n >= fewest;
  const mean = enough ? numberOf(row, 'mean_prediction') : null;
  const labels = numberOf(row, 'labels');
  const where = segment === null ? '' : ` where ${segment} is ${value ?? 'empty'}`;
  const when = segment === null ? start.slice(0, 16).replace('T', ' ') : start.slice(0, 10);
  return makeFact(context, {
    source,
    kind: 'inference',
    scope: context.metastoreId,
    native: [full.toLowerCase(), segment ?? '', value ?? '', model ?? '', start].join('/'),
    at: earlier(end, newest) ?? end,
    assets: [tableAsset(context.metastoreId, full)],
    title: `${watched.table.table}${where}, ${when}: ${n} requests${mean === null ? '' : `, mean prediction ${shown(mean)}`}${labels === null || n === 0 ? '' : `, ${Math.round((labels / n) * 100)} % labelled`}`,
    data: {
      table: full.toLowerCase(), windowStart: start, windowEnd: end, segment, segmentValue: value, model, requests: n,
      predictions: numberOf(row, 'predictions'), meanPrediction: mean, labels, labelShare: labels === null || n === 0 ? null : labels / n,
      meanLabel: enough ? numberOf(row, 'mean_label') : null,
    }, // prettier-ignore
  });
};

type Read = {
  readonly facts: readonly CollectedFact[];
  readonly newest: Instant | null;
  /** Up to when labels are complete; null = there are none, or not even at the beginning of the window (`some`). */
  readonly labelled: { readonly to: Instant | null; readonly some: boolean };
  readonly missing: readonly string[];
  readonly short: DatabricksFailure | null;
  /** More groups than a pull can hold: the newest are not here. */
  readonly full: boolean;
};
/** From the hours of the whole table, whatever version of the model answered (labels-complete.ts has the rule). */
const labelledTo = (hours: readonly LakeFact[], { clock }: CollectContext): Read['labelled'] => {
  const stretches = hours.map(({ data }) => ({
    start: said(data['windowStart']),
    end: said(data['windowEnd']),
    asked: Number(data['predictions'] ?? data['requests']),
    labels: Number(data['labels']),
  }));
  return {
    to: labelsCompleteTo(joined(stretches), toInstant(clock.now())),
    some: stretches.some(({ labels }) => labels > 0),
  };
};

const readTable = async (watched: Watched, context: CollectContext): Promise<Result<Read, DatabricksFailure>> => {
  const facts: CollectedFact[] = [];
  const missing: string[] = [];
  let newest: Instant | null = null;
  let labelled: Read['labelled'] = { to: null, some: false };
  let short: DatabricksFailure | null = null;
  let full = false;
  for (const segment of [null, ...watched.segments]) {
    const found = await pull(context, sumsOf(watched, segment, context));
    if (!found.ok) return found;
    const read = found.value.rows.map((row) => inferenceFact(row, watched, segment, context));
    facts.push(
      ...read.flatMap((fact) =>
        fact === null || (segment !== null && Number(fact.data['requests']) < fewest) ? [] : [{ fact }],
      ),
    );
    missing.push(...found.value.missingColumns);
    newest = later(newest, newestOf(found.value.rows, 'newest'));
    if (segment === null)
      labelled = labelledTo(
        read.flatMap((fact) => fact ?? []),
        context,
      );
    short = found.value.cutOff ?? short;
    full ||= found.value.full;
  }
  const told = facts.map(({ fact }) => ({
    fact: { ...fact, data: { ...fact.data, labelsCompleteTo: labelled.to } },
  }));
  return ok({ facts: told, newest, labelled, missing, short, full });
};

/** How a table went, in words that outlast the pull: what is left out of it, and up to when its labels are complete. */
const wordsOf = ({ label, leftOut }: Watched, { labelled, full, short }: Read): string =>
  [
    'read',
    ...(leftOut.many > 0 ? ['many'] : []),
    ...(leftOut.expressions > 0 ? ['expressions'] : []),
    ...(full ? ['full'] : []),
    ...(label === null || short !== null ? [] : [`labels:${labelled.to ?? (labelled.some ? 'gap' : 'none')}`]),
  ].join(' ');

const labelWords = (to: string): string => {
  if (to === 'none') return 'no labels yet';
  return to === 'gap' ? 'labels are not complete at any time of this window' : `labels complete up to ${to}`;
};

const notesOf = (how: ReadonlyMap<string, string>): readonly string[] => {
  const went = (word: string): readonly string[] =>
    [...how].flatMap(([table, words]) => (words.split(' ').includes(word) ? [lastName(table)] : []));
  const told = (word: string, say: (tables: string, count: number) => string): readonly string[] =>
    went(word).length === 0 ? [] : [say(someOf(went(word)), went(word).length)];
  return [
    ...told('refused', (tables) => `Not readable: ${tables}.`),
    ...told('hidden', (_, count) => `Not complete: the monitors of ${count} tables may not be seen by this user.`),
    ...[...how].flatMap(([table, words]) => {
      const to = /(?:^| )labels:(\S*)/.exec(words)?.[1];
      return to === undefined ? [] : [`${lastName(table)}: ${labelWords(to)}.`];
    }),
    ...told('many', (tables) => `Only the first ${maxSegments} segments are read of ${tables}.`),
    ...told('expressions', (tables) => `Segments that are cut by an expression are not read: ${tables}.`),
    ...told('full', (tables) => `Not complete: more groups than one answer holds in ${tables}.`),
  ];
};

/**
 * Aggregates over request logs of models (inference tables) in scope: requests, presence and means of prediction and label, by hour
 * and by the segments that the table's own monitor slices by. Worked out on the warehouse; no row is read, groups of fewer than
 * five have no means. Which columns these are is said by the monitor and nowhere else (SDK catalog `MonitorInferenceLog`).
 */
export const inferenceCollector: Collector = boundTo(
  {
    source,
    label: 'Predictions and labels by segment',
    table: null,
    meta: {
      when: 'pack',
      features: ['predictions and labels by time and segment'],
      needs: [{ kind: 'privilege', privilege: 'SELECT', on: 'the inference tables in scope, and their monitors' }],
      probe: { method: 'GET', path: `/api/2.1/unity-catalog/tables/${nowhere}/monitor`, ofNothing: true },
      preview: null,
      latenessMs: null,
      retentionDays: null,
    },
    // Each table is asked whether it has a monitor; what those with one bring is known only then.
    estimate: (context) => {
      const calls = scoped(context, 'table', 'view', 'feature-table').length;
      return Promise.resolve(ok({ rows: 0, statements: 0, calls, counted: false }));
    },
    collect: async (context) => {
      const facts: CollectedFact[] = [];
      const missing = new Set<string>();
      let completeTo: Instant | null = null;
      let failure: DatabricksFailure | undefined;
      const tables = [...context.scope.keys()].flatMap((asset) => tableOfAsset(asset) ?? []);
      const how = new Map<string, string>();
      const turn = nextTurn(context, tables, { key: fullName, limit: maxTables, plural: 'tables' });
      for (const table of turn.each) {
        const full = fullName(table);
        const monitor = await context.workspace.rest.call(
          { method: 'GET', path: `/api/2.1/unity-catalog/tables/${encodeURIComponent(full)}/monitor` },
          context.options,
        );
        // Most tables have no monitor (404); one that may not be seen is as good as none.
        if (turn.lost(table, monitor)) continue;
        const watched = monitor.ok ? watchedBy(table, monitor.value) : null;
        how.set(full, monitor.ok || monitor.error.tag !== 'Forbidden' ? 'none' : 'hidden');
        if (watched === null) continue;
        const found = await readTable(watched, context);
        if (turn.lost(table, found, 'warehouse')) continue;
        if (!found.ok) {
          how.set(full, 'refused');
          failure = found.error;
          continue;
        }
        const read = found.value;
        facts.push(...read.facts);
        for (const one of read.missing) missing.add(one);
        completeTo = later(completeTo, read.newest);
        failure = read.short ?? failure;
        how.set(full, wordsOf(watched, read));
      }
      const { how: all, went, left, step, whole } = turn.ended(how, { cursor: null, failure });
      const notes = [...notesOf(all), ...(left === null ? [] : [left])];
      return ok({
        facts,
        ...step,
        completeTo: whole && failure === undefined ? later(completeTo, context.completeTo) : context.completeTo,
        missingColumns: [...missing],
        note: notes.length === 0 ? null : notes.join(' '),
        partly: ['hidden', 'many', 'expressions', 'full'].some((word) => went(word).length > 0),
      });
    },
  },
  (context) => scoped(context, 'table', 'view', 'feature-table'),
);
