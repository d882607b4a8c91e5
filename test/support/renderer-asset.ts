import type { AssetComparison, AssetLine, AssetSheet } from '../../shared/contract/asset.ts';

const line = (label: string, value: string, more: Partial<AssetLine> = {}): AssetLine => ({
  label, value, chips: [], at: null, tone: 'plain', fact: null, ...more,
}); // prettier-ignore

/** A sheet with every kind of section: full, empty and read, never read, not complete. */
export const sampleSheet = (asset: string, at: string): AssetSheet => {
  const section = (id: string, title: string, source: string, lines: readonly AssetLine[], more = {}) => ({
    id, title, source, lines: [...lines], more: 0, observedAt: at, completeTo: null, note: null, ...more,
  }); // prettier-ignore
  return {
    asset,
    name: asset.split('.').at(-1) ?? asset,
    kind: asset.split('|')[0] ?? 'table',
    detail: 'main.bronze',
    versions: [
      { version: 88, at },
      { version: 87, at },
    ],
    sections: [
      section('about', 'About', 'Tables and their owners', [
        line('type', 'MANAGED'),
        line('owner', 'platform-data'),
        line('altered at', '', { at }),
      ]),
      section('columns', 'Columns now', 'Columns of tables', [
        line('store_id', 'bigint', { chips: ['not null'] }),
        line('amount_net', 'decimal(12,2)'),
        line('customer_mail', 'string', { chips: ['pii: email', 'masked by main.rules.mail_mask'] }),
      ]),
      section('rules', 'Row filters and column masks', 'Row filters, Column masks', [
        line('rows', 'main.rules.eu_only', { chips: ['uses region'], tone: 'warn' }),
        line('customer_mail', 'main.rules.mail_mask', { tone: 'warn' }),
      ]),
      section('access', 'Who has rights', 'Rights on tables', [
        line('analysts', 'SELECT'),
        line('platform-data', 'ALL PRIVILEGES', { chips: ['inherited from catalog'] }),
      ]),
      section('tags', 'Tags', 'Tags of tables, Tags of columns', []),
      section('changes', 'What changed', 'Audit log, Versions of tables', [
        line('Columns of pos_sales changed: amount renamed to amount_net', '', { tone: 'change', at }),
      ]),
      section('quality', 'Quality, drift and expectations', 'Data profiles', [], {
        observedAt: null,
        note: 'Data profiles: not complete, this user may not read it.',
      }),
      section(
        'lineage',
        'Lineage, one step',
        'Lineage of tables',
        [line('daily_features', 'is made from it', { chips: ['Lineage of tables', 'by nightly_features'], at })],
        { completeTo: at },
      ),
    ],
  };
};

export const sampleComparison: AssetComparison = {
  rows: [
    { name: 'store_id', from: 'bigint', to: 'bigint', change: 'same' },
    { name: 'amount', from: 'decimal', to: null, change: 'removed' },
    { name: 'amount_net', from: null, to: 'decimal', change: 'added' },
  ],
  changes: ['Version 88: Columns of pos_sales changed: amount renamed to amount_net'],
  note: null,
};
