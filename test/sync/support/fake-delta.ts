import { failure } from '../../../shared/base/failure.ts';
import { err, ok, type Result } from '../../../shared/base/result.ts';
import type {
  DatabricksFailure,
  DatabricksTag,
  Parameter,
  RowPage,
  Statement,
  TextRow,
  Warehouse,
} from '../../../main/databricks/port.ts';

/**
 * A model of one Delta table behind a warehouse: versions are given at commit, a statement reads one snapshot, replies get
 * lost, commits come late. It answers the statements of main/sync/delta-sql.ts by their names; what the text asks for
 * (order, version filter, limit) it honours as a server would, so that a statement that forgets something is found out.
 */
/** `swallow`: the reply says OK and nothing was kept. */
export type Fault = 'none' | 'offline' | 'lost' | 'late' | 'busy' | 'swallow';
type Row = { readonly cv: number; readonly values: Readonly<Record<string, string>> };
type Commit = { readonly version: number; readonly operation: string; readonly rows: readonly Row[] };

const refused = (tag: DatabricksTag, errorClass?: string, sqlState?: string): Result<never, DatabricksFailure> =>
  err({
    ...failure(tag, errorClass ?? tag, 'safe', 'advice'),
    ...(errorClass === undefined ? {} : { errorClass }),
    ...(sqlState === undefined ? {} : { sqlState }),
  });

const textOf = (parameter: Parameter | undefined): string =>
  typeof parameter === 'string' ? parameter : (parameter?.value ?? '');
const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const byKey = (a: TextRow, b: TextRow): number =>
  Number(a['cv'] ?? 0) - Number(b['cv'] ?? 0) ||
  byBytes(a['device_id'] ?? '', b['device_id'] ?? '') ||
  Number(a['seq']) - Number(b['seq']) ||
  byBytes(a['hash'] ?? '', b['hash'] ?? '');

const pushFaults: ReadonlySet<Fault> = new Set(['lost', 'late', 'swallow']);

export class FakeDelta {
  meta: { key: string; value: string }[] = [];
  table: string | null = null;
  rowTracking = true;
  /** Oldest version whose changes and history are still there. */
  oldest = 0;
  commits: Commit[] = [];
  faults: Fault[] = [];
  /** Runs before each statement: what others do meanwhile. */
  between: () => void = () => undefined;
  executed: string[] = [];
  #late: (() => void)[] = [];
  #armed: Fault | null = null;
  #made = 0;

