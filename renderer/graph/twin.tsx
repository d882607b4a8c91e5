import type { Lineage } from '../../shared/contract/room.ts';
import { Mark } from '../kit/index.ts';
import { placed, stateWords } from './elements.ts';
import './graph.css';
import { KindIcon } from './icons.tsx';

/** The same lineage as a tree of lines, indented by layer: for narrow windows and for those who prefer lines. */
export const LineageTree = ({
  lineage,
  selected,
  onSelect,
}: {
  readonly lineage: Lineage;
  readonly selected: readonly string[];
  readonly onSelect: (asset: string | null) => void;
}) => (
  <ul className="tree" aria-label={`Lineage, ${lineage.nodes.length} assets, upstream first`}>
    {placed(lineage.nodes).map(({ node }) => {
      const { word, letter, tone } = stateWords[node.state];
      const chosen = selected.includes(node.id);
      return (
        <li key={node.id} style={{ paddingInlineStart: Math.min(node.layer, 8) * 14 }}>
          <button
            type="button"
            className={chosen ? 'tree-row tree-chosen' : 'tree-row'}
            data-testid="lineage-node"
            data-asset={node.id}
            data-state={node.state}
            data-selected={String(chosen)}
            aria-pressed={chosen}
            onClick={() => onSelect(chosen ? null : node.id)}
          >
            {letter === '' ? (
              <KindIcon kind={node.kind} />
            ) : (
              <Mark tone={tone} label={word}>
                {letter}
              </Mark>
            )}
            <span className="tree-name">{node.name}</span>
            <span className={`tree-detail tone-${tone}`}>{node.detail === '' ? word : node.detail}</span>
          </button>
        </li>
      );
    })}
  </ul>
);
