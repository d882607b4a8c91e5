// `npm run bench`: measures, prints a table, writes test-results/bench.json. Fails on nothing: a machine under load is no
// defect. `npm run bench -- pull log` runs only those, `-- --list` names them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { logFigures } from './log.ts';
import { offlineFigures } from './offline.ts';
import { packFigures } from './pack.ts';
import { pull } from './pull.ts';
import { shareFigures } from './share.ts';
import { startFigures } from './start.ts';
import type { Figure } from './seams.ts';

const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const benches: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  share: shareFigures,
  log: logFigures,
  pull,
  pack: packFigures,
  offline: offlineFigures,
  start: startFigures,
};
const wanted = process.argv.slice(2).filter((name) => !name.startsWith('-'));
if (process.argv.includes('--list')) {
  process.stdout.write(`${Object.keys(benches).join('\n')}\n`);
  process.exit(0);
}

const figures: Figure[] = [];
for (const [name, measure] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`measuring ${name} …\n`);
  try {
    figures.push(...(await measure()));
  } catch (thrown) {
    process.stdout.write(`${name} could not be measured: ${String(thrown)}\n`);
  }
}
const width = Math.max(...figures.map((one) => one.name.length), 4);
for (const { name, value, unit, aim } of figures) {
  process.stdout.write(
    `${name.padEnd(width)}  ${value.toLocaleString('en').padStart(12)} ${unit.padEnd(9)} ${aim && `aim ${aim}`}\n`,
  );
}
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? '?',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
};
mkdirSync(join(root, 'test-results'), { recursive: true });
writeFileSync(
  join(root, 'test-results/bench.json'),
  `${JSON.stringify({ at: new Date().toISOString(), machine, figures }, null, 2)}\n`,
);
process.stdout.write('test-results/bench.json written\n');
process.exit(0);
