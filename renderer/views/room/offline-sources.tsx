import type { OfflineSource } from '../../../shared/contract/offline.ts';
import { ago, Chip, counted, fileSize, type Tone, withMoments } from '../../kit/index.ts';
import { bySameReason } from '../common/same-reason.ts';
import { useNow, useTimes } from '../common/use.ts';

const words: Readonly<Record<OfflineSource['state'], readonly [text: string, tone: Tone]>> = {
  due: ['to come', 'plain'],
  reading: ['reading', 'sea'],
  done: ['in', 'ok'],
  refused: ['refused', 'warn'],
  missing: ['not there', 'warn'],
  failed: ['failed', 'warn'],
  'left-out': ['cut short', 'warn'],
};
const rank: readonly OfflineSource['state'][] = ['refused', 'missing', 'failed', 'left-out', 'reading', 'due', 'done'];
const number = (value: number): string => value.toLocaleString('en-GB');

/** Every source: first what is not in, with what to ask for; then what is being read; then what is in and how far it reaches. */
export const OfflineSources = ({
  sources,
  told,
}: {
  readonly sources: readonly OfflineSource[];
  /** Workspaces of which the reason why nothing is kept stands on the card already. */
  readonly told: readonly string[];
}) => {
  if (sources.length === 0) return null;
  const kept = sources.filter((one) => one.withheld !== true);
  const sorted = kept.toSorted((a, b) => rank.indexOf(a.state) - rank.indexOf(b.state));
  const said = bySameReason(sorted.filter((one) => !isEmpty(one)));
  const empty = sorted.filter(isEmpty);
  const asked = namesOf(empty.filter(isAsked));
  const notAsked = namesOf(empty.filter((one) => !isAsked(one)));
  return (
    <>
      {[...Map.groupBy(sources, ({ withheld, workspace }) => (withheld === true ? workspace : null))].map(
        ([workspace, [one, ...others]]) =>
          workspace === null || one === undefined ? null : (
            <p key={workspace} data-testid="offline-withheld">
              <Chip tone="warn">not kept</Chip> {one.place === undefined ? '' : `${one.place}: `}
              {told.includes(one.place ?? '') ? 'a rule, as said above.' : one.note}{' '}
              <span className="cap">{counted(others.length + 1, 'source', 'sources')}</span>
            </p>
          ),
      )}
      <ul className="offline-sources" aria-label="Sources">
        {said.map(({ one, again }) => (
          <Source key={`${one.source} ${one.workspace}`} source={one} again={again} />
        ))}
      </ul>
      {asked === '' ? null : (
        <p className="cap" data-testid="offline-empty">
          Asked, with nothing of their own about this room: {asked}.
        </p>
      )}
      {notAsked === '' ? null : (
        <p className="cap" data-testid="offline-not-asked">
          Not asked, for nothing in this room is theirs to tell about: {notAsked}.
        </p>
      )}
    </>
  );
};

/** Read to its end, with nothing kept of it and nothing to say about it. */
const isEmpty = ({ state, rows, facts, links, note, missing }: OfflineSource): boolean =>
  state === 'done' && (facts ?? rows) + (links ?? 0) === 0 && note === null && missing.length === 0;

const isAsked = ({ statements, calls }: OfflineSource): boolean => statements + calls > 0;
const namesOf = (sources: readonly OfflineSource[]): string => [...new Set(sources.map((one) => one.label))].join(', ');

const amount = ({ rest, rows, calls }: OfflineSource): string =>
  rest ? counted(calls, 'call', 'calls') : counted(rows, 'row', 'rows');
/** What is in now and what it takes here; while it is read, how far it is. */
const inIt = (source: OfflineSource): string => {
  const { state, rest, rows, calls, expected, facts, links, bytes } = source;
  if (state === 'reading' && expected !== null)
    return `${number(rest ? calls : rows)} of ${rest ? counted(expected, 'call', 'calls') : counted(expected, 'row', 'rows')}`;
  if (facts === null) return amount(source);
  if (facts + (links ?? 0) === 0) return 'nothing in it';
  return [
    ...(facts === 0 ? [] : [counted(facts, 'fact', 'facts')]),
    ...(links === null || links === 0 ? [] : [counted(links, 'link', 'links')]),
    ...(bytes === 0 ? [] : [fileSize(bytes)]),
  ].join(', ');
};
/** What the last packing asked of it. */
const askedOf = (source: OfflineSource): string => {
  const statements = source.statements > 0 ? counted(source.statements, 'statement', 'statements') : null;
  if (source.facts === null || source.state === 'reading') return statements ?? '';
  return `last time ${[amount(source), ...(statements === null ? [] : [statements])].join(', ')}`;
};

const Source = ({ source, again }: { readonly source: OfflineSource; readonly again: boolean }) => {
  const now = useNow();
  const times = useTimes();
  const [text, tone] = words[source.state];
  const isReading = source.state === 'reading';
  const part =
    source.expected === null || source.expected === 0
      ? null
      : Math.min(1, (source.rest ? source.calls : source.rows) / source.expected);
  return (
    <li className="offline-source" data-testid="offline-source" data-source={source.source} data-state={source.state}>
      <span className="offline-name">
        <span className="strong">{source.label}</span>
        {source.place === undefined ? null : <span className="cap">{source.place}</span>}
        {source.completeTo === null ? null : (
          <span className="cap" title={times.full(source.completeTo)}>
            facts to {times.near(source.completeTo, now)}
            {source.observedAt === null ? '' : `, read ${ago(source.observedAt, now)}`}
            {source.pace === null ? '' : `; ${source.pace}`}
          </span>
        )}
        {source.note === null ? null : (
          <span className="cap">{again ? 'For the same reason.' : withMoments(source.note, times, now)}</span>
        )}
        {source.missing.length === 0 ? null : <span className="cap">Without columns: {source.missing.join(', ')}</span>}
        {source.ask.length === 0 ? null : (
          <span className="cap">
            Ask for: <code className="mono">{source.ask.join(', ')}</code>
          </span>
        )}
        {source.without.length === 0 ? null : <span className="cap">Without it: {source.without.join('; ')}</span>}
        {isReading && part !== null ? (
          <progress className="offline-progress" value={part} aria-label={`${source.label}: rows`} />
        ) : null}
      </span>
      <span className="offline-counts">
        <span>{inIt(source)}</span>
        <span className="cap">{askedOf(source)}</span>
      </span>
      <span className="offline-state">
        <Chip tone={tone}>{text}</Chip>
      </span>
    </li>
  );
};
