/**
 * A process that pushes once and is killed while it does (checks/killed.ts). One line of JSON on standard input says where; it says
 * `sent` when the statement is handed to the driver, and `ended` when the answer came.
 */
import { createInterface } from 'node:readline';
import { staticToken } from '../../main/databricks/token-source.ts';
import type { Connection } from '../../main/databricks/port.ts';
import { openWorkspace } from '../../main/databricks/workspace.ts';
import { databricksDeps } from '../support/lakehouse.ts';
import { pushVia } from './checks/events-table.ts';

export type KilledJob = {
  readonly connection: Omit<Connection, 'auth'>;
  readonly token: string;
  readonly place: string;
  readonly batch: string;
};

const say = (line: string): void => void process.stdout.write(`${line}\n`);

// Never in the arguments: those everybody on the machine can read.
createInterface({ input: process.stdin }).once('line', (line) => {
  const job = JSON.parse(line) as KilledJob;
  const opened = openWorkspace(
    { ...job.connection, auth: staticToken(job.token) },
    databricksDeps({ onStatement: (name) => (name === 'share.push' ? say('sent') : undefined) }),
  );
  if (!opened.ok) throw new Error(opened.error.what);
  void pushVia(opened.value, job.place, job.batch).then((pushed) => {
    say(pushed.ok ? 'ended' : `failed ${pushed.error.what}`);
    process.exit(0);
  });
});
