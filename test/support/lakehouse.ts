import { mkdtempSync, rmSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DatabricksDeps } from '../../main/databricks/deps.ts';
import type { Connection, Workspace } from '../../main/databricks/port.ts';
import { staticToken } from '../../main/databricks/token-source.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { openStore } from '../../main/store/store.ts';
import type { Store } from '../../main/store/port.ts';
import type { Practice } from './practice.ts';

/** Seams with the machine's clock, timers and chance; `limits` short, so that a test that waits in vain ends soon. */
export const databricksDeps = (change: Partial<DatabricksDeps> = {}): DatabricksDeps => ({
  clock: { now: () => Date.now() },
  scheduler: {
    after: (ms, run) => {
      const timer = setTimeout(run, ms);
      return () => clearTimeout(timer);
    },
  },
  random: (length) => randomBytes(length),
  ...change,
  limits: { statementMs: 60_000, openMs: 30_000, retryMs: 50, retryCapMs: 400, ...change.limits },
});

type Change = Partial<Connection> & { readonly token?: string };
export const practiceConnection = (practice: Practice, { token, ...change }: Change = {}): Connection => ({
  kind: 'practice',
  name: 'practice',
  host: practice.host,
  port: practice.port,
  httpPath: practice.httpPath,
  auth: staticToken(token ?? practice.token),
  caFile: practice.caFile,
  ...change,
});

/** A workspace over the unmodified driver. Close it. */
export const practiceWorkspace = (
  practice: Practice,
  change: Change = {},
  deps: Partial<DatabricksDeps> = {},
): Workspace => {
  const opened = openWorkspace(practiceConnection(practice, change), databricksDeps(deps));
  if (!opened.ok) throw new Error(opened.error.what);
  return opened.value;
};

/** A store on disk in a folder of its own, removed by `close`. */
export const temporaryStore = (
  now: () => number = () => Date.now(),
  place: string = tmpdir(),
): { readonly store: Store; readonly close: () => void } => {
  const folder = mkdtempSync(join(place, 'bw-store-'));
  const opened = openStore(join(folder, 'breakwater.db'), { clock: { now }, log: () => undefined });
  if (!opened.ok) throw new Error(opened.error.what);
  const store = opened.value;
  return {
    store,
    close: () => {
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
