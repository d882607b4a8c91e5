import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  attach,
  attachFile,
  draftToCommand,
  refuseFile,
  sendComposer,
  toBase64,
} from '../../renderer/actions/index.ts';
import { composerKey, store } from '../../renderer/model/index.ts';
import { createFake } from '../support/renderer-fake.ts';
import { sampleLog as log } from '../support/renderer-sample.ts';

describe('drafts as calls', () => {
  it('a note carries what is selected and its time', () => {
    expect(draftToCommand(log, { text: ' seen ', at: '2026-11-24T13:30:00.000Z' }, ['t1'])).toEqual({
      name: 'note.add', input: { log, text: 'seen', happenedAt: '2026-11-24T13:30:00.000Z', assets: ['t1'] },
    }); // prettier-ignore
    expect(draftToCommand(log, { text: '  ' }, [])).toEqual({ missing: 'Write something first.' });
  });

  it('a decision lists its choice among the options and says what is missing', () => {
    const draft = {
      kind: 'decision',
      text: 'Keep v14',
      options: 'wait\n\n roll back ',
      choice: 'pause',
      reason: 'same error',
      expires: '',
    };
    expect(draftToCommand(log, draft, [])).toEqual({
      name: 'decision.record', input: { log, title: 'Keep v14', options: ['wait', 'roll back', 'pause'], choice: 'pause', reason: 'same error' },
    }); // prettier-ignore
    expect(draftToCommand(log, { ...draft, choice: ' ' }, [])).toEqual({ missing: 'Say what was chosen.' });
    expect(draftToCommand(log, { ...draft, reason: '' }, [])).toEqual({ missing: 'Say why.' });
  });

  it('tasks, questions and handoffs', () => {
    expect(draftToCommand(log, { kind: 'task', text: 'Ask', assignee: 'p1', due: '' }, [])).toEqual({
      name: 'task.add',
      input: { log, text: 'Ask', assignee: 'p1' },
    });
    expect(draftToCommand(log, { kind: 'question', text: 'Why?', to: 'POS', subject: 'command' }, [])).toMatchObject({
      name: 'handoff.offer',
      input: { subject: 'question', to: 'POS' },
    });
    expect(
      draftToCommand(log, { kind: 'handoff', text: 'Take over', to: 'Ops', subject: 'command' }, []),
    ).toMatchObject({ input: { subject: 'command' } });
    expect(draftToCommand(log, { kind: 'handoff', text: 'Take over', to: '' }, [])).toEqual({
      missing: 'Say which team it goes to.',
    });
  });
});

describe('sending', () => {
  let fake: ReturnType<typeof createFake>;
  let stop: () => void;
  beforeEach(() => {
    fake = createFake();
    stop = attach(fake);
  });
  afterEach(() => {
    stop();
    store.setState({ drafts: {}, news: [], uploads: [] });
  });

  it('keeps the text when the core refuses, and forgets it when the core has it', async () => {
    const key = composerKey(log);
    store.getState().typed(key, { text: 'what I saw' });
    fake.failWrites = true;
    expect(await sendComposer(log)).toContain('kept here');
    expect(store.getState().drafts[key]).toEqual({ text: 'what I saw' });
    expect(store.getState().news).toHaveLength(1);
    fake.failWrites = false;
    expect(await sendComposer(log)).toBeNull();
    expect(store.getState().drafts[key]).toBeUndefined();
  });

  it('without a line to the core nothing is lost either', async () => {
    stop();
    store.getState().typed(composerKey(log), { text: 'alone' });
    expect(await sendComposer(log)).not.toBeNull();
    expect(store.getState().drafts[composerKey(log)]).toEqual({ text: 'alone' });
  });

  it('sends a file in chunks below the limit, and an empty one with none', async () => {
    expect(await attachFile(log, new File([new Uint8Array(1_200_000)], 'big.bin'))).toBe(true);
    const chunks = fake.calls.filter((call) => call.name === 'attachment.chunk').map((call) => call.input['offset']);
    expect(chunks).toEqual([0, 524_288, 1_048_576]);
    fake.calls.length = 0;
    expect(await attachFile(log, new File([], 'empty.txt'))).toBe(true);
    expect(fake.calls.map((call) => call.name)).toEqual(['attachment.begin', 'attachment.commit']);
    expect(store.getState().uploads).toEqual([]);
  });

  it('refuses more than 25 MB before a byte is read', async () => {
    expect(refuseFile({ name: 'a', size: 25 * 1024 * 1024 })).toBeNull();
    const file = { name: 'huge.bin', size: 25 * 1024 * 1024 + 1, lastModified: 0, type: '' } as File;
    expect(await attachFile(log, file)).toBe(false);
    expect(fake.calls).toEqual([]);
    expect(store.getState().uploads[0]?.failure?.what).toContain('25 MB');
  });

  it('base64 of long bytes is right', () => {
    const bytes = Uint8Array.from({ length: 100_000 }, (_, at) => at % 251);
    expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  });
});
