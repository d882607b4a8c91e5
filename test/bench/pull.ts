// Rows per second through our face against the same statement through the bare driver, in turns within one run.
import { readFileSync } from 'node:fs';
import { DBSQLClient } from '@databricks/sql';
import { staticToken } from '../../main/databricks/token-source.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { dbx, statementKind } from '../../main/databricks/statements.ts';
import { startPractice } from '../support/practice.ts';
import { clock, type Figure, median, random, scheduler, seconds } from './seams.ts';

const rows = 60_000;
const text = `SELECT a.run_id AS id, b.run_id AS other, concat('run ', a.job_id) AS name FROM system.lakeflow.job_run_timeline a CROSS JOIN system.lakeflow.job_run_timeline b LIMIT ${rows}`;
const read = statementKind('bench.pull', 'read', 'rows for the benchmark');

export const pull = async (): Promise<readonly Figure[]> => {
  const practice = await startPractice({ seed: 1, fault: 'none' });
  process.env['DATABRICKS_TELEMETRY_DISABLED'] = '1';
  const opened = openWorkspace(
    {
      kind: 'practice',
      name: 'practice',
      host: practice.host,
      port: practice.port,
      httpPath: practice.httpPath,
      auth: staticToken(practice.token),
      caFile: practice.caFile,
    },
    { clock, scheduler, random },
  );
  if (!opened.ok) throw new Error(opened.error.what);
  const workspace = opened.value;
  const bare = new DBSQLClient({ logger: { log: () => undefined } as never });
  await bare.connect({
    host: practice.host,
    port: practice.port,
    path: practice.httpPath,
    token: practice.token,
    customCaCert: readFileSync(practice.caFile),
    telemetryEnabled: false,
  } as never);
  const session = await bare.openSession();

  const ours = async (): Promise<void> => {
    let seen = 0;
    for await (const page of workspace.warehouse.pages(
      read(
        dbx`SELECT a.run_id AS id, b.run_id AS other, concat('run ', a.job_id) AS name FROM system.lakeflow.job_run_timeline a CROSS JOIN system.lakeflow.job_run_timeline b LIMIT 60000`,
      ),
    )) {
      if (!page.ok) throw new Error(`${page.error.what} ${page.error.code ?? ''}`);
      seen += page.value.rows.length;
    }
    if (seen !== rows) throw new Error(`${seen} rows`);
  };
  const theirs = async (): Promise<void> => {
    const operation = await session.executeStatement(text, { useCloudFetch: false } as never);
    const all = await operation.fetchAll();
    await operation.close();
    if (all.length !== rows) throw new Error(`${all.length} rows`);
  };
  await ours();
  await theirs();
  const a: number[] = [];
  const b: number[] = [];
  for (let turn = 0; turn < 5; turn += 1) {
    a.push(await seconds(ours));
    b.push(await seconds(theirs));
  }
  await session.close();
  await bare.close();
  await workspace.close();
  await practice.close();
  return [
    { name: 'pull', value: Math.round(rows / median(a)), unit: 'rows/s', aim: '' },
    { name: 'pull, raw driver in the same run', value: Math.round(rows / median(b)), unit: 'rows/s', aim: '' },
    { name: 'pull against the raw driver', value: Number((median(b) / median(a)).toFixed(2)), unit: '×', aim: '≥ 0.8' },
  ];
};
