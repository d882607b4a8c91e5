import { createHash } from 'node:crypto';
import { failure, type Failure } from '../../shared/base/failure.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { RandomBytes } from '../../shared/base/time.ts';
import { isLogId, type LogId } from '../../shared/domain/ids.ts';
import type { DatabricksFailure, RowPage, Statement, Warehouse } from '../databricks/port.ts';
import { shareFailureOf, isMissingColumn, isMissingTable, isMissingVersion } from './delta-failures.ts';
import {
  compareRows, eventColumnsThere, isEvent, parseCursor, printBatch, readCommits, readHeadRows, readRow, undisturbed, writeCursor,
  type Commit, type DeltaCursor, type ReadRow,
} from './delta-rows.ts'; // prettier-ignore
import {
  makeSchema, makeTables, placeOf, printShareSql, shareSql, type ShareSql, pullByChanges, pullByVersion, pullWhole, pushBatch, readDetail,
  readHeads, readHistory, readMeta, readRange, setMeta, type Place,
} from './delta-sql.ts'; // prettier-ignore
import type { CallOptions, PlaceProblem, PullPage, SharedEvent, ShareFailure, Transport } from './port.ts';

/** A page ends after so many rows or bytes of text; the order of rows is total, so any row can be the last. */
const pageRows = 2_000;
const pageBytes = 16 * 1024 * 1024;
/** Commits looked at first; a reader that was away longer asks for more. */
const fewCommits = 50;
const manyCommits = 20_000;

type Known = {
  readonly table: string;
  readonly backend: string;
  readonly commits: readonly Commit[];
  readonly all: boolean;
};
type Answer<T> = Promise<Result<T, ShareFailure>>;

const badPlace = (text: string): ShareFailure =>
  failure(
    'ShareNotSetUp',
    `"${text}" is not a place for shared tables.`,
    'Nothing was sent.',
    'Name a catalog and a schema, like main.war_room, without quotes.',
  );
const notSetUp = (text: string): ShareFailure =>
  failure(
    'ShareNotSetUp',
    `${text} is not set up for sharing.`,
    'Nothing was created there; everything you write is saved on this device.',
    'Run `breakwater share init` once, or give an administrator the SQL that `--print-sql` prints.',
  );
const unreadable = (what: string): ShareFailure =>
  failure(
    'ShareBroken',
    `The shared tables answered something that cannot be read: ${what}.`,
    'Nothing of it was stored; the last state stays as it was.',
    'Ask the owner of the share whether somebody changed its tables.',
  );

