// The walls of the house. A check that can silently look at nothing is worse than none, so each rule is proven on planted
// violations, and the real run must have seen every source file.
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { createRequire } from 'node:module';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectedTsconfigs, readRooms, root } from './tsconfigs.ts';

const config = createRequire(import.meta.url)('./depcruise.cjs') as { forbidden: []; allowed: []; options: object };

const cruiseTree = async (baseDir: string): Promise<ICruiseResult> => {
  const { options, ...ruleSet } = config;
  const result = await cruise(['main', 'renderer', 'shared'], {
    ...options,
    baseDir,
    validate: true,
    ruleSet,
    outputType: undefined,
  } as never);
  return result.output as ICruiseResult;
};
const describeViolations = (result: ICruiseResult): string[] =>
  result.summary.violations.map((one) => `${one.rule.name}: ${one.from} → ${one.to}`).sort();

const sources = (): string[] =>
  globSync('{main,renderer,shared}/**/*.{ts,tsx}', { cwd: root }).filter((path) => !path.endsWith('.d.ts'));

describe('import allow-list', () => {
  it('finds no violation, and has looked at every source file', async () => {
    const result = await cruiseTree(root);
    expect(describeViolations(result)).toEqual([]);
    const seen = new Set(result.modules.map((module) => module.source));
    expect(sources().filter((path) => !seen.has(path))).toEqual([]);
    expect(seen.size).toBeGreaterThan(100);
    // The imports of the whole tree: slow on a machine that does other things too.
  }, 180_000);

  it('turns red for every planted violation', async () => {
    const found = describeViolations(await cruiseTree(join(root, 'test/architecture/planted')));
    const planted = [
      /not-in-allowed: renderer\/views\/a\/reaches-core\.ts → main\/store\/db\.ts/,
      /not-in-allowed: renderer\/bridge\/reads-files\.ts → (node:)?fs/,
      /not-in-allowed: main\/log\/type-only-upwards\.ts → main\/core\/core\.ts/,
      /not-in-allowed: main\/core\/own-database\.ts → .*better-sqlite3/,
      /not-in-allowed: main\/core\/knows-electron\.ts → .*electron/,
      /not-in-allowed: renderer\/views\/a\/own-graph\.tsx → .*cytoscape/,
      /no-cycle: shared\/base\/cycle-[ab]\.ts → shared\/base\/cycle-[ab]\.ts/,
      /not-in-allowed: shared\/domain\/reaches-main\.ts → main\/store\/db\.ts/,
      /not-in-allowed: main\/analysis\/does-io\.ts → (node:)?fs\/promises/,
      /(not-in-allowed|driver-at-home): main\/practice\/takes-driver\.ts → .*@databricks\/sql/,
      /not-in-allowed: main\/detect\/lazy-driver\.ts → .*@databricks\/sql/,
    ];
    for (const pattern of planted)
      expect(
        found.some((line) => pattern.test(line)),
        `${pattern} in\n${found.join('\n')}`,
      ).toBe(true);
  });

  it('is what the compiler enforces too: every tsconfig.json is written from the table', () => {
    for (const [path, text] of expectedTsconfigs(readRooms())) {
      expect(
        JSON.parse(readFileSync(join(root, path), 'utf8')),
        `${path}: run node test/architecture/tsconfigs.ts`,
      ).toEqual(JSON.parse(text));
    }
  });
});
