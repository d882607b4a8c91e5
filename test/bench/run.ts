// `npm run bench`: measures, prints a table with each aim met or missed, writes test-results/bench.json. It fails on nothing, since a
// machine under load is no defect; with `-- --strict` an aim that was missed or not measured ends it with 1.
// `npm run bench -- pull log` runs only those, `-- --list` names them.
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isMet } from './aims.ts';
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
const unmeasured: string[] = [];
for (const [name, measure] of Object.entries(benches)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  process.stdout.write(`measuring ${name} …\n`);
  try {
    figures.push(...(await measure()));
  } catch (thrown) {
    unmeasured.push(name);
    process.stdout.write(`${name} could not be measured: ${String(thrown)}\n`);
  }
}
const width = Math.max(...figures.map((one) => one.name.length), 4);
const judged = figures.map((one) => ({ ...one, met: isMet(one) }));
for (const { name, value, unit, aim, met } of judged) {
  const verdict = met === null ? '' : `aim ${aim}: ${met ? 'met' : 'MISSED'}`;
  process.stdout.write(
    `${name.padEnd(width)}  ${value.toLocaleString('en').padStart(12)} ${unit.padEnd(9)} ${verdict}\n`,
  );
}
const missed = judged.filter(({ met }) => met === false);
process.stdout.write(
  `${judged.filter(({ met }) => met === true).length} aims met, ${missed.length} missed, ${unmeasured.length} benches not measured\n`,
);
const machine = {
  node: process.version,
  cpu: cpus()[0]?.model ?? '?',
  cores: cpus().length,
  memoryGiB: Math.round(totalmem() / 2 ** 30),
};
mkdirSync(join(root, 'test-results'), { recursive: true });
writeFileSync(
  join(root, 'test-results/bench.json'),
  `${JSON.stringify({ at: new Date().toISOString(), machine, unmeasured, figures: judged }, null, 2)}\n`,
);
process.stdout.write('test-results/bench.json written\n');
process.exit(process.argv.includes('--strict') && missed.length + unmeasured.length > 0 ? 1 : 0);
