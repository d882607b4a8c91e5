import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from 'react';
import './virtual-list.css';

type Props<T> = {
  readonly label: string;
  readonly items: readonly T[];
  readonly keyOf: (item: T) => string;
  readonly render: (item: T, at: number) => ReactNode;
  readonly estimate: number;
  /** Attributes of the list item of a row, for tests and styles. */
  readonly rowProps?: (item: T) => Readonly<Record<`data-${string}`, string>>;
  readonly showKey?: string | null;
  /** Called when the end comes near: load more. */
  readonly onEnd?: () => void;
  readonly testId?: string;
  readonly empty?: ReactNode;
  readonly foot?: ReactNode;
};

/**
 * A list of any length: only what is near the view is in the page. Every row carries one element with `data-row`, which the
 * arrow keys, Home and End walk; `showKey` is scrolled into view when it changes.
 */
export const VirtualList = <T,>(props: Props<T>) => {
  const { items, keyOf, estimate, onEnd, showKey = null } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => estimate,
    getItemKey: (at) => {
      const item = items[at];
      return item === undefined ? at : keyOf(item);
    },
    overscan: 8,
  });
  const rows = virtual.getVirtualItems();
  const last = rows.at(-1)?.index ?? 0;

  useEffect(() => {
    if (items.length > 0 && last >= items.length - 10) onEnd?.();
  }, [last, items.length, onEnd]);

  const shown = useRef<string | null>(null);
  useEffect(() => {
    if (showKey === shown.current) return;
    const at = showKey === null ? -1 : items.findIndex((item) => keyOf(item) === showKey);
    if (showKey !== null && at < 0) return;
    shown.current = showKey;
    if (at >= 0) virtual.scrollToIndex(at, { align: 'auto' });
  }, [showKey, items, keyOf, virtual]);

  const walk = (event: KeyboardEvent<HTMLElement>): void => {
    const step = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[event.key];
    const target = event.target as HTMLElement;
    if (step === undefined || !target.matches('[data-row]')) return;
    const row = target.closest('[data-index]');
    const at = Number(row?.getAttribute('data-index')) + step;
    if (at < 0 || at >= items.length) return;
    event.preventDefault();
    virtual.scrollToIndex(at, { align: 'auto' });
    const focusRow = (tries: number): void => {
      const next = scroller.current?.querySelector<HTMLElement>(`[data-index="${at}"] [data-row]`);
      if (next !== null && next !== undefined) next.focus();
      else if (tries > 0) requestAnimationFrame(() => focusRow(tries - 1));
    };
    focusRow(10);
  };

  return (
    // The walk is an extra for the keyboard: every row is reachable by Tab, too.
    <div className="vlist" ref={scroller} onKeyDown={walk} data-testid={props.testId} role="presentation">
      {items.length === 0 ? props.empty : null}
      <ul
        aria-label={props.label}
        className="vlist-inner"
        hidden={items.length === 0}
        style={{ height: virtual.getTotalSize() }}
      >
        {rows.map((row) => {
          const item = items[row.index];
          return item === undefined ? null : (
            <li
              key={row.key}
              data-index={row.index}
              ref={virtual.measureElement}
              className="vlist-row"
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              style={{ transform: `translateY(${row.start}px)` }}
              {...props.rowProps?.(item)}
            >
              {props.render(item, row.index)}
            </li>
          );
        })}
      </ul>
      {props.foot}
    </div>
  );
};
