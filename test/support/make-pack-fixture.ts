// Made test/fixtures/pack-1 once. Never run again for that folder: the fixture is frozen, so that a pack of today can be
// verified by every later version. A new pack format gets a new folder. `node test/support/make-pack-fixture.ts FOLDER`.
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { citation, fullRoom, packRoom } from './pack-room.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined || existsSync(join(folder, 'pack.zip'))) {
  process.stderr.write('Give a folder that holds no fixture yet.\n');
  process.exit(2);
}
const { alice, room, close } = await fullRoom();
const done = await packRoom(alice, room, {
  file: join(alice.dir, 'pack.zip'),
  facts: [citation(1), citation(2, 'run'), citation(3, 'schema-change')],
});
mkdirSync(folder, { recursive: true });
renameSync(done.file, join(folder, 'pack.zip'));
writeFileSync(join(folder, 'pack.zip.signers'), `${done.signersLine}\n`);
writeFileSync(join(folder, 'fingerprint.txt'), `${done.fingerprint}\n`);
writeFileSync(join(folder, 'sha256.txt'), `${done.sha256}\n`);
close();
