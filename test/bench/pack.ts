// A pack of a room with 1,000 notes: written and verified, against zipping the same bytes and nothing else.
import { rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { EventDraft } from '../../main/log/port.ts';
import { verifyPack } from '../../main/evidence/verify.ts';
import { handOpenedLog } from '../../main/log/ids.ts';
import { openDevice, packRoom } from '../support/pack-room.ts';
import { clock, type Figure, random } from './seams.ts';

const items = 1000;

export const packFigures = async (): Promise<readonly Figure[]> => {
  const device = openDevice('bench');
  const log = handOpenedLog(clock.now(), random);
  device.write(log, [
    {
      type: 'incident.opened',
      fields: { title: 'Bench', class: 'data-quality', severity: 'SEV3', how: 'hand', signals: [] },
    },
  ]);
  const drafts = Array.from({ length: items }, (_, n): EventDraft => ({
    type: 'note.added',
    fields: { text: `note ${n}: nulls begin with the first run after the change` },
  }));
  device.write(log, drafts);
  const started = performance.now();
  const done = await packRoom(device, log, { file: join(device.dir, 'bench.zip') });
  const written = performance.now();
  const verified = await verifyPack(done.file, {});
  const checked = performance.now();
  if (verified.outcome === 'refused') throw new Error(JSON.stringify(verified.findings));
  const { size } = statSync(done.file);
  device.close();
  rmSync(device.dir, { recursive: true, force: true });
  return [
    { name: `pack of ${items} items, written`, value: Math.round(written - started), unit: 'ms', aim: '' },
    { name: `pack of ${items} items, verified`, value: Math.round(checked - written), unit: 'ms', aim: '' },
    { name: `pack of ${items} items, size`, value: Math.round(size / 1024), unit: 'KiB', aim: '' },
  ];
};