/** Delta transport (event-format section 6; facts/sync.md 2.4–2.6). `text` is `catalog.schema`; `rows` bounds a page. */
export const createDeltaTransport = (
  text: string,
  warehouse: Warehouse,
  random: RandomBytes,
  rowsPerPage = pageRows,
): Transport => {
  const place = placeOf(text);
  let known: Known | null = null;
  // Learnt from the server: without row tracking the column is not there, and the change feed is read instead.
  let rowVersions = true;

  const ask = (statement: Statement, options: CallOptions = {}): Promise<Result<RowPage, DatabricksFailure>> =>
    warehouse.query(statement, options);

  const meta = async (at: Place, options?: CallOptions): Answer<{ backendId: string; org: LogId } | null> => {
    const page = await ask(readMeta(at), options);
    if (!page.ok) return isMissingTable(page.error) ? ok(null) : err(shareFailureOf(page.error));
    const first = (key: string): string | undefined =>
      page.value.rows.find((row) => row['key'] === key)?.['value'] ?? undefined;
    const [backendId, org] = [first('backend_id'), first('org')];
    if (backendId === undefined) return ok(null);
    return isLogId(org) && org.startsWith('org:')
      ? ok({ backendId, org })
      : err(unreadable('no organisation is named'));
  };

  const commitsOf = async (at: Place, limit: number, options?: CallOptions): Answer<readonly Commit[]> => {
    const page = await ask(readHistory(at, limit), options);
    if (!page.ok) return err(shareFailureOf(page.error));
    const commits = readCommits(page.value);
    return commits && commits.length > 0 ? ok(commits) : err(unreadable('the history has no versions'));
  };

  const look = async (at: Place, backend: string, options?: CallOptions): Answer<Known> => {
    const detail = await ask(readDetail(at), options);
    if (!detail.ok) return err(isMissingTable(detail.error) ? notSetUp(text) : shareFailureOf(detail.error));
    const table = detail.value.rows[0]?.['id'];
    if (!table) return err(unreadable('the table has no id'));
    const commits = await commitsOf(at, fewCommits, options);
    if (!commits.ok) return commits;
    if (known?.table !== table) rowVersions = true;
    known = { table, backend, commits: commits.value, all: commits.value.length < fewCommits };
    return ok(known);
  };

  const probe: Transport['probe'] = async (options) => {
    if (!place) return err(badPlace(text));
    const found = await meta(place, options);
    if (!found.ok) return found;
    if (!found.value) return err(notSetUp(text));
    const table = await look(place, found.value.backendId, options);
    return table.ok ? ok({ ...found.value, incarnation: table.value.table }) : table;
  };

  /** What is known of the table, asked again after own pushes and on first use. */
  const current = async (at: Place, options?: CallOptions): Answer<Known> => {
    if (known) return ok(known);
    const seen = await probe(options);
    if (!seen.ok) return seen;
    return known ? ok(known) : look(at, seen.value.backendId, options);
  };

  const trusted = async (at: Place, now: Known, cursor: DeltaCursor, options?: CallOptions): Answer<boolean> => {
    if (cursor.table !== now.table || cursor.backend !== now.backend) return ok(false);
    const oldest = now.commits.at(-1)?.version ?? 0;
    if (oldest <= cursor.version + 1 || now.all) return ok(undisturbed(now.commits, cursor.version));
    const more = await commitsOf(at, manyCommits, options);
    return more.ok ? ok(undisturbed(more.value, cursor.version)) : more;
  };

  /** Rows of one statement, cut at the page's limits; nothing is used unless all of the answer up to there arrived. */
  const rowsOf = async (
    statement: Statement,
    options: CallOptions,
  ): Promise<Result<{ rows: readonly ReadRow[]; more: boolean }, DatabricksFailure | ShareFailure>> => {
    const rows: ReadRow[] = [];
    let bytes = 0;
    for await (const page of warehouse.pages(statement, options)) {
      if (!page.ok) return page;
      if (page.value.rows.length > 0 && !eventColumnsThere(page.value.columns))
        return err(unreadable('a column of the events table is missing'));
      for (const row of page.value.rows) {
        if (rows.length >= rowsPerPage || bytes >= pageBytes) return ok({ rows, more: true });
        const read = readRow(row);
        if (!read) return err(unreadable('a row has no number'));
        const before = rows.at(-1);
        // The order is the watermark: rows out of order would let it pass over others.
        if (before && compareRows(before, read) > 0) return err(unreadable('rows came out of order'));
        bytes += (row['line']?.length ?? 0) + (row['disclosures']?.length ?? 0);
        rows.push(read);
      }
    }
    return ok({ rows, more: false });
  };

  const statementFor = (at: Place, log: LogId, cursor: DeltaCursor, newest: number): Statement => {
    const { by, after, key } = cursor;
    const limit = rowsPerPage + 1;
    if (by === 'row-version') return pullByVersion(at, log, after, key, limit);
    return by === 'whole' ? pullWhole(at, log, key, limit) : pullByChanges(at, log, after, newest, key, limit);
  };

  /** The cursor after a page. Only rows that were read move it (facts/sync.md 2.5 b). */
  const advance = (cursor: DeltaCursor, rows: readonly ReadRow[], more: boolean, newest: number): DeltaCursor => {
    const last = rows.at(-1);
    switch (cursor.by) {
      case 'row-version':
        return last
          ? { ...cursor, version: newest, after: last.version, key: more ? last.key : null }
          : { ...cursor, version: newest, key: null };
      case 'changes':
        // A complete answer covers every version up to `newest`, also those without rows of this log.
        return more && last
          ? { ...cursor, version: newest, after: last.version, key: last.key }
          : { ...cursor, version: newest, after: newest, key: null };
      case 'whole':
        // `after` stays at the version before the first page: what came meanwhile is in the changes since then.
        return more && last
          ? { ...cursor, version: newest, key: last.key }
          : { ...cursor, version: newest, by: 'changes', key: null };
    }
  };

  const pull: Transport['pull'] = async (log, cursorText, options = {}) => {
    if (!place) return err(badPlace(text));
    const now = await current(place, options);
    if (!now.ok) return now;
    const newest = now.value.commits[0]?.version ?? 0;
    let cursor = parseCursor(cursorText);
    if (cursor) {
      const fine = await trusted(place, now.value, cursor, options);
      if (!fine.ok) return fine;
      if (!fine.value) {
        cursor = null;
        rowVersions = true;
      }
    }
    // No commit since a complete look: nothing can be new. A whole read that has just turned to the change feed has not yet
    // looked at what was committed while its pages were read (`after` says from where).
    const looked =
      cursor !== null && (cursor.by === 'row-version' || (cursor.by === 'changes' && cursor.after >= newest));
    if (cursor && cursorText !== null && looked && cursor.key === null && cursor.version === newest)
      return ok({ events: [], cursor: cursorText, more: false, full: false });
    const fresh = (): DeltaCursor => ({
      table: now.value.table,
      backend: now.value.backend,
      version: newest,
      by: rowVersions ? 'row-version' : 'whole',
      after: rowVersions ? -1 : newest,
      key: null,
    });
    let full = cursor === null;
    let from = cursor ?? fresh();
    for (;;) {
      const answer = await rowsOf(statementFor(place, log, from, newest), options);
      if (answer.ok) {
        const events: SharedEvent[] = [];
        const problems: PlaceProblem[] = [];
        for (const { event } of answer.value.rows) if (isEvent(event)) events.push(event);
          else problems.push(event); // prettier-ignore
        const { more } = answer.value;
        const next = advance(from, answer.value.rows, more, newest);
        // The whole log was read in pages; the changes since the first page come next.
        const page: PullPage = { events, cursor: writeCursor(next), more: more || next.by !== from.by, full };
        return ok(problems.length > 0 ? { ...page, problems } : page);
      }
      const problem = answer.error;
      const tag: string = problem.tag;
      if (from.by === 'row-version' && isMissingColumn(problem)) rowVersions = false;
      else if (!(from.by === 'changes' && isMissingVersion(problem)))
        return err(tag.startsWith('Share') ? (problem as ShareFailure) : shareFailureOf(problem as DatabricksFailure));
      full = true;
      from = fresh();
    }
  };

  return {
    kind: 'delta',
    probe,
    pull,

    init: async (org) => {
      if (!place) return err(badPlace(text));
      const before = await meta(place);
      if (!before.ok) return before;
      if (!before.value) {
        const statements = [...makeTables(place), setMeta(place, 'org', org)];
        const backendId = Buffer.from(random(16)).toString('hex');
        for (const statement of [...statements, setMeta(place, 'backend_id', backendId)]) {
          let done = await ask(statement);
          if (!done.ok && isMissingTable(done.error) && statement === statements[0]) {
            const schema = await ask(makeSchema(place));
            done = schema.ok ? await ask(statement) : schema;
          }
          if (!done.ok) return err(shareFailureOf(done.error));
        }
      }
      const made = before.value ? before : await meta(place);
      if (!made.ok) return made;
      if (!made.value) return err(unreadable('what was written is not there'));
      return made.value.org === org
        ? ok(made.value)
        : err(
            failure('ShareReplaced', `${text} already belongs to another organisation.`, 'Nothing was changed there.', 'Join it instead, or name another schema.'),
          ); // prettier-ignore
    },

    push: async (log, dev, fromSeq, events, options) => {
      if (!place) return err(badPlace(text));
      if (events.length === 0) return ok(undefined);
      const batch = printBatch(log, dev, fromSeq, events, (hashes) =>
        createHash('sha256').update(hashes.join('\n')).digest('hex').slice(0, 32),
      );
      // From here on the newest commit is not the one we know.
      known = null;
      const done = await ask(pushBatch(place, batch), options);
      return done.ok ? ok(undefined) : err(shareFailureOf(done.error));
    },

    heads: async (log, options) => {
      if (!place) return err(badPlace(text));
      const page = await ask(readHeads(place, log), options);
      return page.ok ? ok(readHeadRows(page.value)) : err(shareFailureOf(page.error));
    },

    range: async (log, dev, from, to, options) => {
      if (!place) return err(badPlace(text));
      const page = await ask(readRange(place, log, dev, from, to), options);
      if (!page.ok) return err(shareFailureOf(page.error));
      const events: SharedEvent[] = [];
      for (const row of page.value.rows) {
        const read = readRow(row);
        if (read && isEvent(read.event)) events.push(read.event);
      }
      return ok(events);
    },

    // The warehouse belongs to whoever opened it.
    close: () => Promise.resolve(),
  };
};

/** DDL, grants and undo for an administrator (`share init --print-sql`). */
export const printSql = (text: string, org: LogId, random: RandomBytes): Result<string, Failure> => {
  const place = placeOf(text);
  return place ? ok(printShareSql(place, org, Buffer.from(random(16)).toString('hex'))) : err(badPlace(text));
};

/** The same in its parts, for whoever prints more than a share. */
export const shareSqlFor = (
  text: string,
  org: LogId,
  random: RandomBytes,
  principal: string,
): Result<ShareSql, Failure> => {
  const place = placeOf(text);
  return place ? ok(shareSql(place, org, Buffer.from(random(16)).toString('hex'), principal)) : err(badPlace(text));
};
