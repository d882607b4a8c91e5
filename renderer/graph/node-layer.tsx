import { type KeyboardEvent, type Ref, useEffect, useMemo, useState } from 'react';
import type { Lineage } from '../../shared/contract/room.ts';
import { Mark } from '../kit/index.ts';
import { placed, stateWords } from './elements.ts';
import { fitName, measureIn } from './fit-name.ts';
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

/** Pixels for text inside a box at 1:1: the box without padding, the name also without its picture. */
const detailRoom = box.width - 18;
const nameRoom = detailRoom - 19;
const nameFont = "600 12px 'Inter Variable', Inter, system-ui, sans-serif";
const detailFont = "400 11px 'Inter Variable', Inter, system-ui, sans-serif";

/** The names of the graph as a list of buttons: what a reader hears and a keyboard walks is what is seen. */
export const NodeLayer = ({ ref, hidden, lineage, selected, onSelect, onMore, onKey, onFocus }: Props) => {
  const measures = useMeasures();
  return (
    <ul className="node-layer" ref={ref} hidden={hidden} aria-label={`Lineage, ${lineage.nodes.length} assets`}>
      {placed(lineage.nodes).map(({ node, place }) => {
        const { word, letter, tone } = stateWords[node.state];
        const chosen = selected.includes(node.id);
        const name = fitName(node.name, nameRoom, measures.name);
        return (
          <li
            key={node.id}
            className="node-item"
            style={{
              left: place.x - box.width / 2,
              top: place.y - box.height / 2,
              width: box.width,
              height: box.height,
            }}
          >
            <button
              type="button"
              className={`node node-${node.state}`}
              data-testid="lineage-node"
              data-asset={node.id}
              data-state={node.state}
              data-selected={String(chosen)}
              aria-pressed={chosen}
              title={node.name}
              onClick={() => onSelect(chosen ? null : node.id)}
              onKeyDown={onKey}
              onFocus={() => onFocus(node.id)}
            >
              <span className="sr-only">{`${node.name}, ${node.kind}, ${word}${node.detail === '' ? '' : `, ${node.detail}`}`}</span>
              <span className="node-name" aria-hidden="true">
                <KindIcon kind={node.state === 'hidden' ? 'hidden' : node.kind} />
                <span>{name}</span>
              </span>
              <span className="node-detail" aria-hidden="true">
                {fitName(node.detail === '' ? node.kind : node.detail, detailRoom, measures.detail)}
              </span>
              {name !== node.name ? (
                <span className="node-whole" aria-hidden="true">
                  {node.name}
                </span>
              ) : null}
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
};

/** Widths change when the bundled font arrives: measure again then. */
const useMeasures = () => {
  const [fonts, setFonts] = useState(0);
  useEffect(() => {
    let wanted = true;
    void Promise.all([document.fonts.load(nameFont), document.fonts.load(detailFont)]).then(() => {
      if (wanted) setFonts(1);
    });
    return () => {
      wanted = false;
    };
  }, []);
  return useMemo(() => ({ name: measureIn(nameFont), detail: measureIn(detailFont), fonts }), [fonts]);
};

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
  <button type="button" className={`node-more node-more-${side}`} onClick={onMore}>
    +{count}
    <span className="sr-only">{` more ${side === 'up' ? 'upstream' : 'downstream'} of ${name}: load one more hop`}</span>
  </button>
);
