import { Link2, ListTree, Maximize2, Minimize2, Minus, Plus, Scan, Workflow } from 'lucide-react';
import { lazy, Suspense, useCallback, useState } from 'react';
import type { Lineage, Room } from '../../../shared/contract/room.ts';
import { LineageTree, stateWords } from '../../graph/index.ts';
import { EmptyState, IconButton, Loading, Mark, Panel, useShortcuts } from '../../kit/index.ts';
import { noSelection, useModel } from '../../model/index.ts';
import { DeclareDialog } from './declare-dialog.tsx';
import { FeedGate } from '../common/feed-gate.tsx';
import { useFeed, useLook, useMedia, useNow, useTimes } from '../common/use.ts';

const Graph = lazy(() => import('../../graph/canvas.tsx'));
const icon = { size: 16, strokeWidth: 1.75 } as const;
const mostHops = 6;
const legend = ['changed', 'failed', 'doubtful', 'stale', 'hidden'] as const;

/** The lineage around what is affected: how much of it is shown, and up to when anything is known, is always said. */
export const LineagePanel = ({ room }: { readonly room: Room }) => {
  const [hops, setHops] = useState(3);
  const feed = useFeed('room.lineage', { log: room.log, hops });
  const phone = useMedia('(max-width: 480px)');
  const [tree, setTree] = useState(false);
  const [declaring, setDeclaring] = useState(false);
  const [view, setView] = useState<{ readonly turn: number; readonly act: 'fit' | 'in' | 'out' }>({
    turn: 0,
    act: 'fit',
  });
  const look = useLook();
  const selection = useModel((model) => model.selection);
  const select = useModel((model) => model.select);
  const maximised = useModel((model) => model.maximised === 'lineage');
  const maximise = useModel((model) => model.maximise);
  const choose = useCallback(
    (asset: string | null) => select(asset === null ? noSelection : { entry: null, assets: [asset] }),
    [select],
  );
  const more = useCallback(() => setHops((now) => Math.min(mostHops, now + 1)), []);
  const turn = (act: 'fit' | 'in' | 'out'): void => setView({ turn: view.turn + 1, act });
  useShortcuts({ l: () => maximise('lineage'), f: () => turn('fit') });
  const lines = tree || phone;
  return (
    <Panel
      title="Lineage"
      data-testid="lineage"
      className="lineage-panel"
      note={feed.value === null ? undefined : <Extent lineage={feed.value} hops={hops} />}
      tools={
        <>
          <ul className="legend" aria-label="Legend">
            {legend.map((state) => (
              <li key={state}>
                <Mark tone={stateWords[state].tone}>{stateWords[state].letter}</Mark>{' '}
                <span>{stateWords[state].word}</span>
              </li>
            ))}
          </ul>
          {lines ? null : (
            <>
              <IconButton label="Smaller" onPress={() => turn('out')}>
                <Minus {...icon} />
              </IconButton>
              <IconButton label="Larger" onPress={() => turn('in')}>
                <Plus {...icon} />
              </IconButton>
              <IconButton label="Fit" kbd="F" onPress={() => turn('fit')}>
                <Scan {...icon} />
              </IconButton>
            </>
          )}
          {phone ? null : (
            <IconButton
              label={tree ? 'As a graph' : 'As lines'}
              onPress={() => setTree(!tree)}
              data-testid="lineage-lines"
            >
              {tree ? <Workflow {...icon} /> : <ListTree {...icon} />}
            </IconButton>
          )}
          {room.can.write && feed.value !== null && feed.value.nodes.length > 0 ? (
            <IconButton
              label="Declare lineage by hand"
              onPress={() => setDeclaring(true)}
              data-testid="lineage-declare"
            >
              <Link2 {...icon} />
            </IconButton>
          ) : null}
          <IconButton
            label={maximised ? 'Back to the whole room' : 'Lineage fills the room'}
            kbd="L"
            onPress={() => maximise('lineage')}
          >
            {maximised ? <Minimize2 {...icon} size={15} /> : <Maximize2 {...icon} size={15} />}
          </IconButton>
        </>
      }
    >
      {feed.value === null ? null : (
        <DeclareDialog room={room} lineage={feed.value} open={declaring} onClose={() => setDeclaring(false)} />
      )}
      <FeedGate feed={feed} label="the lineage">
        {(lineage) =>
          lineage.nodes.length === 0 ? (
            <EmptyState title="No lineage is known here">
              {lineage.note ??
                'No affected asset is named yet, or the lineage tables have not been read. It appears when they have.'}
            </EmptyState>
          ) : lines ? (
            <LineageTree lineage={lineage} selected={selection.assets} onSelect={choose} />
          ) : (
            <Suspense fallback={<Loading label="Loading the graph" />}>
              <Graph
                lineage={lineage}
                selected={selection.assets}
                look={look}
                view={view}
                onSelect={choose}
                onMore={more}
              />
            </Suspense>
          )
        }
      </FeedGate>
    </Panel>
  );
};

/** "13 of 1,460 · 3 branches not loaded · facts to 11:18". */
const Extent = ({ lineage, hops }: { readonly lineage: Lineage; readonly hops: number }) => {
  const times = useTimes();
  const now = useNow();
  const branches = lineage.nodes.reduce(
    (sum, node) => sum + (node.more.up > 0 ? 1 : 0) + (node.more.down > 0 ? 1 : 0),
    0,
  );
  return (
    <span title={lineage.note ?? `${hops} hops`}>
      {lineage.nodes.length} of {lineage.total.toLocaleString('en-GB')}
      {branches === 0 ? '' : ` · ${branches} branches not loaded`} ·{' '}
      <span className="tone-warn" data-testid="lineage-facts-to" data-complete-to={lineage.completeTo ?? ''}>
        {lineage.completeTo === null
          ? 'how far facts reach is not known'
          : `facts to ${times.near(lineage.completeTo, now)}`}
      </span>
      {lineage.note === null || lineage.note.startsWith('showing') ? '' : `, ${lineage.note}`}
    </span>
  );
};
