import type { Core } from '../core/core.ts';
export type Up = Core;
