import cytoscape, { type Core } from 'cytoscape';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import type { Lineage } from '../../shared/contract/room.ts';
import { neighbour, type Step, toElements } from './elements.ts';
import './graph.css';
import { NodeLayer } from './node-layer.tsx';
import { graphStyle, readPalette } from './style.ts';

export type GraphProps = {
  readonly lineage: Lineage;
  readonly selected: readonly string[];
  /** Anything that changes when colours do. */
  readonly look: string;
  /** Counted up by the toolbar: fit again, or zoom by a factor. */
  readonly view: { readonly turn: number; readonly act: 'fit' | 'in' | 'out' };
  readonly onSelect: (asset: string | null) => void;
  readonly onMore: () => void;
};

const arrows: Readonly<Record<string, Step>> = {
  ArrowLeft: 'left',
  ArrowRight: 'right',
  ArrowUp: 'up',
  ArrowDown: 'down',
};
const zoomStep = 1.25;

/** Cytoscape draws boxes and lines; names, marks and focus are a list of buttons that moves with it (its accessible twin). */
export default function Graph({ lineage, selected, look, view, onSelect, onMore }: GraphProps) {
  const root = useRef<HTMLDivElement>(null);
  const stage = useRef<HTMLDivElement>(null);
  const layer = useRef<HTMLUListElement>(null);
  const graph = useRef<Core | null>(null);
  const touched = useRef(false);
  const [ready, setReady] = useState(false);
  const select = useRef(onSelect);
  useEffect(() => {
    select.current = onSelect;
  });

  useEffect(() => {
    const container = stage.current;
    const outer = root.current;
    if (container === null || outer === null) return;
    const cy = cytoscape({
      container,
      elements: [],
      layout: { name: 'preset' },
      userZoomingEnabled: false,
      boxSelectionEnabled: false,
      autoungrabify: true,
      autounselectify: true,
      minZoom: 0.25,
      maxZoom: 2,
    });
    graph.current = cy;
    const follow = (): void => {
      const { x, y } = cy.pan();
      if (layer.current !== null) layer.current.style.transform = `translate(${x}px, ${y}px) scale(${cy.zoom()})`;
    };
    cy.on('viewport', follow);
    cy.on('tap', (event) => {
      if (event.target === cy) select.current(null);
    });
    cy.on('dragpan', () => {
      touched.current = true;
    });
    // Two fingers move, with Ctrl they zoom; over names as over the canvas. React's own wheel listener could not stop the page.
    const wheel = (event: WheelEvent): void => {
      event.preventDefault();
      touched.current = true;
      const at = outer.getBoundingClientRect();
      if (event.ctrlKey || event.metaKey)
        cy.zoom({
          level: cy.zoom() * Math.exp(-event.deltaY / 300),
          renderedPosition: { x: event.clientX - at.left, y: event.clientY - at.top },
        });
      else cy.panBy({ x: -event.deltaX, y: -event.deltaY });
    };
    outer.addEventListener('wheel', wheel, { passive: false });
    const watch = new ResizeObserver(() => {
      cy.resize();
      if (!touched.current) fit(cy);
    });
    watch.observe(outer);
    setReady(true);
    return () => {
      watch.disconnect();
      outer.removeEventListener('wheel', wheel);
      graph.current = null;
      cy.destroy();
    };
  }, []);

  useEffect(() => {
    const cy = graph.current;
    if (cy === null) return;
    cy.batch(() => {
      cy.elements().remove();
      cy.add([...toElements(lineage)]);
    });
    if (!touched.current) fit(cy);
  }, [lineage]);

  useEffect(() => {
    if (graph.current !== null && root.current !== null) graph.current.style(graphStyle(readPalette(root.current)));
  }, [look]);

  useEffect(() => {
    const cy = graph.current;
    cy?.batch(() => {
      cy.nodes().removeClass('chosen');
      for (const id of selected) cy.getElementById(id).addClass('chosen');
    });
  }, [selected, lineage]);

  useEffect(() => {
    const cy = graph.current;
    if (cy === null || view.turn === 0) return;
    touched.current = view.act !== 'fit';
    if (view.act === 'fit') fit(cy);
    else {
      const level = cy.zoom() * (view.act === 'in' ? zoomStep : 1 / zoomStep);
      cy.zoom({ level, renderedPosition: { x: cy.width() / 2, y: cy.height() / 2 } });
    }
  }, [view]);

  const walk = (event: KeyboardEvent<HTMLElement>): void => {
    const step = arrows[event.key];
    const from = (event.target as HTMLElement).closest('[data-asset]')?.getAttribute('data-asset');
    if (step === undefined || from === null || from === undefined) return;
    event.preventDefault();
    const to = neighbour(lineage, from, step);
    const next = [...(layer.current?.querySelectorAll<HTMLElement>('[data-asset]') ?? [])].find(
      (one) => one.getAttribute('data-asset') === to,
    );
    next?.focus({ preventScroll: true });
  };

  /** A node that gets the focus while it is out of view is brought into it. */
  const reveal = (asset: string): void => {
    const cy = graph.current;
    const node = cy?.getElementById(asset);
    if (cy === null || cy === undefined || node === undefined || node.empty()) return;
    const { x1, x2, y1, y2 } = node.renderedBoundingBox({});
    if (x1 < 0 || y1 < 0 || x2 > cy.width() || y2 > cy.height()) cy.center(node);
  };

  return (
    <div className="graph" ref={root}>
      <div className="graph-stage" ref={stage} aria-hidden="true" />
      <NodeLayer
        ref={layer}
        hidden={!ready}
        lineage={lineage}
        selected={selected}
        onSelect={onSelect}
        onMore={onMore}
        onKey={walk}
        onFocus={reveal}
      />
    </div>
  );
}

const fit = (cy: Core): void => {
  if (cy.nodes().empty() || cy.width() === 0) return;
  cy.fit(undefined, 18);
  if (cy.zoom() > 1.15) {
    cy.zoom(1.15);
    cy.center();
  }
};
