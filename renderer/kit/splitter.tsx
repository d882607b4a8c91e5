import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import './splitter.css';

type Props = {
  readonly label: string;
  /** `column`: a vertical bar that changes a width; `row`: a horizontal one that changes a height. */
  readonly axis: 'column' | 'row';
  readonly value: number;
  readonly min: number;
  readonly max: number;
  readonly onChange: (value: number) => void;
  /** -1 when growing the value means moving the bar up or to the left. */
  readonly sign?: 1 | -1;
};

/** A bar between two panels: drag it, or use the arrow keys (no drag is ever the only way). */
export const Splitter = ({ label, axis, value, min, max, onChange, sign = 1 }: Props) => {
  const start = useRef<{ readonly at: number; readonly value: number } | null>(null);
  const clamp = (next: number): number => Math.round(Math.min(max, Math.max(min, next)));
  const place = (event: PointerEvent): number => (axis === 'column' ? event.clientX : event.clientY);
  const key = (event: KeyboardEvent): void => {
    const steps: Readonly<Record<string, number>> =
      axis === 'column' ? { ArrowLeft: -1, ArrowRight: 1 } : { ArrowUp: -1, ArrowDown: 1 };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    onChange(clamp(value + step * sign * (event.shiftKey ? 64 : 16)));
  };
  return (
    <div
      role="separator"
      tabIndex={0}
      aria-label={label}
      aria-orientation={axis === 'column' ? 'vertical' : 'horizontal'}
      aria-valuenow={value}
      aria-valuemin={min}
      aria-valuemax={max}
      className={`splitter splitter-${axis}`}
      onKeyDown={key}
      onPointerDown={(event) => {
        start.current = { at: place(event), value };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const from = start.current;
        if (from !== null) onChange(clamp(from.value + (place(event) - from.at) * sign));
      }}
      onPointerUp={() => {
        start.current = null;
      }}
    />
  );
};
