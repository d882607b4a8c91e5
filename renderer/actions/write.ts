import type { CallInput, CommandName } from '../../shared/contract/calls.ts';
import { composerKey, type Draft, store } from '../model/index.ts';
import { act, call } from './bridge.ts';

/** What the composer can write. */
export const composerKinds = ['note', 'decision', 'task', 'question', 'handoff'] as const;
export type ComposerKind = (typeof composerKinds)[number];
type Command = { [N in CommandName]: { readonly name: N; readonly input: CallInput<N> } }[CommandName];
type Missing = { readonly missing: string };

const lines = (text: string | undefined): string[] =>
  (text ?? '')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
const trimmed = (text: string | undefined): string => (text ?? '').trim();
const some = <K extends string>(key: K, text: string | undefined): { readonly [P in K]?: string } =>
  trimmed(text) === '' ? {} : ({ [key]: trimmed(text) } as { readonly [P in K]?: string });

/**
 * A composer draft as a call, or the word for what is missing. Times in a draft are instants already.
 * `assets`: what is selected, so that a note about a node is found from the node.
 */
export const draftToCommand = (log: string, draft: Draft, assets: readonly string[]): Command | Missing => {
  const kind = (draft['kind'] ?? 'note') as ComposerKind;
  const text = trimmed(draft['text']);
  if (text === '') return { missing: 'Write something first.' };
  if (kind === 'note')
    return {
      name: 'note.add',
      input: { log, text, ...some('happenedAt', draft['at']), ...(assets.length === 0 ? {} : { assets: [...assets] }) },
    };
  if (kind === 'task')
    return {
      name: 'task.add',
      input: { log, text, ...some('assignee', draft['assignee']), ...some('dueAt', draft['due']) },
    };
  if (kind === 'decision') {
    const choice = trimmed(draft['choice']);
    const reason = trimmed(draft['reason']);
    if (choice === '') return { missing: 'Say what was chosen.' };
    if (reason === '') return { missing: 'Say why.' };
    const options = lines(draft['options']);
    const all = options.includes(choice) ? options : [...options, choice];
    return {
      name: 'decision.record',
      input: {
        log,
        title: text,
        options: all,
        choice,
        reason,
        ...some('dissent', draft['dissent']),
        ...some('expiresAt', draft['expires']),
      },
    };
  }
  const to = trimmed(draft['to']);
  if (to === '') return { missing: 'Say which team it goes to.' };
  const subject = kind === 'question' ? 'question' : draft['subject'] === 'command' ? 'command' : 'task';
  return { name: 'handoff.offer', input: { log, subject, text, to, ...some('reason', draft['reason']) } };
};

/** Send what the composer holds. The draft is forgotten only after the core has confirmed it. */
export const sendComposer = async (log: string): Promise<string | null> => {
  const key = composerKey(log);
  const { drafts, selection } = store.getState();
  const draft = drafts[key] ?? {};
  const command = draftToCommand(log, draft, selection.assets);
  if ('missing' in command) return command.missing;
  const answer = await call(command.name, command.input);
  if (!answer.ok) {
    store.getState().tellFailure(answer.error);
    return 'It was not saved. Your text is kept here.';
  }
  store.getState().acknowledged(key, draft);
  return null;
};

/** Send a kept form by any command; true when the core has confirmed it. */
export const sendDraft = async <N extends CommandName>(key: string, name: N, input: CallInput<N>): Promise<boolean> => {
  const draft = store.getState().drafts[key] ?? {};
  const answer = await act(name, input);
  if (answer === null) return false;
  store.getState().acknowledged(key, draft);
  return true;
};
