import { mapOk } from '../../shared/base/result.ts';
import { handshake, lookUp } from './check-network.ts';
import { checkSource, type CheckedSource } from './check-sources.ts';
import { failed, skipped, works } from './check-step.ts';
import { byWarehouse, granteeOf, signIn, warehouseState, type Learnt, type Step } from './check-way.ts';
import { limitsOf, type DatabricksDeps } from './deps.ts';
import type { Connection, ConnectionStep, QueryOptions, Workspace } from './port.ts';
import { openWorkspace } from './workspace.ts';

export type CheckOptions = QueryOptions & {
  /** A person agreed: a warehouse that does not run may be started. Without it, the check stops before what would start it. */
  readonly startWarehouse?: boolean;
  /** Called whenever a step has ended, with all that have ended so far, in order, and how many there are in all. */
  readonly onStep?: (ended: readonly ConnectionStep[], total: number) => void;
  /** Whoever counts statements puts itself in front of the workspace that is opened for the check. */
  readonly counted?: (workspace: Workspace) => Workspace;
};

/** Sources looked at at the same time, and the time that one of them gets, in ms. */
const together = 4;
const sourceMs = 30_000;

const wouldStart = (step: string): ConnectionStep => ({
  ...skipped(step, 'Would start the SQL warehouse, which may cost money: go on if that is wanted.'),
  asks: 'start-warehouse',
});

const takesNone = (step: string): ConnectionStep =>
  skipped(step, 'The SQL warehouse takes no statement from you: see the session above.');

/**
 * Check a connection from name look-up to each source, each step with the reason of a failure, the grant to ask for and what
 * it costs. A step that the others stand on ends the check: what follows is `skipped`. A warehouse that does not run is
 * started only with `startWarehouse`. Never throws; every step has a limit; an aborted `signal` skips what is left.
 */
export const checkConnection = async (
  connection: Connection,
  sources: readonly CheckedSource[],
  deps: DatabricksDeps,
  { startWarehouse = false, onStep, counted = (one) => one, ...options }: CheckOptions = {},
): Promise<readonly ConnectionStep[]> => {
  const opened = mapOk(openWorkspace(connection, deps), counted);
  const bounds: QueryOptions = { timeoutMs: Math.min(limitsOf(deps).statementMs, 240_000), ...options };
  const learnt: Learnt = {
    user: null,
    metastoreId: null,
    schemas: { visible: null, states: null },
    noStatements: false,
  };
  let isAsleep = false;
  const settings = (): ConnectionStep =>
    opened.ok ? works('settings', `${connection.host}${connection.httpPath}`) : failed('settings', opened.error);
  const steps: readonly Step[] = [
    { step: 'settings', needed: 'always', run: () => Promise.resolve(settings()) },
    { step: 'DNS', needed: 'always', run: () => lookUp(connection, deps) },
    { step: 'TLS', needed: 'always', run: () => handshake(connection, deps) },
    ...(opened.ok
      ? [
          { step: 'sign-in', needed: 'always', run: () => signIn(opened.value, learnt, bounds) } as const,
          {
            step: 'SQL warehouse',
            needed: 'always',
            run: async () => {
              const { result, state } = await warehouseState(opened.value, bounds);
              isAsleep = !startWarehouse && state !== 'RUNNING' && state !== 'STARTING';
              return result;
            },
          } as const,
          ...byWarehouse(opened.value, learnt, sources, bounds),
        ]
      : []),
  ];
  const total = steps.length + (opened.ok ? sources.length : 0);
  const out: ConnectionStep[] = [];
  const ended = (result: ConnectionStep): void => {
    out.push(result);
    onStep?.(out, total);
  };
  let going = true;
  const stopped = (): boolean => options.signal?.aborted === true;
  for (const { step, run, needed, needs } of steps) {
    if (stopped()) ended(skipped(step, 'Stopped.'));
    else if (!going) ended(skipped(step));
    else if (needs === 'warehouse' && isAsleep) ended(wouldStart(step));
    else if (needs === 'warehouse' && learnt.noStatements) ended(takesNone(step));
    else {
      const result = await run();
      ended(result);
      if (needed === 'always' && result.state === 'failed') going = false;
    }
  }
  if (!opened.ok) return out;
  const context = {
    workspace: opened.value,
    options: { ...bounds, timeoutMs: Math.min(bounds.timeoutMs ?? sourceMs, sourceMs) },
    schemas: learnt.schemas,
    principal: granteeOf(learnt),
    metastoreId: learnt.metastoreId,
  };
  const results: (ConnectionStep | undefined)[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let at = next++; at < sources.length; at = next++) {
      const source = sources[at];
      if (source === undefined) continue;
      if (stopped()) results[at] = { ...skipped(source.label, 'Stopped.'), group: 'source' };
      else if (!going) results[at] = { ...skipped(source.label), group: 'source' };
      else if (source.table !== null && isAsleep) results[at] = { ...wouldStart(source.label), group: 'source' };
      else if (source.table !== null && learnt.noStatements)
        results[at] = { ...takesNone(source.label), group: 'source' };
      else results[at] = await checkSource(source, context);
      onStep?.([...out, ...results.filter((one) => one !== undefined)], total);
    }
  };
  await Promise.all(Array.from({ length: together }, worker));
  await opened.value.close();
  return [...out, ...results.filter((one) => one !== undefined)];
};
