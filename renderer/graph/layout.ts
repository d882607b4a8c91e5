/** Size of a node's box and the room around it, in graph pixels (look.md, "Lineage"). */
export const box = { width: 124, height: 44, gapX: 26, gapY: 14 } as const;

export type Place = { readonly x: number; readonly y: number };
type Ranked = { readonly id: string; readonly layer: number; readonly order: number };

/**
 * Middle points from layer and order, as the core ranked them: layers run left to right, each centred on one line. The core
 * keeps layer and order stable when more is loaded, so nothing jumps. Equal orders are told apart by id.
 */
export const presetPlaces = (nodes: readonly Ranked[]): ReadonlyMap<string, Place> => {
  const layers = new Map<number, Ranked[]>();
  for (const node of nodes) layers.set(node.layer, [...(layers.get(node.layer) ?? []), node]);
  // Layers without nodes take no room.
  const columns = [...layers.keys()].sort((a, b) => a - b);
  const places = new Map<string, Place>();
  for (const [column, layer] of columns.entries()) {
    const stack = (layers.get(layer) ?? []).sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
    for (const [at, node] of stack.entries())
      places.set(node.id, {
        x: column * (box.width + box.gapX),
        y: (at - (stack.length - 1) / 2) * (box.height + box.gapY),
      });
  }
  return places;
};
