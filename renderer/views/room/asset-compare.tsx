import { useState } from 'react';
import type { AssetSheet } from '../../../shared/contract/asset.ts';
import { Choose, Mark } from '../../kit/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useTimes } from '../common/use.ts';

type Props = { readonly log: string; readonly asset: string; readonly versions: AssetSheet['versions'] };
const words = { added: 'added', removed: 'removed', retyped: 'other type' } as const;

/** Columns at two versions side by side; only what differs is listed. */
export const AssetCompare = ({ log, asset, versions }: Props) => {
  const [from, setFrom] = useState(versions.at(-1)?.version ?? 0);
  const [to, setTo] = useState(versions[0]?.version ?? 0);
  const feed = useFeed('asset.compare', { log, asset, from, to });
  const now = useNow();
  const times = useTimes();
  const options = versions.map(({ version, at }) => ({
    id: String(version),
    label: `version ${version}, ${times.near(at, now)}`,
  }));
  return (
    <div className="asset-compare" data-testid="asset-compare">
      <div className="asset-pick">
        <Choose
          label="Columns at"
          value={String(from)}
          options={options}
          onChange={(id) => setFrom(Number(id))}
          testId="compare-from"
        />
        <Choose
          label="against"
          value={String(to)}
          options={options}
          onChange={(id) => setTo(Number(id))}
          testId="compare-to"
        />
      </div>
      <FeedGate feed={feed} label="the comparison">
        {({ rows, changes, note }) => {
          const differ = rows.filter((row) => row.change !== 'same');
          return (
            <>
              {note === null ? null : <p className="asset-note tone-warn">{note}</p>}
              {note === null && differ.length === 0 ? (
                <p className="asset-note">{`The same ${rows.length} columns.`}</p>
              ) : (
                <ul className="asset-lines">
                  {differ.map((row) => (
                    <li key={row.name} className="asset-line">
                      <Mark tone="change" label={row.change === 'same' ? '' : words[row.change]}>
                        {row.change === 'added' ? '+' : row.change === 'removed' ? '−' : '~'}
                      </Mark>
                      <span className="asset-label">{row.name}</span>
                      <span className="asset-value">
                        {row.change === 'retyped' ? `${row.from ?? ''} → ${row.to ?? ''}` : (row.to ?? row.from ?? '')}
                      </span>
                    </li>
                  ))}
                </ul>
              )}
              {changes.map((change) => (
                <p key={change} className="asset-note">
                  {change}
                </p>
              ))}
            </>
          );
        }}
      </FeedGate>
    </div>
  );
};
