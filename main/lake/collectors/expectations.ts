import { err, ok, type Result } from '../../../shared/base/result.ts';
import { toInstant, type Instant } from '../../../shared/base/time.ts';
import type { DatabricksFailure, RowPage, Statement, TextRow } from '../../databricks/port.ts';
import type { TableColumns } from '../../databricks/probe-columns.ts';
import { dbx, statementKind, type Piece } from '../../databricks/statements.ts';
import { tableAsset, workspaceAsset } from '../assets.ts';
import { boundTo } from '../bound.ts';
import type { CollectContext, Collector, Estimate } from '../collector.ts';
import { cursorObject } from '../cursor.ts';
import { makeFact } from '../make-fact.ts';
import { maskedKeys, maskedName, maskedWords } from '../masked-keys.ts';
import type { LakeFact } from '../port.ts';
import { askedAgain, columnsOf, cutOff, lacksColumns, tooManyAtOnce, type Parameters } from '../pull.ts';
import { countOf, instantOf, later, latest, minus, textOf, timestampParameter } from '../rows.ts';
import { among, scoped } from '../scope-filter.ts';
import { isCutOff, total } from '../select.ts';
import { resting, restsUntil } from '../throttle.ts';
import { lookBackOf, startOf } from '../window.ts';

const kind = statementKind(
  'lake.expectations',
  'read',
  'how many records passed and failed the expectations of pipelines',
);
const countKind = statementKind('lake.expectations.count', 'read', 'how many results of expectations there are');
export const expectationsSource = 'system.lakeflow_pipeline_events_preview.pipeline_events';
const table = { catalog: 'system', schema: 'lakeflow_pipeline_events_preview', table: 'pipeline_events' };
const everyMs = 15 * 60_000;
/** An update that was under way at the start of the window is summed in full. */
export const longestUpdateMs = 86_400_000;
/** Not documented. */
const latenessMs = null;
const rowLimit = 20_000;

/** Where the background stands: when it was read in full, and up to which result. */
type Place = { readonly read: string | null; readonly at: Instant | null };
const placeOf = (cursor: string | null): Place => {
  const { read, at } = cursorObject(cursor);
  return { read: typeof read === 'string' ? read : null, at: typeof at === 'string' ? at : null };
};

/**
 * One result per update, dataset and expectation; an update reports in several events, which add up. A pack asks for the
 * pipelines in scope; the background for what failed anywhere in this workspace, and in scope for what passed, too. What failed
 * once stays in the answer however the sums grow, so that a fact ends with the sums of the whole update.
 */
const sums = (context: CollectContext, has: TableColumns['has']) => {
  const of = among('pipeline_id', dbx`pipeline_id`, 'pipelines', scoped(context, 'pipeline'));
  const until = context.until === null ? dbx`` : dbx` AND event_time < :until`;
  const { at, read } = placeOf(context.cursor);
  // Resting is no reading: late rows are looked for since it was read.
  const lookBackMs = lookBackOf({ latenessMs }, context.lane, read, context.clock.now());
  const since = startOf({ ...context, cursor: at, lookBackMs });
  const isOurs = has('workspace_id');
  // The table is one of a region: without the workspace only pipelines that are known to be of this one are asked about.
  const inScope = context.lane === 'pack' || !isOurs ? dbx` AND ${of.where.piece}` : dbx``;
  const inWorkspace = isOurs ? dbx` AND workspace_id = :workspace` : dbx``;
  const wanted = context.lane === 'pack' ? dbx`` : dbx` AND (sum(x.failed_records) > 0 OR ${of.where.piece})`;
  // No other event has expectations in this place.
  const ofFlows = has('event_type') ? dbx` AND event_type = 'flow_progress'` : dbx``;
  return {
    text: dbx`SELECT pipeline_id AS pipeline, update_id AS id, x.dataset AS dataset, x.name AS name,
        CAST(sum(x.passed_records) AS STRING) AS passed, CAST(sum(x.failed_records) AS STRING) AS failed,
        CAST(unix_micros(max(event_time)) AS STRING) AS newest, ${total}
      FROM (SELECT pipeline_id, update_id, event_time, explode(try_variant_get(details,
          '$.flow_progress.data_quality.expectations',
          'array<struct<name:string,dataset:string,passed_records:bigint,failed_records:bigint>>')) AS x
        FROM ${table}
        WHERE event_time >= :since${until}${ofFlows}${inWorkspace}${inScope}) AS events
      GROUP BY pipeline_id, update_id, x.dataset, x.name HAVING max(event_time) >= :seen${wanted}`,
    parameters: {
      since: timestampParameter(minus(since, longestUpdateMs)),
      seen: timestampParameter(since),
      ...(context.until === null ? {} : { until: timestampParameter(context.until) }),
      ...(isOurs ? { workspace: context.workspaceId } : {}),
      ...of.parameters,
    },
  };
};

