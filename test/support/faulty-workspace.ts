// A practice lakehouse behind a workspace whose answers are kept: what was asked once, healthy or under a fault, is asked of the
// real server over the unmodified driver, and answered from memory afterwards. So thousands of cases see real answers.
import { createHash } from 'node:crypto';
import { databricksFailure } from '../../main/databricks/failures.ts';
import type {
  DatabricksFailure,
  QueryOptions,
  RestRequest,
  RowPage,
  Statement,
  Workspace,
} from '../../main/databricks/port.ts';
import { err, ok, type Result } from '../../shared/base/result.ts';
import type { Practice } from './practice.ts';

/** A button that is pressed: `press` as the control API takes it. `once`: used up by what it touches, so pressed for each answer. */
export type Fault = {
  readonly name: string;
  readonly press: Readonly<Record<string, unknown>>;
  readonly once?: true;
  /** Every statement ends in the same way, and takes long to: one is asked for all. */
  readonly alike?: true;
  /** Answers come as ever, only later: one in so many is asked for under it. */
  readonly oneIn?: number;
};

type Page = Result<RowPage, DatabricksFailure>;
type Answer = { readonly pages: readonly Page[] } | { readonly rest: Result<unknown, DatabricksFailure> };

/** What happens to a reader, and when: `after` answers still come whole; of the next one the first half, where it comes in pages. */
export type Trouble = { readonly fault: Fault; readonly after: number };

export type FaultyWorkspace = {
  /** A workspace as a program sees it that has just started: nothing of what tables look like is known. */
  readonly opened: () => Workspace;
  readonly trouble: (next: Trouble | null) => void;
  /** Once so many answers have been given, this happens before the next; until the next `trouble`. */
  readonly before: (answers: number, what: () => void) => void;
  /** Answers given since the last `trouble`. */
  readonly answers: () => number;
  /** Answers that the server really gave. */
  readonly real: () => number;
  /** The world has changed: what is kept is old, except what is asked with such a text. */
  readonly forget: (except: RegExp) => void;
};

/** More rows than one page of the driver holds. */
const manyRows: Statement = {
  name: 'test.many-rows',
  effect: 'read',
  text: 'SELECT record_id FROM system.billing.usage ORDER BY record_id',
};

/** The same number for the same text. */
const placeOf = (text: string): number => createHash('sha256').update(text).digest().readUInt32BE(0);

