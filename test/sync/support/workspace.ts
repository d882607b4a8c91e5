import { randomBytes } from 'node:crypto';
import { staticToken } from '../../../main/databricks/token-source.ts';
import { openWorkspace } from '../../../main/databricks/workspace.ts';
import type { Workspace } from '../../../main/databricks/port.ts';
import type { Clock, Scheduler } from '../../../shared/base/time.ts';

export const wallClock: Clock = { now: () => Date.now() };
export const timers: Scheduler = {
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

export type Address = {
  readonly host: string;
  readonly port: number;
  readonly httpPath: string;
  readonly token: string;
  readonly caFile: string;
};

/** The real driver behind the real room, with short pauses so that tests need not wait. */
export const connect = (address: Address): Workspace => {
  const { host, port, httpPath, token, caFile } = address;
  const opened = openWorkspace(
    { kind: 'practice', name: 'practice', host, port, httpPath, auth: staticToken(token), caFile },
    {
      clock: wallClock,
      scheduler: timers,
      random: (length) => randomBytes(length),
      limits: { statementMs: 30_000, openMs: 20_000, retryMs: 50, retryCapMs: 400 },
    },
  );
  if (!opened.ok) throw new Error(opened.error.what);
  return opened.value;
};
