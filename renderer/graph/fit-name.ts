import { middleCut } from '../kit/index.ts';

/** Width of a text in pixels. */
export type Measure = (text: string) => number;

/** The longest middle cut of a name that fits into `room` pixels. */
export const fitName = (name: string, room: number, measure: Measure): string => {
  if (measure(name) <= room) return name;
  let low = 1;
  let high = [...name].length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (measure(middleCut(name, middle)) <= room) low = middle;
    else high = middle - 1;
  }
  return middleCut(name, low);
};

/** Measures as the page draws, with a font of the CSS shorthand. Where there is no canvas, letters count 7 px. */
export const measureIn = (font: string): Measure => {
  const pen = document.createElement('canvas').getContext('2d');
  if (pen === null) return (text) => text.length * 7;
  pen.font = font;
  return (text) => pen.measureText(text).width;
};
