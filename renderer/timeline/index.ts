export { type LaneKind, laneOf, laneOfSource } from './lanes.ts';
export { Lanes } from './lanes-view.tsx';
