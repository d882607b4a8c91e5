/**
 * A process that reads shared tables into a profile, a few rows at a time, and kills itself (SIGKILL) with a transaction open, before
 * its nth write: `die-in-intake.ts PROFILE PLACE ROWS N ADDRESS` (ADDRESS as JSON). One that gets to the end says how many writes that took.
 */
import { writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { createDeltaTransport } from '../../../main/sync/delta.ts';
import { beforeWrites } from './before-writes.ts';
import { openDevice } from './device.ts';
import { connect, type Address } from './workspace.ts';

const [dir = '', place = '', rows = '', nth = '', address = ''] = process.argv.slice(2);
const workspace = connect(JSON.parse(address) as Address);
const transport = (_: unknown, at: string) => createDeltaTransport(at, workspace.warehouse, randomBytes, Number(rows));
const device = openDevice('bob', transport, { dir, random: randomBytes });
if (device.sync.shares().length === 0) await device.sync.joinShare('delta', place);
const writes = beforeWrites(device.profile.store, (count) => {
  if (count === Number(nth)) process.kill(process.pid, 'SIGKILL');
});
await device.sync.syncNow();
writeSync(1, `${JSON.stringify({ writes: writes.count() })}\n`);
await device.close();
await workspace.close();
