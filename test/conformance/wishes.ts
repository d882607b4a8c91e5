import type { Connection } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';

/** What a run may do beyond the default, because it takes long, costs, or needs somebody else. */
export type Wishes = {
  /** How long each number of clients pushes, in seconds. */
  readonly loadSeconds: number;
  /** How long to wait for what is told late, such as the query history, in milliseconds. */
  readonly patienceMs: number;
  /** A second user of the workspace, with no rights on the schemas of the suite; null = none was named. */
  readonly other: Connection | null;
  /** The warehouse may be stopped to see how long it takes to start. */
  readonly coldStart: boolean;
};

/** Further variables of a run against a workspace; each may be left out. */
export const wishVariables = {
  BREAKWATER_CONFORMANCE_LOAD_SECONDS:
    'how long 1, then 5, then 20 clients push (default 20 s each; 3600 for the whole measure)',
  BREAKWATER_CONFORMANCE_OTHER_TOKEN:
    'token of a second user: for what somebody with few rights may do (grants are given on schemas of the run only)',
  BREAKWATER_CONFORMANCE_COLD_START: '1: the warehouse may be stopped, to measure its start',
} as const;

export const noWishes: Wishes = { loadSeconds: 1, patienceMs: 1_000, other: null, coldStart: false };

/** The wishes that the environment names, for a run over this connection. Throws words about a number that is none. */
export const wishesFrom = (env: Readonly<Record<string, string | undefined>>, connection: Connection): Wishes => {
  const of = (name: keyof typeof wishVariables): string => env[name] ?? '';
  const seconds = Number(of('BREAKWATER_CONFORMANCE_LOAD_SECONDS') || '20');
  if (!(seconds >= 1 && seconds <= 7_200))
    throw new Error('BREAKWATER_CONFORMANCE_LOAD_SECONDS must be a number from 1 to 7200.');
  const token = of('BREAKWATER_CONFORMANCE_OTHER_TOKEN');
  return {
    loadSeconds: seconds,
    patienceMs: 60_000,
    other: token === '' ? null : { ...connection, name: 'conformance, second user', auth: staticToken(token) },
    coldStart: of('BREAKWATER_CONFORMANCE_COLD_START') === '1',
  };
};
