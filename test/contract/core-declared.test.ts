import { expect, it } from 'vitest';
import { openCore, scratch, value } from '../support/core.ts';

it('what is declared by hand stands on the map with its owner and by whom, and can be taken back', async () => {
  const core = await openCore(scratch());
  const { log } = value(
    await core.call('room.open', { from: 'hand', title: 'Prices are wrong', class: 'data-quality', severity: 'SEV3' }),
  );
  const asset = 'table|ms|main.shop.prices';
  value(await core.call('note.add', { log, text: 'this one', assets: [asset] }));
  const outside = { name: 'SAP ERP', owner: 'erp-team', contact: 'erp@x.example' };
  const { hashes } = value(await core.call('lineage.declare', { log, outside, to: asset, note: 'they send a file' }));
  expect(hashes).toHaveLength(2);
  const declared = `external|external|declared/${hashes[0] ?? ''}`;

  const map = value(await core.call('room.lineage', { log }));
  expect(map.nodes.find((node) => node.id === declared)).toMatchObject({
    name: 'SAP ERP', kind: 'external', detail: 'outside Databricks, owner erp-team',
  }); // prettier-ignore
  expect(map.edges[0]?.source).toMatch(/^declared by /);
  expect(map.declared?.map(({ words }) => words)).toEqual(['SAP ERP, outside Databricks', 'SAP ERP goes into prices']);

  const sheet = value(await core.call('asset.get', { log, asset: declared }));
  expect(sheet).toMatchObject({ name: 'SAP ERP', kind: 'external' });
  expect(sheet.sections[0]?.lines.map(({ label, value: words }) => `${label}: ${words}`)).toContain(
    'contact: erp@x.example',
  );
  const timeline = value(await core.call('room.timeline', { log }));
  expect(timeline.rows.map(({ title }) => title)).toContain('Declared: SAP ERP, outside Databricks');

  expect(await core.call('lineage.declare', { log, from: asset, to: asset })).toMatchObject({
    ok: false,
    error: { tag: 'EdgeToItself' },
  });
  expect(await core.call('lineage.withdraw', { log, declaration: 'f'.repeat(64) })).toMatchObject({ ok: false });
  for (const declaration of hashes) value(await core.call('lineage.withdraw', { log, declaration }));
  const after = value(await core.call('room.lineage', { log }));
  expect(after.nodes.map(({ id }) => id)).toEqual([asset]);
  expect(after.declared).toBeUndefined();
});
