// A real core on a practice lakehouse in this process, its background work counted, and what it stored read beside it.
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { type Core, createCore } from '../../main/core/create-core.ts';
import { nodeScheduler } from '../../main/core/node-seams.ts';
import type { Workspace } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { openDriver } from '../../main/store/sqlite.ts';
import { ok } from '../../shared/base/result.ts';
import type { CallOutput } from '../../shared/contract/calls.ts';
import { until } from './browser.ts';
import { coreDeps, value } from './core.ts';
import { databricksDeps, practiceConnection } from './lakehouse.ts';
import type { Practice } from './practice.ts';

/** A fact without what depends on when it was read. */
export type StoredFact = {
  readonly kind: string;
  readonly happened: string;
  readonly title: string;
  readonly assets: string;
  readonly data: Readonly<Record<string, unknown>>;
};
export type Stored = {
  readonly facts: ReadonlyMap<string, StoredFact>;
  readonly edges: ReadonlySet<string>;
  readonly cursors: ReadonlyMap<string, { readonly cursor: string | null; readonly completeTo: string | null }>;
};

/** The cache of a profile, through a connection of its own. */
export const storedIn = (home: string): Stored => {
  const driver = openDriver(join(home, 'profiles', 'default', 'breakwater.db'), { mustExist: true });
  const rows = (text: string): readonly Record<string, string>[] =>
    driver.prepare(text).all([]) as readonly Record<string, string>[];
  try {
    return {
      facts: new Map(
        rows('SELECT id, kind, happened, title, assets, data FROM lake_fact').map((row) => [
          row['id'] ?? '',
          {
            kind: row['kind'] ?? '',
            happened: row['happened'] ?? '',
            title: row['title'] ?? '',
            assets: row['assets'] ?? '',
            data: JSON.parse(row['data'] ?? '{}') as Record<string, unknown>,
          },
        ]),
      ),
      edges: new Set(
        rows('SELECT from_asset, to_asset, source, via FROM lake_edge').map((row) => Object.values(row).join(' ')),
      ),
      cursors: new Map(
        rows('SELECT source, cursor, complete_to FROM lake_source').map((row) => [
          row['source'] ?? '',
          { cursor: row['cursor'] ?? null, completeTo: row['complete_to'] ?? null },
        ]),
      ),
    };
  } finally {
    driver.close();
  }
};

export type LakeCore = {
  readonly core: Core;
  readonly status: () => Promise<CallOutput<'app.status'>>;
  /** Ask for fresh facts and wait until the background has nothing more to read, or has failed. */
  readonly refreshed: () => Promise<void>;
  readonly stored: () => Stored;
  readonly close: () => Promise<void>;
};

/** Between two turns that went well and left nothing to widen (main/core/background.ts). */
const restMs = 8_000;

/** Resolves after the first turns of the background. */
export const openLakeCore = async (
  home: string,
  practice: Practice,
  now: () => number,
  /** Stands between the core and the workspace, to listen. */
  between: (workspace: Workspace) => Workspace = (workspace) => workspace,
): Promise<LakeCore> => {
  let turns = 0;
  const opened = await createCore(
    coreDeps(home, {
      background: true,
      clock: { now },
      random: (length) => randomBytes(length),
      practice: () =>
        Promise.resolve(
          ok({ connection: practiceConnection(practice), seed: 1, control: () => Promise.resolve(ok({})) }),
        ),
      openWorkspace: (connection) => {
        const opened = openWorkspace(connection, databricksDeps());
        return opened.ok ? ok(between(opened.value)) : opened;
      },
      logger: {
        info: (message, fields) => {
          if (message === 'background work failed' && fields?.['loop'] === 'lake') turns += 1;
        },
        warn: () => undefined,
        error: () => undefined,
      },
      scheduler: {
        after: (ms, run) => {
          if (ms === restMs) turns += 1;
          return nodeScheduler.after(ms, run);
        },
      },
    }),
  );
  const core = value(opened);
  const turned = (more: number): Promise<unknown> =>
    until('a turn of the background', () => turns > more || null, 150_000);
  await turned(0);
  return {
    core,
    status: async () => value(await core.call('app.status', {})),
    refreshed: async () => {
      const before = turns;
      await until('a turn may start', async () => value(await core.call('lake.refresh', {})).started || null);
      await turned(before);
    },
    stored: () => storedIn(home),
    close: () => core.close(),
  };
};
