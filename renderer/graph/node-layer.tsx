import { type KeyboardEvent, type Ref } from 'react';
import type { Lineage } from '../../shared/contract/room.ts';
import { Mark, middleCut } from '../kit/index.ts';
import { placed, stateWords } from './elements.ts';
import { KindIcon } from './icons.tsx';
import { box } from './layout.ts';

type Props = {
  readonly ref: Ref<HTMLUListElement>;
  readonly hidden: boolean;
  readonly lineage: Lineage;
  readonly selected: readonly string[];
  readonly onSelect: (asset: string | null) => void;
  readonly onMore: () => void;
  readonly onKey: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onFocus: (asset: string) => void;
};

/** Letters that fit a box at 1:1. */
const nameRoom = 16;
const detailRoom = 20;

/** The names of the graph as a list of buttons: what a reader hears and a keyboard walks is what is seen. */
export const NodeLayer = ({ ref, hidden, lineage, selected, onSelect, onMore, onKey, onFocus }: Props) => (
  <ul className="node-layer" ref={ref} hidden={hidden} aria-label={`Lineage, ${lineage.nodes.length} assets`}>
    {placed(lineage.nodes).map(({ node, place }) => {
      const { word, letter, tone } = stateWords[node.state];
      const chosen = selected.includes(node.id);
      return (
        <li
          key={node.id}
          className="node-item"
          style={{ left: place.x - box.width / 2, top: place.y - box.height / 2, width: box.width, height: box.height }}
        >
          <button
            type="button"
            className={`node node-${node.state}`}
            data-testid="lineage-node"
            data-asset={node.id}
            data-state={node.state}
            data-selected={String(chosen)}
            aria-pressed={chosen}
            aria-label={`${node.name}, ${node.kind}, ${word}${node.detail === '' ? '' : `, ${node.detail}`}`}
            title={node.name}
            onClick={() => onSelect(chosen ? null : node.id)}
            onKeyDown={onKey}
            onFocus={() => onFocus(node.id)}
          >
            <span className="node-name">
              <KindIcon kind={node.state === 'hidden' ? 'hidden' : node.kind} />
              <span>{middleCut(node.name, nameRoom)}</span>
            </span>
            <span className="node-detail">{middleCut(node.detail === '' ? node.kind : node.detail, detailRoom)}</span>
            {node.name.length > nameRoom ? <span className="node-whole">{node.name}</span> : null}
            {letter === '' ? null : (
              <span className="node-mark">
                <Mark tone={tone}>{letter}</Mark>
              </span>
            )}
          </button>
          {node.more.up === 0 ? null : <More side="up" count={node.more.up} name={node.name} onMore={onMore} />}
          {node.more.down === 0 ? null : <More side="down" count={node.more.down} name={node.name} onMore={onMore} />}
        </li>
      );
    })}
  </ul>
);

const More = ({
  side,
  count,
  name,
  onMore,
}: {
  readonly side: 'up' | 'down';
  readonly count: number;
  readonly name: string;
  readonly onMore: () => void;
}) => (
  <button
    type="button"
    className={`node-more node-more-${side}`}
    aria-label={`${count} more ${side === 'up' ? 'upstream' : 'downstream'} of ${name}: load one more hop`}
    onClick={onMore}
  >
    +{count}
  </button>
);
