import { useLayoutEffect, useRef, useState } from 'react';
import { fromInstant, toInstant } from '../../shared/base/time.ts';
import type { Entry } from '../../shared/contract/room.ts';
import { middleCut, type Times } from '../kit/index.ts';
import { type Lane, type LaneKind, layoutLanes, rangeOf, ticksOf, xOf } from './lanes.ts';
import './lanes.css';

type Props = {
  readonly rows: readonly Entry[];
  readonly now: number;
  readonly onset: string | null;
  readonly times: Times;
  readonly group: 'kind' | 'asset';
  readonly reach: 'near' | 'all';
  readonly completeTo: Readonly<Partial<Record<LaneKind, number | null>>>;
  readonly assetName: (id: string) => string;
  readonly isSelected: (entry: Entry) => boolean;
  readonly onSelect: (entry: string) => void;
};

const labelWidth = 76;
const axis = 22;
const foot = 18;
/** A letter of the onset's words, at most: 11.5 px, semibold. */
const onsetLetter = 6.8;

/** The lanes as one picture. Readers and keyboards use the timeline beside it, which holds the same entries. */
export const Lanes = (props: Props) => {
  const { rows, now, onset, times, group, reach } = props;
  const root = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const element = root.current;
    if (element === null) return;
    const measure = (): void => setSize({ width: element.clientWidth, height: element.clientHeight });
    const watch = new ResizeObserver(measure);
    watch.observe(element);
    measure();
    return () => watch.disconnect();
  }, []);

  const width = Math.max(0, size.width - labelWidth - 14);
  const start = onset === null ? null : fromInstant(onset);
  const range = rangeOf(rows, start, now, reach);
  const lanes = layoutLanes({
    rows,
    range,
    width,
    now,
    group,
    completeTo: props.completeTo,
    assetName: props.assetName,
  });
  const laneHeight = Math.max(16, Math.min(46, (size.height - axis - foot) / Math.max(1, lanes.length)));
  const height = axis + laneHeight * lanes.length + foot;
  const wallAhead = fromInstant(`${times.toControl(now)}:00.000Z`) - Math.floor(now / 60_000) * 60_000;
  const chosen = new Set(rows.filter(props.isSelected).map((row) => row.id));
  const onsetX = start === null ? null : xOf(start, range, width);
  const nowX = xOf(now, range, width);
  const days = range.to - range.from > 36 * 3_600_000;
  /** Over days, each day is named once: where it begins, against the tick before. */
  const label = (at: number, before = now): string =>
    days ? times.near(toInstant(at), before) : times.clock(toInstant(at));
  const onsetText = `onset ${label(start ?? 0)}`;
  // Left of its line, where the impact begins to the right of it; an onset early in the picture leaves no room there.
  const onsetFits = (onsetX ?? 0) + labelWidth > onsetText.length * onsetLetter + 10;

  return (
    <div className="lanes" ref={root} data-testid="lanes">
      {width < 40 ? null : (
        <svg
          width={size.width}
          height={height}
          role="img"
          aria-label={`${rows.length} facts and entries in ${lanes.length} lanes, times in ${times.zone}`}
        >
          <defs>
            <pattern id="lane-hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <line x1="0" y1="0" x2="0" y2="6" className="lane-hatch-line" />
            </pattern>
          </defs>
          <g transform={`translate(${labelWidth},${axis})`}>
            {ticksOf(range, width, wallAhead)
              .filter((at) => xOf(at, range, width) < width - (days ? 34 : 14))
              .map((at, n, ticks) => (
                <g key={at} transform={`translate(${xOf(at, range, width)},0)`}>
                  <line y1={0} y2={laneHeight * lanes.length} className="lane-grid" />
                  <text y={-8} className="lane-tick">
                    {label(at, ticks[n - 1])}
                  </text>
                </g>
              ))}
            {onsetX === null || onsetX > nowX ? null : (
              <rect x={onsetX} width={nowX - onsetX} height={laneHeight * lanes.length} className="lane-impact" />
            )}
            {lanes.map((lane, at) => (
              <g key={lane.key} transform={`translate(0,${at * laneHeight})`}>
                <text x={-labelWidth + 12} y={laneHeight / 2 + 4} className="lane-label">
                  {middleCut(lane.label, 11)}
                </text>
                <line x1={0} x2={width} y1={laneHeight} y2={laneHeight} className="lane-grid" />
                {lane.hatch === null ? null : (
                  <rect
                    x={lane.hatch.from}
                    width={lane.hatch.to - lane.hatch.from}
                    y={2}
                    height={laneHeight - 4}
                    fill="url(#lane-hatch)"
                  >
                    <title>nothing known here: after the last fact of this lane</title>
                  </rect>
                )}
                <Marks lane={lane} middle={laneHeight / 2} chosen={chosen} onSelect={props.onSelect} />
              </g>
            ))}
            {onsetX === null ? null : (
              <g transform={`translate(${onsetX},0)`}>
                <line y1={-4} y2={laneHeight * lanes.length + 4} className="lane-onset" />
                <text
                  x={onsetFits ? -5 : 5}
                  y={laneHeight * lanes.length + 14}
                  className={onsetFits ? 'lane-onset-text' : 'lane-onset-text lane-onset-after'}
                >
                  {onsetText}
                </text>
              </g>
            )}
            <g transform={`translate(${nowX},0)`}>
              <line y1={-4} y2={laneHeight * lanes.length + 4} className="lane-now" />
              <text x={4} y={laneHeight * lanes.length + 14} className="lane-now-text">
                now
              </text>
            </g>
          </g>
        </svg>
      )}
    </div>
  );
};

const Marks = ({
  lane,
  middle,
  chosen,
  onSelect,
}: {
  readonly lane: Lane;
  readonly middle: number;
  readonly chosen: ReadonlySet<string>;
  readonly onSelect: (entry: string) => void;
}) => (
  <>
    {lane.marks.map((mark) => {
      const on = mark.ids.some((id) => chosen.has(id));
      const tone = lane.key === 'people' && mark.tone === 'plain' ? 'sea' : mark.tone;
      return (
        <g
          key={mark.ids[0]}
          transform={`translate(${mark.x},${middle})`}
          className={`lane-mark lane-${tone}`}
          data-selected={String(on)}
          onClick={() => onSelect(mark.ids[0] ?? '')}
        >
          <title>{mark.title}</title>
          <rect x={-9} y={-9} width={18} height={18} className="lane-hit" />
          {on ? <circle r={9} className="lane-ring" /> : null}
          <Shape lane={lane.key} many={mark.ids.length > 1} />
        </g>
      );
    })}
  </>
);

const Shape = ({ lane, many }: { readonly lane: string; readonly many: boolean }) => {
  if (lane === 'runs') return <rect x={-5} y={-4.5} width={many ? 14 : 10} height={9} rx={2} />;
  if (lane === 'schema') return <path d="M0,-6.5 L6.5,0 L0,6.5 L-6.5,0 Z" />;
  return many ? <rect x={-6} y={-4.5} width={12} height={9} rx={4.5} /> : <circle r={4.5} />;
};
