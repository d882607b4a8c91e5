import type { StylesheetJson } from 'cytoscape';
import { box } from './layout.ts';

const tokens = ['panel', 'raise', 'ground', 'line', 'line-2', 'edge', 'text-3', 'sea', 'bad', 'bad-bg', 'warn', 'warn-bg', 'change', 'change-bg'] as const; // prettier-ignore
export type Token = (typeof tokens)[number];
export type Palette = Readonly<Record<Token, string>>;

/**
 * The tokens as rgb() for the canvas, which knows no oklch() and no light-dark(): the page works out a colour on `probe`,
 * one pixel of a canvas turns it into bytes.
 */
export const readPalette = (probe: HTMLElement): Palette => {
  const canvas = document.createElement('canvas');
  canvas.width = 1;
  canvas.height = 1;
  const pen = canvas.getContext('2d', { willReadFrequently: true });
  const read = (token: Token): string => {
    probe.style.color = `var(--${token})`;
    const color = getComputedStyle(probe).color;
    if (pen === null) return color;
    pen.clearRect(0, 0, 1, 1);
    pen.fillStyle = color;
    pen.fillRect(0, 0, 1, 1);
    const [r = 0, g = 0, b = 0] = pen.getImageData(0, 0, 1, 1).data;
    return `rgb(${r},${g},${b})`;
  };
  const palette = Object.fromEntries(tokens.map((token) => [token, read(token)])) as Record<Token, string>;
  probe.style.removeProperty('color');
  return palette;
};

/** Boxes and lines. The path of damage is the only bold line; healthy parts recede; outlines differ without colour, too. */
export const graphStyle = (palette: Palette): StylesheetJson => [
  {
    selector: 'node',
    style: {
      shape: 'round-rectangle',
      'corner-radius': '6',
      width: box.width,
      height: box.height,
      'background-color': palette.raise,
      'border-width': 1,
      'border-color': palette['line-2'],
      'overlay-opacity': 0,
    },
  },
  {
    selector: 'node[state = "failed"]',
    style: { 'background-color': palette['bad-bg'], 'border-color': palette.bad, 'border-width': 1.5 },
  },
  {
    selector: 'node[state = "changed"]',
    style: { 'background-color': palette['change-bg'], 'border-color': palette.change, 'border-width': 2 },
  },
  {
    selector: 'node[state = "doubtful"]',
    style: { 'background-color': palette['warn-bg'], 'border-color': palette.warn, 'border-style': 'dashed' },
  },
  {
    selector: 'node[state = "stale"]',
    style: { 'border-color': palette.edge, 'border-style': 'dotted', 'border-width': 1.5 },
  },
  {
    selector: 'node[state = "hidden"]',
    style: { 'background-color': palette.panel, 'border-color': palette.edge, 'border-style': 'dashed' },
  },
  {
    selector: 'edge',
    style: {
      width: 1,
      'line-color': palette['line-2'],
      'target-arrow-color': palette['line-2'],
      'target-arrow-shape': 'triangle',
      'arrow-scale': 0.8,
      'curve-style': 'round-taxi',
      'taxi-direction': 'rightward',
      'taxi-turn': '50%',
      'taxi-turn-min-distance': 4,
      'taxi-radius': 8,
      'overlay-opacity': 0,
    },
  },
  {
    selector: 'edge[damage = "yes"]',
    style: { width: 2.5, 'line-color': palette.bad, 'target-arrow-color': palette.bad, 'z-index': 2 },
  },
  {
    selector: '.chosen',
    style: { 'outline-width': 2, 'outline-color': palette.sea, 'outline-offset': 3 },
  },
];