/** What of the table is used, but for what a result is about and when it was; what is lost without it follows "Without x,". */
const lost: Readonly<Record<string, string>> = {
  workspace_id: 'only pipelines around open rooms are asked about',
  event_type: 'all events of pipelines are looked through',
  details: 'nothing tells how expectations went',
};

type Asked = {
  readonly text: Piece;
  readonly parameters: Parameters;
  readonly missing: readonly string[];
  readonly notes: readonly string[];
};
/** What can be asked of the table as it is; `text` is null where it cannot say anything. */
const asked = async (
  context: CollectContext,
): Promise<Result<Omit<Asked, 'text'> & { readonly text: Piece | null }, DatabricksFailure>> => {
  const columns = await columnsOf(context, table);
  if (!columns.ok) return columns;
  const { has } = columns.value;
  const gone = ['pipeline_id', 'update_id', 'event_time'].filter((name) => !has(name));
  if (gone.length > 0) return err(lacksColumns(table, gone));
  const missing = Object.keys(lost).filter((name) => !has(name));
  const notes = missing.map((name) => `Without ${name}, ${lost[name] ?? ''}.`);
  const { text, parameters } = sums(context, has);
  return ok({ text: has('details') ? text : null, parameters, missing, notes });
};

type Answered = { readonly page: RowPage | null; readonly asked: Omit<Asked, 'text'> };
/** A statement about the table; `page` is null where it cannot say anything. */
const query = (
  context: CollectContext,
  statement: (asked: Asked) => Statement,
): Promise<Result<Answered, DatabricksFailure>> =>
  askedAgain<Answered>(context, table, async () => {
    const made = await asked(context);
    if (!made.ok) return made;
    const { text } = made.value;
    if (text === null) return ok({ page: null, asked: made.value });
    const found = await context.workspace.warehouse.query(statement({ ...made.value, text }), context.options);
    return found.ok ? ok({ page: found.value, asked: made.value }) : found;
  });

/** A summed result as a fact; `from` is the source that told it. */
export const expectationFact = (row: TextRow, context: CollectContext, from: string): LakeFact | null => {
  const [pipeline, update, dataset, name] = ['pipeline', 'id', 'dataset', 'name'].map((one) => textOf(row, one));
  const at = instantOf(row, 'newest');
  const [passed, failed] = [countOf(row, 'passed'), countOf(row, 'failed')];
  if (!pipeline || !update || !dataset || !name || at === null || passed === null || failed === null) return null;
  const asset = workspaceAsset('pipeline', context.workspaceId, pipeline);
  const all = Number(passed) + Number(failed);
  const share = all > 0 ? Number(failed) / all : 0;
  const short = dataset.split('.').at(-1) ?? dataset;
  const percent = share === 0 ? '0' : share < 0.0001 ? 'less than 0.01' : (share * 100).toFixed(2);
  return makeFact(context, {
    source: from,
    kind: 'expectation',
    scope: context.workspaceId,
    native: `${update}/${dataset.toLowerCase()}/${name}`,
    at,
    assets: [asset, ...(dataset.split('.').length === 3 ? [tableAsset(context.metastoreId, dataset)] : [])],
    title:
      failed === 0
        ? `Expectation ${name} on ${short} passed: ${passed} records`
        : `Expectation ${name} on ${short} failed for ${failed} of ${all} records (${percent} %)`,
    data: {
      expectation: name, dataset, pipeline, update,
      passedRecords: passed, failedRecords: failed, failedShare: share,
    }, // prettier-ignore
  });
};

