// Gets Spark with Delta: jars by Maven, two small classes compiled. Idempotent; kept outside git, under a name that changes with
// the versions and with the two classes.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from '../../../main/cli/alone.ts';
import { ensureTestTools } from '../../support/debian.ts';
import { cacheFolder, root } from '../../support/places.ts';

const here = join(root, 'test/conformance/spark');
const pom = join(here, 'pom.xml');
const sources = ['SparkSql.java', 'AliasCatalog.java'].map((name) => join(here, name));

const versionIn = (text: string, artifact: string): string =>
  new RegExp(`<artifactId>${artifact}</artifactId>\\s*<version>([^<]+)</version>`).exec(text)?.[1] ?? 'unknown';
const pomText = readFileSync(pom, 'utf8');

/** What is judged by, as pom.xml names it. */
export const versions = {
  spark: versionIn(pomText, 'spark-sql_2\\.13'),
  delta: versionIn(pomText, 'delta-spark_[\\d.]+_2\\.13'),
} as const;

/** Errors only, to standard error: Spark tells every failed statement with its stack. */
const logging = [
  'rootLogger.level = error',
  'rootLogger.appenderRef.c.ref = c',
  'appender.c.type = Console',
  'appender.c.name = c',
  'appender.c.target = SYSTEM_ERR',
  'appender.c.layout.type = PatternLayout',
  'appender.c.layout.pattern = %d{HH:mm:ss.SSS} %p %c{1}: %m%n%ex',
  '',
].join('\n');

const run = (command: string, args: readonly string[], shown: string): void => {
  const done = spawnSync(command, [...args], { encoding: 'utf8', timeout: 600_000, maxBuffer: 64 * 1024 * 1024 });
  if (done.status !== 0)
    throw new Error(
      `${shown} failed: ${`${done.stdout ?? ''}${done.stderr ?? ''}`.slice(-2_000) || (done.error?.message ?? String(done.status))}`,
    );
};

/** `gettingMs`: how long fetching, compiling and installing took; next to nothing when all is there. */
export type SparkFiles = { readonly classPath: string; readonly gettingMs: number };

const build = (target: string): void => {
  const work = `${target}.new`;
  rmSync(work, { recursive: true, force: true });
  for (const folder of ['classes', 'conf']) mkdirSync(join(work, folder), { recursive: true });
  const jars = join(work, 'jars');
  process.stderr.write(`Fetching Spark ${versions.spark} and Delta ${versions.delta} (291 MB, once)…\n`);
  run(
    'mvn',
    ['-q', '-B', '-f', pom, 'dependency:copy-dependencies', '-DincludeScope=runtime', `-DoutputDirectory=${jars}`],
    'Maven',
  );
  run('javac', ['-nowarn', '-Xlint:none', '-cp', join(jars, '*'), '-d', join(work, 'classes'), ...sources], 'javac');
  writeFileSync(join(work, 'conf', 'log4j2.properties'), logging);
  rmSync(target, { recursive: true, force: true });
  renameSync(work, target);
};

/** Spark's files, fetched and compiled when they are not there. Installs JDK and Maven as root on Debian; else says what to run. */
export const getSpark = async (): Promise<SparkFiles> => {
  const began = performance.now();
  const mark = createHash('sha256');
  for (const file of [pom, ...sources]) mark.update(readFileSync(file));
  const prefix = `spark-${versions.spark}-delta-${versions.delta}-`;
  const name = `${prefix}${mark.digest('hex').slice(0, 8)}`;
  const target = join(cacheFolder(), name);
  ensureTestTools(['java']);
  await alone(join(cacheFolder(), `${prefix}get.lock`), 600_000, () => {
    if (!existsSync(target)) {
      ensureTestTools(['maven']);
      build(target);
      for (const old of readdirSync(cacheFolder()))
        if (old.startsWith(prefix) && old !== name && !old.endsWith('.lock'))
          rmSync(join(cacheFolder(), old), { recursive: true, force: true });
    }
    return Promise.resolve();
  });
  const classPath = ['conf', 'classes', 'jars/*'].map((part) => join(target, part)).join(':');
  return { classPath, gettingMs: performance.now() - began };
};
