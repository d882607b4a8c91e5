import { isJsonObject } from '../../shared/base/json.ts';
import type { Lake } from './duck/lake.ts';
import { fullName, type Table } from './duck/table.ts';
import { documents, found, idOf, stored } from './rest/common.ts';
import type { World } from './world/world.ts';

const hops = 3;

/** The job that failed last, by what REST shows of it; where none did, the one that ran last. */
const jobOf = async (lake: Lake, world: World): Promise<string> => {
  const told = await documents(lake, 'run');
  const failed = told.find((run) => isJsonObject(run['state']) && run['state']['result_state'] === 'FAILED');
  if (failed !== undefined || world.estate === null) return idOf((failed ?? told[0])?.['job_id']);
  const [last] = await found(
    lake,
    `SELECT job FROM est.runs WHERE kind = 'JOB' AND epoch_ms(ended) <= ${lake.clock.now()} ORDER BY state = 'FAILED' DESC, started DESC, run LIMIT 1`,
  );
  return idOf(last?.['job']);
};

/** When the columns of a table changed last, epoch ms; 0 when they never did. */
const changedAt = async (lake: Lake, { key, schemas }: Table): Promise<number> => {
  const from = schemas.length > 1 ? schemas.at(-1)?.from : undefined;
  if (from === undefined) return 0;
  const [at] = await found(
    lake,
    `SELECT epoch_ms(made_at) AS at FROM bw.history WHERE key = ${key} AND version = ${from}`,
  );
  return Number(at?.['at'] ?? 0);
};

/**
 * Rights that are enough for a room and no more: CAN VIEW on the job that failed last, and SELECT on three tables: the one whose
 * columns changed last among those that feed the job, the one through which it reaches the job, and what the job writes. The
 * way between may not be visible, as it is with real users.
 */
export const chooseLittle = async (
  lake: Lake,
  world: World,
): Promise<{ readonly tables: readonly string[]; readonly jobs: readonly string[] }> => {
  const job = await jobOf(lake, world);
  const lineage = stored(lake, 'access', 'table_lineage');
  const edges = lineage === undefined ? [] : await found(
    lake,
    `SELECT DISTINCT ${lineage.col('source_table_full_name')} AS source, ${lineage.col('target_table_full_name')} AS target, ${lineage.col('entity_id')} AS job FROM ${lineage.from} ORDER BY ALL`,
  ); // prettier-ignore
  const ends = (end: 'source' | 'target'): readonly string[] =>
    edges.filter((e) => idOf(e['job']) === job).map((e) => idOf(e[end]));
  /** Tables that feed the job, nearest first, each with the next one on its way there. */
  const next = new Map<string, string | null>(ends('source').map((name) => [name, null]));
  for (let hop = 0; hop < hops; hop += 1)
    for (const edge of edges.filter((e) => next.has(idOf(e['target']))))
      if (!next.has(idOf(edge['source']))) next.set(idOf(edge['source']), idOf(edge['target']));
  const tables = [...next.keys()].flatMap((full) => lake.find(full.split('.')) ?? []);
  const changes = await Promise.all(tables.map(async (t) => ({ name: fullName(t), at: await changedAt(lake, t) })));
  const way: string[] = [];
  let at: string | null | undefined = changes.toSorted((a, b) => b.at - a.at)[0]?.name;
  for (; at !== undefined && at !== null; at = next.get(at)) way.push(at);
  const others = lake.tables().flatMap((t) => (t.catalog === world.catalog ? [fullName(t)] : []));
  const names = [...way.slice(0, 1), ...way.slice(-1), ...ends('target'), ...tables.map(fullName), ...others];
  return {
    tables: [...new Set(names)].filter((name) => lake.find(name.split('.')) !== undefined).slice(0, 3),
    jobs: [job],
  };
};
