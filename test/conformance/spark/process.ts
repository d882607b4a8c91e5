import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { getSpark } from './get.ts';

export type SparkProcess = {
  readonly port: number;
  readonly pid: number;
  /** How long its files took to get. */
  readonly gettingMs: number;
  readonly stop: () => Promise<void>;
};

/** What Spark needs of the JDK's insides when it is started without its own launcher. */
const packages =
  'java.lang java.lang.invoke java.lang.reflect java.io java.net java.nio java.util java.util.concurrent java.util.concurrent.atomic jdk.internal.ref sun.nio.ch sun.nio.cs sun.security.action sun.util.calendar';
const opened = packages.split(' ').map((name) => `--add-opens=java.base/${name}=ALL-UNNAMED`);

/** Settings under `spark.`; what has no word was measured to be fast on small tables. */
const settings = (dir: string, catalogs: readonly string[]): Readonly<Record<string, string>> => ({
  master: 'local[2]',
  'app.name': 'conformance',
  'ui.enabled': 'false',
  'driver.host': '127.0.0.1',
  'driver.bindAddress': '127.0.0.1',
  'local.dir': join(dir, 'local'),
  'default.parallelism': '1',
  'sql.warehouse.dir': join(dir, 'warehouse'),
  'sql.catalogImplementation': 'in-memory',
  'sql.extensions': 'io.delta.sql.DeltaSparkSessionExtension',
  'sql.catalog.spark_catalog': 'org.apache.spark.sql.delta.catalog.DeltaCatalog',
  ...Object.fromEntries(catalogs.map((name) => [`sql.catalog.${name}`, 'breakwater.AliasCatalog'])),
  'sql.sources.default': 'delta',
  'sql.session.timeZone': 'UTC',
  // Otherwise `${x}` inside any text, also inside a value, is silently replaced.
  'sql.variable.substitute': 'false',
  // Otherwise no parameter is bound at all: Delta's parser does not forward Spark's newer way (delta-io/delta issue 7640).
  'sql.legacy.parameterSubstitution.constantsOnly': 'true',
  'sql.shuffle.partitions': '1',
  'sql.adaptive.enabled': 'false',
  'sql.codegen.wholeStage': 'false',
  'sql.codegen.factoryMode': 'NO_CODEGEN',
  'sql.sources.parallelPartitionDiscovery.parallelism': '2',
  'databricks.delta.snapshotPartitions': '1',
});

const startMs = 120_000;

/**
 * Starts Spark in a folder of its own, which goes away with it. Its words go to a file; it ends when its standard input does, so
 * it never outlives this process, however that ends. `catalogs`: names of those that exist; all show the same schemas. Throws
 * with the end of what it said when it does not get ready.
 */
export const startSpark = async (catalogs: readonly string[]): Promise<SparkProcess> => {
  const { classPath, gettingMs } = await getSpark();
  const dir = mkdtempSync(join(tmpdir(), 'bw-spark-'));
  mkdirSync(join(dir, 'local'));
  const errors = join(dir, 'errors.log');
  const file = openSync(errors, 'a');
  const child: ChildProcess = spawn(
    'java',
    [
      ...opened,
      '-Xmx2g',
      '-Xss4m',
      '-XX:+UseSerialGC',
      '-Duser.timezone=UTC',
      `-Djava.io.tmpdir=${dir}`,
      ...Object.entries(settings(dir, catalogs)).map(([name, value]) => `-Dspark.${name}=${value}`),
      '-cp',
      classPath,
      'breakwater.SparkSql',
    ],
    { cwd: dir, stdio: ['pipe', 'pipe', file] },
  );
  closeSync(file);
  const ended = new Promise<void>((resolve) => {
    child.once('close', () => resolve());
    child.once('error', () => resolve());
  });
  const stop = async (): Promise<void> => {
    child.stdin?.end();
    child.kill('SIGKILL');
    await ended;
    rmSync(dir, { recursive: true, force: true });
  };
  const ready = new Promise<number>((resolve, reject) => {
    let said = '';
    const late = setTimeout(() => reject(new Error(`Spark was not ready after ${startMs / 1000} s.`)), startMs);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      const port = /^ready (\d+)$/m.exec(said)?.[1];
      if (port === undefined) return;
      clearTimeout(late);
      resolve(Number(port));
    });
    void ended.then(() => {
      clearTimeout(late);
      reject(new Error('Spark ended before it was ready.'));
    });
  });
  try {
    return { port: await ready, pid: child.pid ?? 0, gettingMs, stop };
  } catch (thrown) {
    const said = readFileSync(errors, 'utf8').slice(-2_000);
    await stop();
    throw new Error(`${thrown instanceof Error ? thrown.message : String(thrown)}\n${said}`, { cause: thrown });
  }
};
