import type { Figure } from './seams.ts';

const number = (text: string): number => Number(text.replaceAll(',', ''));

/** Whether a figure is as its aim says: `≥ 0.8`, `≤ 100`, `< 5`, `0.7 to 1.3`; null without an aim. Throws on an aim that it cannot read. */
export const isMet = ({ name, value, aim }: Figure): boolean | null => {
  if (aim === '') return null;
  const [, low = '', high = ''] = /^([\d.,]+) to ([\d.,]+)$/.exec(aim) ?? [];
  if (low !== '') return value >= number(low) && value <= number(high);
  const [, sign = '', limit = ''] = /^(≥|≤|<|>) ([\d.,]+)$/.exec(aim) ?? [];
  switch (sign) {
    case '≥':
      return value >= number(limit);
    case '≤':
      return value <= number(limit);
    case '<':
      return value < number(limit);
    case '>':
      return value > number(limit);
    default:
      throw new Error(`the aim of ${name} cannot be read: ${aim}`);
  }
};
