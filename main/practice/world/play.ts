import type { Lake } from '../duck/lake.ts';
import { auditRow, domainEvents } from './audit.ts';
import { appendVersion, type Row } from './bulk.ts';
import { saveDocuments, type Document } from './documents.ts';
import { placeScenarios } from './estate/incident.ts';
import { goOn } from './estate/tell.ts';
import { arrive, arriveWhenDue, holdBack } from './late.ts';
import { driftRows, lastWindowEnd, monitored, monitorName, profileRows } from './monitors.ts';
import { slotMs } from './plan.ts';
import { createRandom } from './random.ts';
import { roundRows } from './rows.ts';
import { allRuns, columnRows, lineageRows, roundMinutes, runDocument, runRows, taskRows, usageRow } from './runs.ts';
import type { World } from './world.ts';

const minute = 60_000;

export type Played = { readonly round: number; readonly runs: number; readonly failed: number };

/**
 * Let the world go on by one round, as if it happened just now: each job runs once more (a broken line fails again in its daily
 * round), tables get a version, the profiles their windows up to now. Makes new facts for a drill: REST tells them at once, the
 * system tables when their lateness is over.
 */
export const playNext = (lake: Lake, world: World, now = lake.clock.now()): Promise<Played> =>
  lake.write(async (write) => {
    const counted = await write.rows(`SELECT count(*), max(made_at) FROM bw.documents WHERE kind = 'round'`);
    const round = Number(counted[0]?.[0] ?? 0) + 1;
    // After everything that is there already, before now: a reader that asks for what is newer than it knows must get it.
    const at = Math.max(now - roundMinutes * minute, Number(counted[0]?.[1] ?? world.plan.now - 20 * minute));
    const place = { at, scale: Math.max(0, now - at) / (roundMinutes * minute) };
    const random = createRandom(Math.imul(world.seed, 7_919) + round);
    const more = createRandom(Math.imul(world.seed, 104_729) + round);
    // Slots count down to 0 at generation and go on below it.
    const slot = -round;
    const { plan } = world;
    const rows = new Map<string, Row[]>();
    const add = (name: string, more: readonly Row[]): void => void rows.set(name, [...(rows.get(name) ?? []), ...more]);
    const documents: Document[] = [];
    let failed = 0;
    let total = 0;
    for (const domain of plan.domains) {
      const runs = allRuns(plan, domain, slot, slot, random, place);
      total += runs.length;
      failed += runs.filter((r) => r.failed).length;
      for (const run of runs) {
        add('lakeflow.job_run_timeline', runRows(plan, run));
        add('lakeflow.job_task_run_timeline', taskRows(plan, run));
        const lineage = lineageRows(plan, run, random);
        add('access.table_lineage', lineage);
        add('access.column_lineage', columnRows(run, lineage, more));
        add('billing.usage', [usageRow(plan, run, more)]);
        documents.push({ kind: 'run', id: run.runId, at: run.start, body: runDocument(run) });
        for (const table of domain.tables.values())
          if (table.template.job === run.job.role && (!run.failed || table.template.role === domain.template.scores))
            await appendVersion(
              lake,
              write,
              table.parts,
              run.job.owner,
              roundRows(plan, domain, table, slot, random, run.start),
            );
      }
      const events = domainEvents(domain, runs).filter((e) => e.service === 'jobs');
      add(
        'access.audit',
        events.map((e) => auditRow(plan, e, random)),
      );
      for (const table of monitored(domain)) {
        const name = monitorName(table, 'drift');
        const last = await write.rows(`SELECT epoch_ms(max(c0."end")) FROM d.t${lake.table(name).key}`);
        const from = Number(last[0]?.[0] ?? 0);
        await appendVersion(
          lake,
          write,
          name,
          domain.model.owner,
          driftRows(domain, table, from, lastWindowEnd(now), random),
        );
        await appendVersion(
          lake,
          write,
          monitorName(table, 'profile'),
          domain.model.owner,
          profileRows(domain, table, from, lastWindowEnd(now), random),
        );
      }
    }
    await saveDocuments(write, documents);
    for (const [name, more] of rows) await holdBack(write, name, more);
    await arrive(lake, write);
    await write.run(`INSERT INTO bw.documents VALUES ('round', $id, ${Math.round(now)}, '{}')`, { id: String(round) });
    return { round, runs: total, failed };
  });

/** At most so many rounds of the told lines at once: a leap over weeks must not take minutes. */
const mostRounds = 12;
const stepMs = 60_000;

/** How far the world has been told, epoch ms. */
export const toldUpTo = async (lake: Lake, world: World): Promise<number> => {
  const connection = await lake.connect();
  try {
    const found = await connection.runAndReadAll("SELECT max(made_at) FROM bw.documents WHERE kind = 'clock'");
    return Number(found.getRows()[0]?.[0] ?? world.plan.now);
  } finally {
    connection.closeSync();
  }
};

/**
 * Bring the world up to its clock: the estate goes on by what happened since, the told lines by a round every four hours; each row
 * of a system table comes when its lateness is over. Nothing happens within a minute of the last time.
 */
export const catchUp = async (lake: Lake, world: World): Promise<void> => {
  const from = await toldUpTo(lake, world);
  const to = lake.clock.now();
  if (to - from < stepMs) return arriveWhenDue(lake);
  const { estate, plan, scenarios } = world;
  await lake.write(async (write) => {
    if (estate !== null) await goOn(lake, write, plan, estate, placeScenarios(scenarios, plan, estate), { from, to });
    await write.run("DELETE FROM bw.documents WHERE kind = 'clock'");
    await write.run(`INSERT INTO bw.documents VALUES ('clock', 'clock', ${to}, '{}')`);
  });
  const round = (at: number): number => Math.floor((at - plan.now) / slotMs);
  for (let n = Math.max(round(from) + 1, round(to) - mostRounds + 1); n <= round(to); n += 1)
    await playNext(lake, world, plan.now + n * slotMs);
  await arriveWhenDue(lake);
};
