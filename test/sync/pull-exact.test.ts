import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { createDeltaTransport } from '../../main/sync/delta.ts';
import { parseCursor } from '../../main/sync/delta-rows.ts';
import { FakeDelta, type Fault } from './support/fake-delta.ts';
import { seededBytes } from './support/device.ts';
import { deviceNamed, hashOf, orgNamed, roomNamed, streamOf } from './support/lines.ts';

/**
 * Pull exactness (facts/sync.md 4.3 no. 4 and 5): whatever is committed, restored, dropped or tidied up between any two
 * statements of a reader, once it gets answers again it holds exactly what the table holds.
 */
const log = roomNamed('room');
const other = roomNamed('other');
const devices = ['a', 'b', 'c'].map((name) => deviceNamed(name));
const lines = devices.map((dev) => streamOf(log, dev, 60));

type Step =
  | { readonly kind: 'commit'; readonly dev: number; readonly count: number; readonly again: number }
  | { readonly kind: 'elsewhere' | 'optimize' | 'recreate' | 'tracking' | 'poll' }
  | { readonly kind: 'restore' | 'vacuum'; readonly back: number };
const world: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('commit' as const), dev: fc.nat(2), count: fc.integer({ min: 1, max: 4 }), again: fc.nat(2) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('elsewhere' as const, 'optimize' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('recreate' as const, 'tracking' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constantFrom('restore' as const, 'vacuum' as const), back: fc.nat(6) }) },
); // prettier-ignore
const steps = fc.array(fc.oneof({ weight: 1, arbitrary: fc.record({ kind: fc.constant('poll' as const) }) }, { weight: 2, arbitrary: world }), { maxLength: 40 }); // prettier-ignore
const meanwhile = fc.array(fc.option(world, { freq: 3 }), { maxLength: 60 });
const faults = fc.array(fc.constantFrom<Fault>('none', 'none', 'none', 'offline', 'lost', 'busy'), { maxLength: 60 });

/** Interleavings that once lost rows. */
const found: [Step[], (Step | null)[], Fault[]][] = [
  // A whole read in two polls with a commit between them: the change feed was never looked at.
  [
    [
      { kind: 'poll' },
      { kind: 'commit', dev: 0, count: 1, again: 0 },
      { kind: 'tracking' },
      { kind: 'poll' },
      { kind: 'commit', dev: 1, count: 1, again: 0 },
    ],
    [
      { kind: 'commit', dev: 0, count: 1, again: 0 },
      { kind: 'commit', dev: 0, count: 2, again: 0 },
    ],
    ['offline', 'none', 'none', 'none', 'none', 'none', 'busy'],
  ],
];

test('for any interleaving of commits and polls the reader ends with what the table holds', async () => {
  await fc.assert(
    fc.asyncProperty(steps, meanwhile, faults, async (script, between, trouble) => {
      const delta = new FakeDelta();
      const written = [0, 0, 0];
      const rowOf = (dev: number, seq: number): Record<string, string> => {
        const line = lines[dev]?.[seq - 1]?.line ?? '';
        return { log_id: log, device_id: devices[dev] ?? '', seq: String(seq), hash: hashOf(line), line, disclosures: '[]', sig: 's' };
      }; // prettier-ignore
      const happen = (step: Step): void => {
        switch (step.kind) {
          case 'commit': {
            // Blind writers: what was sent before may come again in the same commit.
            const from = Math.max(0, (written[step.dev] ?? 0) - step.again);
            const to = Math.min(60, (written[step.dev] ?? 0) + step.count);
            written[step.dev] = to;
            if (to > from) delta.append(Array.from({ length: to - from }, (_, at) => rowOf(step.dev, from + at + 1)));
            break;
          }
          case 'elsewhere':
            delta.append([{ ...rowOf(0, 1), log_id: other }]);
            break;
          case 'optimize':
            delta.optimize();
            break;
          case 'restore':
            delta.restore(delta.version - step.back);
            break;
          case 'vacuum':
            delta.vacuum(step.back);
            break;
          case 'recreate':
            delta.create();
            break;
          case 'tracking':
            // A property is changed: a commit of its own, after which old numbers mean nothing.
            delta.rowTracking = !delta.rowTracking;
            delta.commits.push({ version: delta.version + 1, operation: 'SET TBLPROPERTIES', rows: delta.rows });
            break;
          case 'poll':
        }
      };
      const transport = createDeltaTransport('main.share', delta.warehouse, seededBytes('t'), 3);
      await transport.init(orgNamed('org'));
      let cursor: string | null = null;
      let held = new Set<string>();
      let incarnation = '';
      const poll = async (): Promise<boolean> => {
        const place = await transport.probe();
        if (!place.ok) return false;
        // What the engine does: another incarnation voids what was known.
        if (incarnation !== place.value.incarnation) {
          cursor = null;
          ({ incarnation } = place.value);
        }
        for (let more = true; more;) {
          const page = await transport.pull(log, cursor);
          if (!page.ok) return false;
          if (page.value.full) held = new Set();
          for (const { line } of page.value.events) held.add(line);
          const before = parseCursor(cursor);
          const after = parseCursor(page.value.cursor);
          // The watermark only rises while the place is the same and nothing was read anew.
          if (before && after && !page.value.full && before.by === after.by) expect(after.after).toBeGreaterThanOrEqual(before.after); // prettier-ignore
          ({ cursor, more } = page.value);
        }
        return true;
      };
      const queue = [...between];
      delta.between = () => {
        const step = queue.shift();
        if (step) happen(step);
      };
      delta.faults = [...trouble];
      for (const step of script) {
        if (step.kind === 'poll') await poll();
        else happen(step);
      }
      delta.between = () => undefined;
      delta.calm();
      expect(await poll()).toBe(true);
      const table = new Set(
        delta.rows.filter(({ values }) => values['log_id'] === log).map(({ values }) => values['line']),
      );
      expect(held).toEqual(table);
      // And a quiet table is not read again.
      delta.executed = [];
      expect(await poll()).toBe(true);
      expect(delta.executed.filter((name) => name === 'share.pull')).toEqual([]);
    }),
    { numRuns: 1_500, examples: found },
  );
}, 60_000);
