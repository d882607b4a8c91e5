import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { isJsonObject, parseJson } from '../../shared/base/json.ts';

/** Where the window was. Kept beside the profile; losing it costs nothing. */
export type Bounds = { readonly x: number; readonly y: number; readonly width: number; readonly height: number };
export type WindowState = { readonly bounds: Bounds; readonly maximized: boolean };

export const smallest = { width: 420, height: 480 } as const;
const usual = { width: 1440, height: 900 } as const;
/** So much of the title must be on a display for a person to grasp the window. */
const graspable = 80;

/** The saved place, moved and shrunk so that it can be seen on one of the work areas now there; centred when it cannot. */
export const clampToDisplays = (state: WindowState | null, areas: readonly Bounds[]): WindowState => {
  const [first = { x: 0, y: 0, ...usual }] = areas;
  if (state === null) return { bounds: centred(usual, first), maximized: false };
  const { bounds, maximized } = state;
  const area = areas.find((one) => overlap(bounds, one) >= graspable);
  if (area === undefined) return { bounds: centred(bounds, first), maximized };
  const width = Math.min(Math.max(bounds.width, smallest.width), area.width);
  const height = Math.min(Math.max(bounds.height, smallest.height), area.height);
  const x = Math.min(Math.max(bounds.x, area.x), area.x + area.width - width);
  const y = Math.min(Math.max(bounds.y, area.y), area.y + area.height - height);
  return { bounds: { x, y, width, height }, maximized };
};

const centred = (size: { readonly width: number; readonly height: number }, area: Bounds): Bounds => {
  const width = Math.min(Math.max(size.width, smallest.width), area.width);
  const height = Math.min(Math.max(size.height, smallest.height), area.height);
  return {
    x: area.x + Math.round((area.width - width) / 2),
    y: area.y + Math.round((area.height - height) / 2),
    width,
    height,
  };
};

/** The shorter side of what both share, in pixels; 0 when they are apart. */
const overlap = (a: Bounds, b: Bounds): number => {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  return Math.max(0, Math.min(width, height));
};

/** Null for a file that is missing, damaged or of another shape. */
export const readWindowState = (path: string): WindowState | null => {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch {
    return null;
  }
  const parsed = parseJson(text);
  if (!parsed.ok || !isJsonObject(parsed.value)) return null;
  const { bounds, maximized } = parsed.value;
  if (!isJsonObject(bounds) || typeof maximized !== 'boolean') return null;
  const { x, y, width, height } = bounds;
  const whole = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value);
  return whole(x) && whole(y) && whole(width) && whole(height) ? { bounds: { x, y, width, height }, maximized } : null;
};

/** Whole or not at all. A full disk loses only the place of a window, so it is not an error. */
export const writeWindowState = (path: string, state: WindowState): boolean => {
  try {
    writeFileSync(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    renameSync(`${path}.new`, path);
    return true;
  } catch {
    return false;
  }
};
