// What a room is about, one name a line: a line that looks like several is told before the room is opened.
import { expect, it } from 'vitest';
import { severalInOne } from '../../renderer/views/rooms/affected-lines.ts';

it('a comma or a semicolon outside of backticks is told, with the first line that holds one', () => {
  expect(severalInOne('main.sales.orders\n main.sales.orders,12 \na;b')).toBe('main.sales.orders,12');
  expect(severalInOne('12; 13')).toBe('12; 13');
  expect(severalInOne('main.sales.`odd`, 12')).toBe('main.sales.`odd`, 12');
  expect(severalInOne('main.sales.orders, 12 in Pricing')).toBe('main.sales.orders, 12 in Pricing');
});

it('names in backticks and names of workspaces may hold them', () => {
  for (const text of ['', 'main.sales.orders\n12', 'main.sales.`orders, old; kept`', 'main.`a``,b`.c', 'job 12 in Pricing, Frankfurt'])
    expect(severalInOne(text)).toBeNull();
}); // prettier-ignore
