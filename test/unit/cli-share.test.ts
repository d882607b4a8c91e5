import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { exits, printFailure } from '../../main/cli/command.ts';
import { commands } from '../../main/cli/commands.ts';
import { dispatch } from '../../main/cli/dispatch.ts';
import { hasHiddenMarks, plainText } from '../../main/cli/plain-text.ts';
import { entries, explain, placeWords } from '../../main/cli/share-words.ts';
import { failure } from '../../shared/base/failure.ts';
import { openCore, scratch } from '../support/core.ts';

describe('words of others on a terminal', () => {
  it('lose what steers it, and nothing else', () => {
    expect(plainText('Umsätze 100 % – „gut“ 数 😀')).toBe('Umsätze 100 % – „gut“ 数 😀');
    expect(plainText('a\u001b[2J\u202eb\nc\u009b')).toBe('a\\u{1b}[2J\\u{202e}b\\u{a}c\\u{9b}');
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const plain = plainText(text);
        expect(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]/u.test(plain)).toBe(false);
        expect(plain.isWellFormed()).toBe(true);
        expect(plainText(plain)).toBe(plain);
        expect(hasHiddenMarks(text)).toBe(plain !== text);
      }),
    );
  });
  it('are so in failures and in names of places', () => {
    const lines: string[] = [];
    const context = { args: [], out: () => undefined, err: (line: string) => void lines.push(line), signal: AbortSignal.abort() }; // prettier-ignore
    printFailure(context, false, failure('X', 'what \u001b]0;title\u0007', 'safe\r', 'advice\u202e', 'E1'));
    expect(lines).toEqual(['what \\u{1b}]0;title\\u{7}', 'safe\\u{d}', 'advice\\u{202e}', '(X: E1)']);
    expect(placeWords({ kind: 'folder', place: '/x\ny' })).toBe('folder /x\\u{a}y');
    expect([entries(0), entries(1), entries(2)]).toEqual(['0 entries', '1 entry', '2 entries']);
  });
});

describe('why a share is offline', () => {
  const told = failure('ShareOffline', 'No workspace is connected.', 'safe', 'todo');
  it('is what the connection says', async () => {
    const offline = failure('Offline' as const, 'The bridge is out.', 's', 'Take the ferry.');
    const core = await openCore(scratch(), { practice: () => Promise.resolve({ ok: false, error: offline }) });
    expect(await explain(core, told)).toEqual(told);
    await core.call('share.join', { kind: 'delta', place: 'main.war_room' });
    expect(await explain(core, told)).toMatchObject({
      what: 'No workspace is connected. The bridge is out.',
      advice: 'Start it with `breakwater practice`.',
    });
    const denied = failure('ShareDenied', 'w', 's', 'a');
    expect(await explain(core, denied)).toEqual(denied);
  });
});

describe('share and sync', () => {
  it('answer 2 to what they do not understand', async () => {
    for (const argv of [
      ['share'],
      ['share', 'leave'],
      ['share', 'init'],
      ['share', 'init', '--kind', 'delta'],
      ['share', 'init', 'twice', '--kind', 'x'],
      ['share', 'status', '--kind', 'delta'],
      ['share', 'status', '--print-sql'],
      ['share', 'init', '--kind', 'delta', '--place', 'a'],
      ['share', 'join', '--kind', 'delta', '--place', 'a.b', '--print-sql'],
      ['sync', 'now'],
      ['sync', '--share', 'x'],
    ]) // prettier-ignore
    {
      const out: string[] = [];
      const err: string[] = [];
      const context = {
        out: (line: string) => void out.push(line),
        err: (line: string) => void err.push(line),
        signal: new AbortController().signal,
      };
      expect(await dispatch(commands, argv, context, '0'), argv.join(' ')).toBe(exits.usage);
      expect([out.length, err.length]).toEqual([0, 2]);
    }
  });
});
