import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fileSize, middleCut } from '../../renderer/kit/middle-cut.ts';
import { pressName } from '../../renderer/kit/shortcuts.ts';
import { age, ago, countdown, createTimes, span, withMoments } from '../../renderer/kit/times.ts';

const minute = 60_000;
const at = Date.parse('2026-11-24T13:30:00.000Z');

describe('moments in one named zone', () => {
  const berlin = createTimes('Europe/Berlin');
  it('reads as wall clock, with the day on other days, and names the zone in full', () => {
    expect(berlin.clock('2026-11-24T13:30:00.000Z')).toBe('14:30');
    expect(berlin.near('2026-11-24T22:59:00.000Z', at)).toBe('23:59');
    expect(berlin.near('2026-11-24T23:01:00.000Z', at)).toBe('25 Nov 00:01');
    expect(berlin.full('2026-11-24T13:30:05.000Z')).toBe('24 Nov 2026, 14:30:05 Europe/Berlin');
    expect(berlin.clock('no time')).toBe('unknown time');
  });

  it('what a date and time control says comes back as the same minute, also around summer time', () => {
    for (const zone of ['Europe/Berlin', 'UTC', 'America/St_Johns', 'Asia/Kathmandu']) {
      const times = createTimes(zone);
      fc.assert(
        fc.property(
          fc.integer({ min: Date.parse('2026-01-01T00:00:00Z'), max: Date.parse('2027-12-31T00:00:00Z') }),
          (ms) => {
            const control = times.toControl(ms);
            const back = times.fromControl(control);
            // Twice a year one wall clock hour means two moments; either is right when it shows the same wall clock.
            expect(back).not.toBeNull();
            expect(times.toControl(Date.parse(back ?? ''))).toBe(control);
          },
        ),
        { numRuns: 60 },
      );
    }
    expect(createTimes('UTC').fromControl('half typed')).toBeNull();
  });

  it('spans have at most two steps', () => {
    const cases: readonly (readonly [number, string])[] = [
      [-5, '0 s'], [40_000, '40 s'], [21 * minute, '21 min'], [192 * minute, '3 h 12'], [240 * minute, '4 h'], [52 * 60 * minute, '2 d 4 h'], [72 * 60 * minute, '3 d'],
    ]; // prettier-ignore
    for (const [ms, words] of cases) expect(span(ms)).toBe(words);
    expect(countdown(6 * minute + 12_000)).toBe('06:12');
    expect(countdown(78 * minute)).toBe('1 h 18');
    expect(countdown(-1)).toBe('00:00');
  });

  it('moments inside a text of the core are shown in the zone, other text stays', () => {
    expect(withMoments('until 2026-11-24T15:00:00.000Z', berlin, at)).toBe('until 16:00');
    expect(withMoments('2026-11-23T15:00Z and 2026-11-24', berlin, at)).toBe('23 Nov 16:00 and 2026-11-24');
  });

  it('an age in the future is named, not hidden', () => {
    expect(age('2026-11-24T13:09:00.000Z', at)).toBe('21 min');
    expect(age('2026-11-24T15:30:00.000Z', at)).toBe('2 h ahead');
    expect(ago('2026-11-24T13:09:00.000Z', at)).toBe('21 min ago');
    expect(ago('2026-11-26T13:30:00.000Z', at)).toBe('2 d ahead of the clock');
    // The seconds by which two clocks differ are no news.
    expect(ago('2026-11-24T13:30:20.000Z', at)).toBe('0 s ago');
  });
});

describe('words that have to fit', () => {
  it('a name keeps its beginning and its end and is never longer than asked', () => {
    expect(middleCut('store_demand_by_store_and_7d', 12)).toBe('store…and_7d');
    expect(middleCut('short', 12)).toBe('short');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.integer({ min: 1, max: 40 }), (name, max) => {
        const cut = middleCut(name, max);
        expect([...cut].length).toBeLessThanOrEqual(Math.max(max, 1));
        if ([...name].length <= max) expect(cut).toBe(name);
      }),
    );
  });

  it('sizes', () => {
    expect([0, 1023, 1536, 219_136, 26 * 1024 * 1024].map(fileSize)).toEqual([
      '0 B',
      '1023 B',
      '1.5 KB',
      '214 KB',
      '26 MB',
    ]);
  });

  it('a press has one name', () => {
    const key = (name: string, held: Partial<Record<'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey', boolean>> = {}) =>
      pressName({ key: name, ctrlKey: false, metaKey: false, altKey: false, shiftKey: false, ...held });
    expect(key('k', { ctrlKey: true })).toBe('mod+k');
    expect(key('k', { metaKey: true })).toBe('mod+k');
    expect(key('?', { shiftKey: true })).toBe('?');
    expect(key('L', { shiftKey: true })).toBe('shift+l');
    expect(key('1', { altKey: true })).toBe('alt+1');
  });
});
