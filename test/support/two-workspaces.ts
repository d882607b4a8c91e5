// Two workspaces of two metastores in one profile, each a practice lakehouse with its own clock, rights and failures.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll } from 'vitest';
import type { Core, CoreDeps } from '../../main/core/create-core.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { mapOk, ok } from '../../shared/base/result.ts';
import { openCore } from './core.ts';
import { databricksDeps, practiceConnection } from './lakehouse.ts';
import { type Practice, startPractice } from './practice.ts';

/** A host that stands for the second one. */
export const farHost = 'dbc-far.cloud.databricks.com';
export const further = {
  host: farHost,
  httpPath: '/sql/1.0/warehouses/far',
  token: 'dapiCANARYfar',
  acceptUnencrypted: true,
};

/** Both lakehouses, started before the tests of a file and closed after them: the primary one first. */
export const twoLakehouses = (): { readonly both: () => readonly [here: Practice, there: Practice] } => {
  let here: Practice;
  let there: Practice;
  beforeAll(async () => {
    [here, there] = await Promise.all([startPractice({ seed: 1 }), startPractice({ seed: 2, fault: 'two' })]);
  });
  afterAll(async () => {
    await Promise.all([here.close(), there.close()]);
  });
  return { both: () => [here, there] };
};

/** A core whose primary workspace is the first; the host of `further` leads to the second. `seen`: what each is taken for. */
export const coreOverTwo = (
  home: string,
  [here, there]: readonly [Practice, Practice],
  change: Partial<CoreDeps> = {},
  seen: (workspace: Workspace, isFar: boolean) => Workspace = (workspace) => workspace,
): Promise<Core> =>
  openCore(home, {
    background: true,
    random: (length) => randomBytes(length),
    practice: () =>
      Promise.resolve(ok({ connection: practiceConnection(here), seed: 1, control: () => Promise.resolve(ok({})) })),
    openWorkspace: (connection) => {
      const isFar = connection.host === farHost;
      return mapOk(openWorkspace(isFar ? practiceConnection(there) : connection, databricksDeps()), (workspace) =>
        seen(workspace, isFar),
      );
    },
    ...change,
  });
