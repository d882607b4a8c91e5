export { type LaneKind, laneOf, lanesOfSource } from './lanes.ts';
export { Lanes } from './lanes-view.tsx';
