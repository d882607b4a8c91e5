/** A directed graph over strings as sorted neighbour lists: the same graph gives the same walks whatever the order of edges. */
export type Graph<T extends string> = {
  readonly nodes: readonly T[];
  readonly down: ReadonlyMap<T, readonly T[]>;
  readonly up: ReadonlyMap<T, readonly T[]>;
};

export const makeGraph = <T extends string>(
  edges: Iterable<{ readonly from: T; readonly to: T }>,
  alone: Iterable<T> = [],
): Graph<T> => {
  const down = new Map<T, Set<T>>();
  const up = new Map<T, Set<T>>();
  const nodes = new Set<T>(alone);
  for (const { from, to } of edges) {
    nodes.add(from);
    nodes.add(to);
    if (from === to) continue;
    const below = down.get(from);
    if (below === undefined) down.set(from, new Set([to]));
    else below.add(to);
    const above = up.get(to);
    if (above === undefined) up.set(to, new Set([from]));
    else above.add(from);
  }
  const sorted = (map: Map<T, Set<T>>): ReadonlyMap<T, readonly T[]> =>
    new Map([...map].map(([key, values]) => [key, [...values].sort()]));
  return { nodes: [...nodes].sort(), down: sorted(down), up: sorted(up) };
};

/** Distance of every node within `hops` of the starts, along `next`. */
export const distances = <T extends string>(
  next: ReadonlyMap<T, readonly T[]>,
  starts: Iterable<T>,
  hops = Number.POSITIVE_INFINITY,
): ReadonlyMap<T, number> => {
  const found = new Map<T, number>();
  for (const start of starts) found.set(start, 0);
  let frontier = [...found.keys()];
  for (let hop = 1; hop <= hops && frontier.length > 0; hop += 1) {
    const further: T[] = [];
    for (const node of frontier)
      for (const other of next.get(node) ?? [])
        if (!found.has(other)) {
          found.set(other, hop);
          further.push(other);
        }
    frontier = further;
  }
  return found;
};

/** Number of the strongly connected component of every node (Tarjan, without recursion: chains can be thousands long). */
export const components = <T extends string>(graph: Graph<T>): ReadonlyMap<T, number> => {
  const index = new Map<T, number>();
  const low = new Map<T, number>();
  const component = new Map<T, number>();
  const stack: T[] = [];
  let count = 0;
  for (const start of graph.nodes) {
    if (index.has(start)) continue;
    const work: { readonly node: T; next: number }[] = [{ node: start, next: 0 }];
    while (work.length > 0) {
      const top = work.at(-1);
      if (top === undefined) break;
      const { node } = top;
      if (top.next === 0) {
        index.set(node, index.size);
        low.set(node, index.get(node) ?? 0);
        stack.push(node);
      }
      const child = (graph.down.get(node) ?? [])[top.next];
      top.next += 1;
      if (child !== undefined) {
        if (!index.has(child)) work.push({ node: child, next: 0 });
        else if (!component.has(child)) low.set(node, Math.min(low.get(node) ?? 0, index.get(child) ?? 0));
        continue;
      }
      work.pop();
      const parent = work.at(-1)?.node;
      if (parent !== undefined) low.set(parent, Math.min(low.get(parent) ?? 0, low.get(node) ?? 0));
      if (low.get(node) !== index.get(node)) continue;
      for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
        component.set(member, count);
        if (member === node) break;
      }
      count += 1;
    }
  }
  return component;
};

/** Longest way from a source to each node, counted in components, so that cycles end. */
export const layers = <T extends string>(graph: Graph<T>): ReadonlyMap<T, number> => {
  const component = components(graph);
  const members = new Map<number, T[]>();
  for (const node of graph.nodes) {
    const number = component.get(node) ?? 0;
    const known = members.get(number);
    if (known === undefined) members.set(number, [node]);
    else known.push(node);
  }
  // Tarjan numbers components from the sinks upwards: from the highest number down, causes come before effects.
  const layerOf = new Map<number, number>();
  for (const number of [...members.keys()].sort((a, b) => b - a)) {
    let layer = 0;
    for (const node of members.get(number) ?? [])
      for (const above of graph.up.get(node) ?? []) {
        const other = component.get(above) ?? 0;
        if (other !== number) layer = Math.max(layer, (layerOf.get(other) ?? 0) + 1);
      }
    layerOf.set(number, layer);
  }
  return new Map(graph.nodes.map((node) => [node, layerOf.get(component.get(node) ?? 0) ?? 0]));
};
