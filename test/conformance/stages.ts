import { openWorkspace } from '../../main/databricks/workspace.ts';
import { naming as worldNames } from '../../main/practice/world/domains.ts';
import { isJsonObject } from '../../shared/base/json.ts';
import { toInstant, type Clock } from '../../shared/base/time.ts';
import { startPractice } from '../support/practice.ts';
import { databricksDeps, practiceConnection } from '../support/lakehouse.ts';
import { happenings } from './happenings.ts';
import { createSparkEngine } from './spark/engine.ts';
import { startFrontEnd } from './spark/front-end.ts';
import { versions } from './spark/get.ts';
import { startSpark } from './spark/process.ts';
import { connectionFrom, workspaceStage } from './workspace-stage.ts';
import { wishesFrom } from './wishes.ts';
import { makeStage, prepare, type Engine, type Stage } from './stage.ts';

/** A warehouse may have to start first. */
const patience = { timeoutMs: 600_000 };

/** The practice lakehouse of this checkout, in this process; as if it had been started `at`, epoch ms. */
const practiceStage = async (at: number | null): Promise<Stage> => {
  const ahead = at === null ? 0 : at - Date.now();
  const clock: Clock = { now: () => Date.now() + ahead };
  const practice = await startPractice({ scenarios: [happenings], now: clock.now });
  return makeStage({
    engine: 'practice',
    about: `the practice lakehouse (DuckDB)${at === null ? '' : `, as if it were ${toInstant(at)}`}`,
    clock,
    catalog: practice.catalog,
    schema: 'conformance',
    connection: practiceConnection(practice),
    practice,
    refuse: async (pattern) => {
      await practice.control({ deny: pattern === null ? null : { pattern, count: null } });
    },
    end: practice.close,
  });
};

/** Spark with Delta behind the practice front end; a practice lakehouse gives REST and the rows for look-alike tables. */
const sparkStage = async (): Promise<Stage> => {
  // Both take their time. Rooms hear of tables of the world, which are not there; whichever its catalog is, that is.
  const started = startSpark(['main', 'system', ...worldNames.catalogs]);
  // Why it did not start is told below, when somebody waits for it.
  started.catch(() => undefined);
  const practice = await startPractice({ scenarios: [happenings] }).catch(async (thrown: unknown) => {
    await (await started).stop();
    throw thrown;
  });
  const spark = await started.catch(async (thrown: unknown) => {
    await practice.close();
    throw thrown;
  });
  const front = await startFrontEnd(createSparkEngine(spark.port), practice);
  return makeStage({
    engine: 'spark',
    about: `Apache Spark ${versions.spark} with Delta Lake ${versions.delta}`,
    catalog: 'main',
    schema: 'conformance',
    connection: practiceConnection(practice, { port: front.port, httpPath: front.httpPath, caFile: front.caFile }),
    practice,
    refuse: front.refuse,
    gettingMs: spark.gettingMs,
    end: async () => {
      await front.close();
      await practice.close();
      await spark.stop();
    },
  });
};

/** A real workspace. Before anything else: whether its warehouse runs, and how long its first answer takes. */
const realStage = async (): Promise<Stage> => {
  const connection = connectionFrom(process.env);
  const catalog = process.env['BREAKWATER_CONFORMANCE_CATALOG'] ?? '';
  const opened = openWorkspace(connection, databricksDeps());
  if (!opened.ok) throw new Error(`${opened.error.what} ${opened.error.advice}`);
  const first = opened.value;
  const path = `/api/2.0/sql/warehouses/${connection.httpPath.split('/').at(-1) ?? ''}`;
  const found = await first.rest.call({ method: 'GET', path });
  const state = found.ok && isJsonObject(found.value) ? String(found.value['state']) : 'not told';
  const began = Date.now();
  const answer = await first.warehouse.query({ name: 'conformance', text: 'SELECT 1 AS a', effect: 'read' }, patience);
  const opening = { state, ms: Date.now() - began };
  await first.close();
  if (!answer.ok) throw new Error(`${answer.error.what} ${answer.error.advice}`);
  return workspaceStage({ connection, catalog, wishes: wishesFrom(process.env, connection), opening });
};

const makers: Readonly<Record<Engine, (at: number | null) => Promise<Stage>>> = {
  practice: practiceStage,
  spark: sparkStage,
  workspace: realStage,
};

/** An engine, started, with an empty schema for the suite. `at`: another time, in practice only. Close it: nothing of it is left then. */
export const openStage = async (engine: Engine, at: number | null = null): Promise<Stage> => {
  const stage = await makers[engine](at);
  try {
    await prepare(stage, `CREATE SCHEMA IF NOT EXISTS ${stage.catalog}.${stage.schema}`);
    return stage;
  } catch (thrown) {
    // An engine that cannot be used must not be left running.
    await stage.close();
    throw thrown;
  }
};
