import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import type { AssetLine, AssetSection, AssetSheet as Sheet } from '../../../shared/contract/asset.ts';
import type { Room } from '../../../shared/contract/room.ts';
import { ago, Chip, IconButton, Panel, useShortcuts } from '../../kit/index.ts';
import { noSelection, useModel } from '../../model/index.ts';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useNow, useTimes } from '../common/use.ts';
import { AssetCompare } from './asset-compare.tsx';
import './asset-sheet.css';

/** The asset that is looked at: one that was chosen by itself, on the map or by the key. */
export const useChosenAsset = (): string | null => {
  const selection = useModel((model) => model.selection);
  return selection.entry === null && selection.assets.length === 1 ? (selection.assets[0] ?? null) : null;
};

/** `I` looks at the asset of what is selected. */
export const useAssetKey = (): void => {
  const selection = useModel((model) => model.selection);
  const select = useModel((model) => model.select);
  useShortcuts({
    i: () => {
      const [asset] = selection.assets;
      if (asset !== undefined) select({ entry: null, assets: [asset] });
    },
  });
};

/** What this device holds about one asset: section by section, each with its source and age. No network, no waiting. */
export const AssetSheet = ({ room, asset }: { readonly room: Room; readonly asset: string }) => {
  const feed = useFeed('asset.get', { log: room.log, asset });
  const select = useModel((model) => model.select);
  const close = (): void => select(noSelection);
  const title = feed.value?.name ?? 'Asset';
  return (
    <Panel
      title={title}
      className="asset-sheet"
      data-testid="asset-sheet"
      note={feed.value === null ? undefined : [...new Set([feed.value.kind, feed.value.detail])].join(' · ')}
      tools={
        <IconButton label="Close" kbd="Esc" onPress={close}>
          <X size={16} strokeWidth={1.75} />
        </IconButton>
      }
    >
      <FeedGate feed={feed} label="what is known about it">
        {(sheet) => <Sections key={sheet.asset} sheet={sheet} room={room} />}
      </FeedGate>
    </Panel>
  );
};

const Sections = ({ sheet, room }: { readonly sheet: Sheet; readonly room: Room }) => (
  <div className="asset-body" role="region" aria-label={`What is known about ${sheet.name}`}>
    {sheet.sections.length === 0 ? (
      <p className="asset-note">
        Nothing about it is on this device yet. Packing the room reads what there is to know.
      </p>
    ) : null}
    {sheet.sections.map((section) => (
      <Section key={section.id} section={section}>
        {section.id === 'columns' && sheet.versions.length > 1 ? (
          <AssetCompare log={room.log} asset={sheet.asset} versions={sheet.versions} />
        ) : null}
      </Section>
    ))}
  </div>
);

const Section = ({ section, children }: { readonly section: AssetSection; readonly children: ReactNode }) => {
  const now = useNow();
  const times = useTimes();
  const read = section.observedAt === null ? null : `read ${ago(section.observedAt, now)}`;
  const until = section.completeTo === null ? null : `facts to ${times.near(section.completeTo, now)}`;
  return (
    <section className="asset-section" data-testid="asset-section" data-section={section.id}>
      <h3 className="asset-heading">{section.title}</h3>
      <p className="asset-source">
        {[section.source, read, until].filter((part) => part !== null && part !== '').join(' · ')}
      </p>
      {section.note === null ? null : <p className="asset-note tone-warn">{section.note}</p>}
      {section.lines.length === 0 ? (
        section.note === null ? (
          <p className="asset-note">{section.observedAt === null ? 'Nothing is known here.' : 'None.'}</p>
        ) : null
      ) : (
        <ul className="asset-lines">
          {section.lines.map((line, at) => (
            <Line key={`${at} ${line.label}`} line={line} />
          ))}
        </ul>
      )}
      {section.more === 0 ? null : (
        <p className="asset-note">{`${section.more.toLocaleString('en-GB')} more in the cache.`}</p>
      )}
      {children}
    </section>
  );
};

const Line = ({ line }: { readonly line: AssetLine }) => {
  const now = useNow();
  const times = useTimes();
  return (
    <li className="asset-line">
      <span className={`asset-label tone-${line.tone}`}>{line.label}</span>
      {line.value === '' ? null : <span className="asset-value">{line.value}</span>}
      {line.chips.map((chip) => (
        <Chip key={chip}>{chip}</Chip>
      ))}
      {line.at === null ? null : (
        <time className="asset-at" dateTime={line.at}>
          {times.near(line.at, now)}
        </time>
      )}
    </li>
  );
};