/**
 * Results of expectations per update and dataset (facts 1.3; the table of all pipelines' events is Beta). `expect_or_fail` logs
 * no numbers, so its absence says nothing. Of the events only names and counts are asked for, summed on the warehouse: one
 * statement per quarter of an hour, over a day behind the cursor.
 */
export const expectationsCollector: Collector = boundTo(
  {
    source: expectationsSource,
    label: 'Expectations of pipelines',
    table,
    meta: {
      when: 'watch',
      features: ['records that failed an expectation', 'failed expectations as signals'],
      needs: [{ kind: 'select', table }],
      preview: 'Beta',
      otherwise: 'The event logs of pipelines that you own are still read, one by one, around a room.',
      latenessMs,
      retentionDays: 395,
      restsMs: everyMs,
    },
    collect: async (context) => {
      const until = restsUntil(context, everyMs);
      if (until !== null) return ok(resting(context, expectationsSource, until));
      const before = placeOf(context.cursor);
      const answer = await query(context, ({ text, parameters }) =>
        kind(dbx`${text} ORDER BY newest LIMIT ${rowLimit}`, parameters),
      );
      if (!answer.ok) return answer;
      const { page, asked: how } = answer.value;
      if (page === null)
        return ok({
          cursor: context.cursor,
          completeTo: context.completeTo,
          missingColumns: how.missing,
          note: how.notes.join(' '),
          partly: true,
        });
      const reads = page.rows.map((row) => expectationFact(row, context, expectationsSource));
      const facts = reads.flatMap((fact) => (fact === null ? [] : [{ fact }]));
      const unreadable = reads.filter((fact) => fact === null).length;
      const short = isCutOff(page, rowLimit);
      const keys = { table, always: ['pipeline_id', 'update_id', 'event_time'], asked: ['workspace_id'] };
      const masked = page.rows.length > 0 || short ? [] : await maskedKeys(context, keys, how.missing);
      const newest = latest([before.at, ...facts.map(({ fact }) => fact.happenedAt)]);
      const full = page.rows.length >= rowLimit;
      const stuck = full && newest === before.at;
      const whole = !short && !(full && !stuck) && unreadable === 0 && masked.length === 0;
      const place: Place = { read: whole ? toInstant(context.clock.now()) : null, at: short ? before.at : newest };
      const notes = [
        ...(unreadable > 0 ? [`${unreadable} results could not be read.`] : []),
        ...(stuck ? [tooManyAtOnce] : []),
        ...(masked.length === 0 ? [] : [maskedWords(masked)]),
        ...how.notes,
      ];
      return ok({
        facts,
        cursor: JSON.stringify(place),
        completeTo: short ? context.completeTo : later(context.completeTo, newest),
        missingColumns: [...how.missing, ...masked.map(maskedName)],
        partly: masked.length > 0,
        note: notes.length === 0 ? null : notes.join(' '),
        more: full && !stuck && !short,
        ...(short ? { failure: cutOff(table) } : {}),
      });
    },
    estimate: async (context): Promise<Result<Estimate, DatabricksFailure>> => {
      const found = await query(context, ({ text, parameters }) =>
        countKind(dbx`SELECT CAST(count(*) AS STRING) AS n FROM (${text}) AS counted`, parameters),
      );
      const rows = found.ok ? Number(found.value.page?.rows[0]?.['n'] ?? 0) : 0;
      return found.ok ? ok({ rows: Number.isFinite(rows) ? rows : 0, statements: 1, counted: true }) : found;
    },
  },
  // The background reads a pipeline from the beginning of the window as soon as it comes into a room: what passed counts there.
  (context) => (context.lane === 'pack' ? scoped(context, 'pipeline') : ['*', ...scoped(context, 'pipeline')]),
);