  get rows(): readonly Row[] {
    return this.commits.at(-1)?.rows ?? [];
  }
  get version(): number {
    return this.commits.at(-1)?.version ?? -1;
  }
  #commit(operation: string, rows: readonly Row[]): void {
    this.commits.push({ version: this.version + 1, operation, rows });
  }
  create(): void {
    this.#made += 1;
    this.table = `table-${String(this.#made)}`;
    this.commits = [];
    this.oldest = 0;
    this.#commit('CREATE TABLE', []);
  }
  append(values: readonly Readonly<Record<string, string>>[]): void {
    const cv = this.version + 1;
    this.#commit('WRITE', [...this.rows, ...values.map((row) => ({ cv, values: row }))]);
  }
  optimize(): void {
    this.#commit('OPTIMIZE', this.rows);
  }
  /** Rows come back with their old numbers; nothing in the row versions shows it. */
  restore(version: number): void {
    const target = this.commits.find((commit) => commit.version === version);
    if (target && version >= this.oldest) this.#commit('RESTORE', target.rows);
  }
  /** Log retention: history and changes before the newest `keep` versions are gone, rows stay. */
  vacuum(keep: number): void {
    this.oldest = Math.max(this.oldest, this.version - keep);
  }
  calm(): void {
    this.faults = [];
    this.#armed = null;
  }
  flushLate(): void {
    for (const commit of this.#late.splice(0)) if (this.table !== null) commit();
  }

  #push(batch: string): void {
    const rows = JSON.parse(batch) as Record<string, string | number>[];
    this.append(rows.map((row) => Object.fromEntries(Object.entries(row).map(([key, value]) => [key, String(value)]))));
  }

  #pull({ text, parameters = {} }: Statement): Result<RowPage, DatabricksFailure> {
    const log = textOf(parameters['log']);
    const after = Number(textOf(parameters['after']) || '-1');
    const limit = Number(/LIMIT (\d+)/.exec(text)?.[1] ?? Number.MAX_SAFE_INTEGER);
    const byVersion = text.includes('row_commit_version');
    const changes = /table_changes\('[^']+', (\d+), (\d+)\)/.exec(text);
    if (byVersion && !this.rowTracking) return refused('StatementFailed', 'FIELD_NOT_FOUND', '42704');
    if (changes) {
      const [from, to] = [Number(changes[1]), Number(changes[2])];
      if (from < this.oldest) return refused('StatementFailed', 'FAILED_READ_FILE.FILE_NOT_EXIST', 'KD001');
      if (from > this.version) return refused('StatementFailed', 'DELTA_CDC_START_VERSION_AFTER_LATEST', '22003');
      if (to < from) return refused('StatementFailed', 'DELTA_INVALID_CDC_RANGE', '22003');
    }
    const key = parameters['key_seq']
      ? { cv: String(after), device_id: textOf(parameters['key_dev']), seq: textOf(parameters['key_seq']), hash: textOf(parameters['key_hash']) }
      : null; // prettier-ignore
    const whole = !byVersion && !changes;
    const upTo = changes ? Number(changes[2]) : Number.MAX_SAFE_INTEGER;
    const rows = this.rows
      .filter((row) => row.values['log_id'] === log && row.cv <= upTo)
      .map((row): TextRow => (whole ? row.values : { ...row.values, cv: String(row.cv) }))
      .filter((row) => {
        if (whole) return key === null || byKey(row, { ...key, cv: '0' }) > 0;
        return key === null ? Number(row['cv']) > after : byKey(row, key) > 0;
      });
    if (/ORDER BY (?:cv, )?device_id, seq, hash/.test(text)) rows.sort(byKey);
    else rows.reverse();
    return ok({
      columns: ['cv', 'log_id', 'device_id', 'seq', 'hash', 'line', 'disclosures', 'sig'],
      rows: rows.slice(0, limit),
    });
  }

  #heads(log: string): RowPage {
    const streams = new Map<string, TextRow[]>();
    for (const { values } of this.rows)
      if (values['log_id'] === log) streams.set(values['device_id'] ?? '', [...(streams.get(values['device_id'] ?? '') ?? []), values]); // prettier-ignore
    const rows = [...streams].map(([dev, all]): TextRow => {
      const head = all.reduce((a, b) => (Number(b['seq']) > Number(a['seq']) ? b : a));
      const n = new Set(all.map((row) => row['seq'])).size;
      return { device_id: dev, n: String(n), m: head['seq'] ?? '', h: head['hash'] ?? '' };
    });
    return { columns: ['device_id', 'n', 'm', 'h'], rows };
  }

  #run(statement: Statement): Result<RowPage, DatabricksFailure> {
    const { name, text, parameters = {} } = statement;
    const missing = refused('StatementFailed', 'TABLE_OR_VIEW_NOT_FOUND', '42P01');
    const none = ok({ columns: [], rows: [] });
    switch (name) {
      case 'share.make-schema':
        return none;
      case 'share.make-table':
        if (text.includes('`events`') && this.table === null) this.create();
        return none;
      case 'share.set-meta':
        this.meta.push({ key: textOf(parameters['key']), value: textOf(parameters['value']) });
        return none;
      case 'share.meta':
        return this.meta.length === 0 ? missing : ok({ columns: ['key', 'value'], rows: this.meta });
    }
    if (this.table === null) return missing;
    switch (name) {
      case 'share.detail':
        return ok({ columns: ['id'], rows: [{ id: this.table }] });
      case 'share.history': {
        const limit = Number(/LIMIT (\d+)/.exec(text)?.[1]);
        const kept = this.commits.filter(({ version }) => version >= this.oldest).toReversed().slice(0, limit); // prettier-ignore
        const rows = kept.map(({ version, operation }) => ({
          version: String(version),
          operation,
          operationParameters: '{}',
        }));
        return ok({ columns: ['version', 'operation', 'operationParameters'], rows });
      }
      case 'share.push':
        this.#push(textOf(parameters['batch']));
        return none;
      case 'share.pull':
        return this.#pull(statement);
      case 'share.heads':
        return ok(this.#heads(textOf(parameters['log'])));
      case 'share.range': {
        const [from, to] = [Number(textOf(parameters['from_seq'])), Number(textOf(parameters['to_seq']))];
        const rows = this.rows.map(({ values }) => values).filter((row) => row['log_id'] === textOf(parameters['log']) && row['device_id'] === textOf(parameters['dev']) && Number(row['seq']) >= from && Number(row['seq']) <= to); // prettier-ignore
        return ok({ columns: ['log_id', 'device_id', 'seq', 'hash', 'line', 'disclosures', 'sig'], rows });
      }
      default:
        throw new Error(`the model does not know ${name}`);
    }
  }

  #answer(statement: Statement): Result<RowPage, DatabricksFailure> {
    this.between();
    let fault = this.faults.shift() ?? 'none';
    const write = statement.effect === 'write';
    // Faults of pushes wait for the next push.
    if (pushFaults.has(fault) && statement.name !== 'share.push') {
      this.#armed ??= fault;
      fault = 'none';
    } else if (fault === 'none' && statement.name === 'share.push') {
      fault = this.#armed ?? 'none';
      this.#armed = null;
    }
    if (fault === 'offline') return refused('Offline');
    if (fault === 'busy') return refused('StatementFailed', 'DELTA_METADATA_CHANGED', '2D521');
    if (fault === 'late' && statement.name === 'share.push') {
      this.#late.push(() => {
        this.#run(statement);
      });
      return refused('ReplyLost');
    }
    if (fault === 'swallow' && statement.name === 'share.push') return ok({ columns: [], rows: [] });
    this.executed.push(statement.name);
    const result = this.#run(statement);
    return (fault === 'lost' || fault === 'late') && write ? refused('ReplyLost') : fault === 'lost' ? refused('Offline') : result; // prettier-ignore
  }

  readonly warehouse: Warehouse = {
    query: (statement) => Promise.resolve(this.#answer(statement)),
    pages: async function* (this: void) {
      yield await Promise.resolve(refused('BadAnswer'));
    },
    close: () => Promise.resolve(),
  };
  constructor() {
    const answer = (statement: Statement): Result<RowPage, DatabricksFailure> => this.#answer(statement);
    this.warehouse = {
      ...this.warehouse,
      // Two rows a page, as a driver that fetches in chunks.
      pages: async function* (statement) {
        const result = await Promise.resolve(answer(statement));
        if (!result.ok) {
          yield result;
          return;
        }
        const { columns, rows } = result.value;
        for (let at = 0; at < rows.length; at += 2) yield ok({ columns, rows: rows.slice(at, at + 2) });
      },
    };
  }
}
