import type { JsonValue } from '../../shared/base/json.ts';
import type { Entry } from '../../shared/contract/room.ts';
import type { ActorId } from '../../shared/domain/ids.ts';
import type { EntryView, NoEffectReason } from '../log/views-port.ts';
import { changeKinds } from '../analysis/marks.ts';
import { displayName } from './display.ts';
import type { Names } from './people.ts';

/** An event in words: one line of what, one or two of why, chips. Tone only where something is broken, doubtful or done. */
export type Description = Pick<Entry, 'kind' | 'title' | 'body' | 'tone' | 'chips'>;

type Fields = EntryView['fields'];
type Describe = (fields: Fields, names: Names) => Partial<Description> & Pick<Description, 'kind' | 'title'>;

export const describe = (entry: EntryView, names: Names): Description => {
  const known = entry.known && Object.hasOwn(describers, entry.type) ? describers[entry.type] : undefined;
  const words = known?.(entry.fields, names) ?? {
    kind: 'unknown' as const,
    title: `An entry of a kind that this version does not know (${entry.type})`,
    body: 'It is kept and passed on, and will be shown after an update.',
  };
  return { body: null, tone: 'plain', chips: [], ...words };
};

/** Text of a field, or the words that say it is not readable here. */
const text = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : 'withheld';
};
const optional = (fields: Fields, name: string): string | null => {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : null;
};
const words = (value: string): string => value.replaceAll('-', ' ');
const list = (value: JsonValue | undefined): readonly string[] =>
  Array.isArray(value) ? value.filter((item): item is string => typeof item === 'string') : [];

/** The last part of an asset's id; what was declared outside has its name in an entry of its own. */
const assetWords = (value: JsonValue | undefined): string => {
  const native = typeof value === 'string' ? (value.split('|').at(-1) ?? '') : '';
  return native.startsWith('declared/') ? 'what is outside' : (native.split('.').at(-1) ?? '') || 'an asset';
};

/** Long texts are cut for the line; the entry's own view shows all. */
const firstLine = (value: string): { readonly title: string; readonly body: string | null } => {
  const [first = '', ...rest] = value.split('\n');
  const more = rest.join('\n').trim();
  return first.length <= 160 ? { title: first, body: more || null } : { title: `${first.slice(0, 157)}…`, body: value };
};