export const createFaultyWorkspace = (practice: Practice, workspace: Workspace): FaultyWorkspace => {
  const kept = new Map<string, Answer>();
  const breaks = new Map<string, DatabricksFailure | null>();
  let pressed: Fault | null = null;
  let trouble: Trouble | null = null;
  let meanwhile: { readonly after: number; readonly what: () => void } | null = null;
  let answers = 0;
  let real = 0;

  const press = async (fault: Fault | null): Promise<void> => {
    if (fault === pressed && fault?.once !== true) return;
    await practice.control({ release: true });
    if (fault !== null) await practice.control(fault.press);
    pressed = fault;
  };
  const pagesOf = async (statement: Statement, whole: boolean): Promise<readonly Page[]> => {
    if (whole) return [await workspace.warehouse.query(statement)];
    const pages: Page[] = [];
    for await (const page of workspace.warehouse.pages(statement)) pages.push(page);
    return pages;
  };
  const keep = async (fault: Fault | null, key: string, ask: () => Promise<Answer>): Promise<Answer> => {
    if (fault?.oneIn !== undefined && placeOf(key) % fault.oneIn > 0) return keep(null, key, ask);
    const place = `${fault?.name ?? ''}\n${key}`;
    const known = kept.get(place);
    if (known !== undefined) return known;
    await press(fault);
    real += 1;
    const answer = await ask();
    kept.set(place, answer);
    return answer;
  };
  /** How an answer breaks off when the fault comes between two of its pages; null = what has begun comes to its end. */
  const breakOf = async (fault: Fault): Promise<DatabricksFailure | null> => {
    const known = breaks.get(fault.name);
    if (known !== undefined) return known;
    await press(null);
    let failure: DatabricksFailure | null = null;
    let pages = 0;
    for await (const page of workspace.warehouse.pages(manyRows)) {
      pages += 1;
      if (pages === 1) await press(fault);
      if (!page.ok) failure = page.error;
    }
    if (pages < 2) throw new Error('the answer came in one page');
    breaks.set(fault.name, failure);
    return failure;
  };
  const now = (): { readonly fault: Fault | null; readonly breaks: boolean } => {
    if (answers === meanwhile?.after) meanwhile.what();
    answers += 1;
    if (trouble === null || answers <= trouble.after) return { fault: null, breaks: false };
    return { fault: trouble.fault, breaks: answers === trouble.after + 1 };
  };
  const pagesFor = async (statement: Statement, fault: Fault | null, whole: boolean): Promise<readonly Page[]> => {
    if (statement.effect !== 'read') throw new Error(`a source writes: ${statement.name}`);
    const text = fault?.alike === true ? '' : `${statement.text} ${JSON.stringify(statement.parameters ?? {})}`;
    const key = `${whole ? 'query' : 'pages'} ${text}`;
    const answer = await keep(fault, key, async () => ({ pages: await pagesOf(statement, whole) }));
    return 'pages' in answer ? answer.pages : [];
  };
  const cancelled = (options: QueryOptions | undefined): boolean => options?.signal?.aborted === true;
  /** An answer in two halves, as if the page were that small. */
  const halves = (pages: readonly Page[]): readonly Page[] =>
    pages.flatMap((page): readonly Page[] => {
      if (!page.ok) return [page];
      const { rows } = page.value;
      // Copies: a reader takes out what it has worked on, and the kept answer comes again.
      const middle = Math.ceil(rows.length / 2);
      const parts = rows.length < 2 ? [[...rows]] : [rows.slice(0, middle), rows.slice(middle)];
      return parts.map((some) => ok({ ...page.value, rows: some }));
    });

  return {
    opened: () => ({
      ...workspace,
      warehouse: {
        query: async (statement, options) => {
          if (cancelled(options)) return err(databricksFailure('Cancelled'));
          const [page] = await pagesFor(statement, now().fault, true);
          return page ?? err(databricksFailure('BadAnswer', { detail: 'no page' }));
        },
        pages: async function* (statement, options) {
          const at = now();
          const failure = at.breaks && at.fault !== null ? await breakOf(at.fault) : null;
          // What has begun goes on as it began, unless the connection itself breaks.
          const pages = halves(await pagesFor(statement, at.breaks ? null : at.fault, false));
          for (const [i, page] of pages.entries()) {
            if (cancelled(options)) return yield err(databricksFailure('Cancelled'));
            if (failure !== null && (i > 0 || pages.length === 1)) return yield err(failure);
            yield page;
          }
        },
        close: () => Promise.resolve(),
      },
      rest: {
        call: async (request: RestRequest, options) => {
          if (cancelled(options)) return err(databricksFailure('Cancelled'));
          const key = `rest ${JSON.stringify(request)}`;
          const answer = await keep(now().fault, key, async () => ({ rest: await workspace.rest.call(request) }));
          return 'rest' in answer ? answer.rest : ok({});
        },
      },
      close: () => Promise.resolve(),
    }),
    trouble: (next) => {
      trouble = next;
      meanwhile = null;
      answers = 0;
    },
    before: (after, what) => {
      meanwhile = { after, what };
    },
    answers: () => answers,
    real: () => real,
    forget: (except) => {
      for (const place of kept.keys()) if (!except.test(place.slice(place.indexOf('\n') + 1))) kept.delete(place);
      pressed = { name: 'unknown', press: {} };
    },
  };
};
