import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject, JsonValue } from '../../shared/base/json.ts';
import { apply, diff } from '../../shared/contract/patch.ts';

// Rows as views have them: a string id, some other fields. Ids repeat between two answers, so rows move, change and vanish.
const row = fc.record({ id: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), text: fc.string(), n: fc.nat(3) });
const rows = fc.uniqueArray(row, { selector: (r) => r.id, maxLength: 6 });
const value: fc.Arbitrary<JsonValue> = fc.oneof(
  fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<JsonValue>,
  rows as fc.Arbitrary<JsonValue>,
);
const answer = fc.dictionary(
  fc.constantFrom('rows', 'total', 'next', 'x', 'y', 'constructor'),
  value,
) as fc.Arbitrary<JsonObject>;
const wire = <T>(sent: T): T => JSON.parse(JSON.stringify(sent)) as T;

describe('patches between two answers', () => {
  it('bring the old answer to the new one, also after a trip as text', () => {
    fc.assert(
      fc.property(answer, answer, (before, after) => {
        const a = wire(before);
        const b = wire(after);
        const patch = diff(a, b);
        expect(patch === null ? a : apply(a, wire(patch))).toEqual(b);
      }),
      { numRuns: 2000 },
    );
  });

  it('are null exactly when nothing changed', () => {
    fc.assert(
      fc.property(answer, (a) => {
        expect(diff(wire(a), wire(a))).toBeNull();
      }),
    );
    expect(diff({ a: 1 }, { a: 2 })).not.toBeNull();
  });

  it('never change the answer that they are applied to', () => {
    fc.assert(
      fc.property(answer, answer, (before, after) => {
        const a = wire(before);
        const patch = diff(a, wire(after));
        if (patch !== null) apply(a, patch);
        expect(a).toEqual(wire(before));
      }),
    );
  });

  it('send only the changed row of a list', () => {
    const list = Array.from({ length: 100 }, (_, n) => ({ id: `r${n}`, text: 'x'.repeat(50) }));
    const changed = list.map((r) => (r.id === 'r40' ? { ...r, text: 'new' } : r));
    expect(diff({ rows: list }, { rows: changed })).toEqual({ rows: { rows: { put: [{ id: 'r40', text: 'new' }] } } });
  });

  it('send a moved row as an order, not as rows', () => {
    const patch = diff({ rows: [{ id: 'a' }, { id: 'b' }] }, { rows: [{ id: 'b' }, { id: 'a' }] });
    expect(patch).toEqual({ rows: { rows: { order: ['b', 'a'] } } });
  });
});
