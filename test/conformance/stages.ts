import { startPractice } from '../support/practice.ts';
import { practiceConnection } from '../support/lakehouse.ts';
import { createSparkEngine } from './spark/engine.ts';
import { startFrontEnd } from './spark/front-end.ts';
import { versions } from './spark/get.ts';
import { startSpark } from './spark/process.ts';
import { connectionFrom, workspaceStage } from './workspace-stage.ts';
import { makeStage, prepare, type Engine, type Stage } from './stage.ts';

/** The practice lakehouse of this checkout, in this process. */
const practiceStage = async (): Promise<Stage> => {
  const practice = await startPractice();
  return makeStage({
    engine: 'practice',
    about: 'the practice lakehouse (DuckDB)',
    catalog: practice.catalog,
    schema: 'conformance',
    connection: practiceConnection(practice),
    practice,
    end: practice.close,
  });
};

/** Spark with Delta behind the practice front end; a practice lakehouse gives REST and the rows for look-alike tables. */
const sparkStage = async (): Promise<Stage> => {
  const spark = await startSpark();
  const practice = await startPractice({ estate: true });
  const front = await startFrontEnd(createSparkEngine(spark.port), practice);
  return makeStage({
    engine: 'spark',
    about: `Apache Spark ${versions.spark} with Delta Lake ${versions.delta}`,
    catalog: 'main',
    schema: 'conformance',
    connection: practiceConnection(practice, { port: front.port, httpPath: front.httpPath, caFile: front.caFile }),
    practice,
    end: async () => {
      await front.close();
      await practice.close();
      await spark.stop();
    },
  });
};

const realStage = (): Promise<Stage> => {
  const connection = connectionFrom(process.env);
  const catalog = process.env['BREAKWATER_CONFORMANCE_CATALOG'] ?? '';
  return Promise.resolve(workspaceStage({ connection, catalog }));
};

const makers: Readonly<Record<Engine, () => Promise<Stage>>> = {
  practice: practiceStage,
  spark: sparkStage,
  workspace: realStage,
};

/** An engine, started, with an empty schema for the suite. Close it: nothing of it is left then. */
export const openStage = async (engine: Engine): Promise<Stage> => {
  const stage = await makers[engine]();
  try {
    await prepare(stage, `CREATE SCHEMA IF NOT EXISTS ${stage.catalog}.${stage.schema}`);
    return stage;
  } catch (thrown) {
    // An engine that cannot be used must not be left running.
    await stage.close();
    throw thrown;
  }
};
