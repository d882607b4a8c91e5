import type { ReactNode } from 'react';
import './badge.css';

export type Tone = 'plain' | 'bad' | 'warn' | 'change' | 'ok' | 'sea';

/** A bordered word: the name carries the meaning, the colour only repeats it. */
export const Badge = ({ tone = 'plain', children }: { readonly tone?: Tone; readonly children: ReactNode }) => (
  <span className={`badge badge-${tone}`}>{children}</span>
);

/** A small fact on a raised ground. */
export const Chip = ({
  tone = 'plain',
  title,
  children,
}: {
  readonly tone?: Tone;
  readonly title?: string;
  readonly children: ReactNode;
}) => (
  <span className={`chip tone-${tone}`} title={title}>
    {children}
  </span>
);

/** One letter on a coloured square; `label` says it for those who do not see it. */
export const Mark = ({
  tone,
  label,
  children,
}: {
  readonly tone: Tone;
  readonly label?: string;
  readonly children: string;
}) => (
  <span
    className={`mark mark-${tone}`}
    {...(label === undefined ? { 'aria-hidden': true } : { role: 'img', 'aria-label': label })}
  >
    {children}
  </span>
);

/** A count on a dot, for things that need a person. */
export const Count = ({ value }: { readonly value: number }) => (
  <span className="count" aria-hidden="true">
    {value > 99 ? '99+' : value}
  </span>
);

/** A filled dot (here) or an empty one (away). */
export const Dot = ({ on }: { readonly on: boolean }) => (
  <span className={on ? 'dot dot-on' : 'dot'} aria-hidden="true" />
);
