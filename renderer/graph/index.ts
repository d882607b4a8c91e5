// `canvas.tsx` is not here: it brings Cytoscape with it and is loaded when a room is opened.
export { stateWords } from './elements.ts';
export { KindIcon } from './icons.tsx';
export { LineageTree } from './twin.tsx';