const describers: Readonly<Record<string, Describe>> = {
  'incident.opened': (f) => ({
    kind: 'opened',
    title: `Room opened: ${text(f, 'title')}`,
    body: f['how'] === 'proposal' ? `From ${countWords(list(f['signals']).length, 'signal')}.` : 'By hand.',
    chips: [text(f, 'severity'), words(text(f, 'class'))],
  }),
  'title.set': (f) => ({ kind: 'title', title: `Title: ${text(f, 'title')}` }),
  'severity.set': (f) => ({
    kind: 'severity',
    title: `Severity ${text(f, 'severity')}`,
    body: optional(f, 'reason'),
    tone: ['SEV1', 'SEV2'].includes(text(f, 'severity')) ? 'bad' : 'plain',
  }),
  'class.set': (f) => ({ kind: 'class', title: `Class: ${words(text(f, 'class'))}`, body: optional(f, 'reason') }),
  'phase.set': (f) => ({ kind: 'phase', title: `Moved to ${words(text(f, 'phase'))}`, body: optional(f, 'reason') }),
  'commander.set': (f, names) => ({ kind: 'commander', title: `${who(f, 'person', names)} commands` }),
  'harm.set': (f) => ({
    kind: 'harm',
    title: `Harm ${f['harm'] === 'open' ? 'not contained' : words(text(f, 'harm'))}`,
    body: optional(f, 'reason'),
    tone: f['harm'] === 'contained' ? 'ok' : f['harm'] === 'open' ? 'bad' : 'warn',
  }),
  'update.scheduled': (f) => ({
    kind: 'update',
    title: 'Next update scheduled',
    body: optional(f, 'audience'),
    chips: [text(f, 'due_at')],
  }),
  'summary.set': (f) => ({ kind: 'summary', title: 'Know / Don’t / Next', body: summaryLines(f['summary']) }),
  'incident.merged': (f) => ({ kind: 'merge', title: 'Merged into another room', chips: [text(f, 'into')] }),
  'signal.linked': () => ({ kind: 'signal', title: 'Signal linked' }),
  'note.added': (f) => ({ kind: 'note', ...firstLine(text(f, 'text')) }),
  'decision.recorded': (f) => ({
    kind: 'decision',
    title: text(f, 'title'),
    body: decisionLines(f),
    chips: [
      `chosen: ${text(f, 'choice')}`,
      ...(optional(f, 'expires_at') === null ? [] : [`until ${text(f, 'expires_at')}`]),
    ],
  }),
  'decision.renewed': (f) => ({
    kind: 'decision',
    title: 'Decision renewed',
    body: optional(f, 'reason'),
    chips: [`until ${text(f, 'expires_at')}`],
  }),
  'decision.withdrawn': (f) => ({ kind: 'decision', title: 'Decision withdrawn', body: text(f, 'reason') }),
  'task.added': (f, names) => ({
    kind: 'task',
    title: `Task: ${text(f, 'text')}`,
    chips: [
      ...(optional(f, 'assignee') === null ? [] : [who(f, 'assignee', names)]),
      ...(optional(f, 'due_at') === null ? [] : [`due ${text(f, 'due_at')}`]),
    ],
  }),
  'task.assigned': (f, names) => ({ kind: 'task', title: `Task given to ${who(f, 'assignee', names)}` }),
  'task.done': (f) => ({ kind: 'task', title: 'Task done', body: optional(f, 'outcome'), tone: 'ok' }),
  'task.reopened': (f) => ({ kind: 'task', title: 'Task opened again', body: optional(f, 'reason') }),
  'handoff.offered': (f) => ({
    kind: 'handoff',
    title: `${handoffWords[text(f, 'subject')] ?? 'Handed'} to ${text(f, 'to')}: ${text(f, 'text')}`,
    body: optional(f, 'reason'),
  }),
  'handoff.accepted': (f) => ({ kind: 'handoff', title: 'Handover accepted', body: optional(f, 'reason'), tone: 'ok' }),
  'handoff.refused': (f) => ({ kind: 'handoff', title: 'Handover refused', body: text(f, 'reason'), tone: 'warn' }),
  'asset.declared': (f) => ({
    kind: 'declared',
    title: `Declared: ${text(f, 'name')}, outside Databricks`,
    body: optional(f, 'note'),
    chips: [optional(f, 'owner'), optional(f, 'contact')].filter((chip) => chip !== null),
  }),
  'edge.declared': (f) => ({
    kind: 'declared',
    title: `Declared: ${assetWords(f['from'])} goes into ${assetWords(f['to'])}`,
    body: optional(f, 'note'),
  }),
  'declaration.withdrawn': (f) => ({
    kind: 'declared',
    title: 'A declaration was taken back',
    body: optional(f, 'reason'),
  }),
  'attachment.added': (f) => ({
    kind: 'attachment',
    title: `File: ${displayName(text(f, 'name'))}`,
    body: optional(f, 'note'),
    chips: [...blobChips(f['blob'])],
  }),
  'fact.cited': (f) => ({ kind: 'fact', ...factWords(f) }),
  'pack.exported': (f) => ({ kind: 'export', title: 'Evidence pack exported', body: optional(f, 'purpose') }),
  redacted: (f) => ({
    kind: 'redaction',
    title: `${countWords(list(f['digests']).length, 'field')} redacted`,
    body: text(f, 'basis'),
    tone: 'warn',
  }),
};

const handoffWords: Readonly<Record<string, string>> = { question: 'Question', command: 'Command', task: 'Task' };

const who = (fields: Fields, name: string, names: Names): string => {
  const value = fields[name];
  return typeof value === 'string' ? names.nameOf(value as ActorId) : 'somebody';
};
const countWords = (n: number, noun: string): string => `${n} ${noun}${n === 1 ? '' : 's'}`;

const record = (value: JsonValue | undefined): Readonly<Record<string, JsonValue>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, JsonValue>>)
    : {};

const summaryLines = (value: JsonValue | undefined): string => {
  const parts = record(value);
  const line = (label: string, key: string): string => {
    const said = parts[key];
    return typeof said === 'string' && said !== '' ? `${label}: ${said}` : '';
  };
  return (
    [line('Know', 'know'), line('Don’t', 'unknown'), line('Next', 'next')].filter(Boolean).join('\n') || 'withheld'
  );
};

const decisionLines = (f: Fields): string => {
  const dissent = optional(f, 'dissent');
  const lines = [text(f, 'reason'), `Options: ${list(f['options']).join(', ') || 'withheld'}`];
  return [...lines, ...(dissent === null ? [] : [`Dissent: ${dissent}`])].join('\n');
};

const blobChips = (value: JsonValue | undefined): readonly string[] => {
  const { size, sha256 } = record(value);
  return [
    ...(typeof size === 'number' ? [sizeWords(size)] : []),
    ...(typeof sha256 === 'string' ? [`sha256 ${sha256.slice(0, 8)}…`] : []),
  ];
};

export const sizeWords = (bytes: number): string => {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / (1024 * 1024)).toFixed(1)} MiB`;
};

/** Tones of machine facts by kind: changed things are `change`, broken ones `bad`. */
export const factTone = (kind: string, data: Readonly<Record<string, JsonValue>>): Entry['tone'] => {
  if (['run', 'repair', 'pipeline-update', 'query', 'experiment-run'].includes(kind))
    // Only what took longer than usual says what is usual.
    return isFailed(data) ? 'bad' : typeof data['usualMs'] === 'number' ? 'warn' : 'plain';
  if (kind === 'quality') return data['status'] === 'unhealthy' ? 'bad' : data['status'] === 'healthy' ? 'ok' : 'plain';
  if (kind === 'expectation') return Number(data['failedShare']) > 0 ? 'warn' : 'plain';
  if (kind === 'compute-event') return data['trouble'] === true ? 'bad' : 'plain';
  if ((kind === 'drift' && data['psi'] !== null) || (kind === 'audit' && data['refused'] === true)) return 'warn';
  return changeKinds.includes(kind) ? 'change' : 'plain';
};
const isFailed = (data: Readonly<Record<string, JsonValue>>): boolean =>
  [data['state'], data['result'], data['result_state'], data['resultState']].some(
    (state) => typeof state === 'string' && /fail|error|timed.?out/i.test(state),
  );

/** A cited fact: its snapshot is the fact as it was seen (title and data); without it only kind and source are left. */
const factWords = (f: Fields): Partial<Description> & Pick<Description, 'title'> => {
  const snapshot = record(f['snapshot']);
  const kind = text(f, 'kind');
  const title = snapshot['title'];
  return {
    title: typeof title === 'string' ? title : `${words(kind)} from ${text(f, 'source')}: content withheld`,
    tone: factTone(kind, record(snapshot['data'])),
    chips: ['cited', text(f, 'source')],
  };
};

const noEffectWords: Readonly<Record<NoEffectReason, string>> = {
  'unknown-type': 'this version does not know this kind of entry',
  'bad-fields': 'its fields are not as its kind demands',
  'wrong-scope': 'this kind of entry does not belong into this log',
  'no-org': 'the organisation under which it was written has not arrived yet',
  'no-grant': 'its author shows no role for it',
  'grant-unknown': 'the role it was written under has not arrived yet',
  'grant-not-effective': 'the role it was written under has no effect itself',
  'grant-of-other-person': 'it was written under somebody else’s role',
  'role-insufficient': 'the role of its author does not allow it',
  'grant-expired': 'the role of its author had expired',
  'grant-revoked': 'the role of its author had been revoked',
  'not-attested': 'nobody has confirmed its author’s device',
  'device-revoked': 'its author’s device had been revoked',
  sealed: 'it is encrypted and this device has no key for it',
};

/** Why an entry is kept without effect, for people; null when it counts. */
export const withoutEffect = (entry: Pick<EntryView, 'effect' | 'reason'>): string | null =>
  entry.effect === 'full'
    ? null
    : `Without effect: ${entry.reason === null ? 'not allowed' : noEffectWords[entry.reason]}.`;
