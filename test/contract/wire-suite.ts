import { describe, expect, it } from 'vitest';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { contractVersion, messageLimit } from '../../shared/contract/calls.ts';
import { createClient, singleChannel, type Client } from '../../renderer/bridge/client.ts';
import { value } from '../support/core.ts';

export type Connect = () => Promise<Channel<ClientFrame, ServerFrame>>;

/** What came through a raw channel, in order, and whether it was closed. */
const listen = (channel: Channel<ClientFrame, ServerFrame>) => {
  const frames: ServerFrame[] = [];
  const waiting: (() => void)[] = [];
  let closed = false;
  const wake = (): void => waiting.splice(0).forEach((go) => go());
  channel.onFrame((frame) => {
    frames.push(frame);
    wake();
  });
  channel.onClose(() => {
    closed = true;
    wake();
  });
  return {
    frames,
    isClosed: () => closed,
    until: async (found: () => boolean): Promise<void> => {
      while (!found()) {
        await new Promise<void>((resolve, reject) => {
          const timer = setTimeout(
            () => reject(new Error(`nothing came: ${JSON.stringify(frames).slice(0, 500)}`)),
            10_000,
          );
          waiting.push(() => {
            clearTimeout(timer);
            resolve();
          });
        });
      }
    },
  };
};

/** The same questions over every transport. `start` gives a fresh core and a way to connect to it. */
export const contractSuite = (name: string, start: () => Promise<{ connect: Connect }>): void => {
  const client = async (): Promise<{ client: Client; connect: Connect }> => {
    const { connect } = await start();
    return { client: createClient(singleChannel(await connect())), connect };
  };
  const raw = async () => {
    const channel = await (await start()).connect();
    const heard = listen(channel);
    const answer = async (frame: ClientFrame & { readonly id: number }): Promise<ServerFrame> => {
      channel.send(frame);
      const found = (): ServerFrame | undefined => heard.frames.find((one) => 'id' in one && one.id === frame.id);
      await heard.until(() => found() !== undefined);
      const got = found();
      if (got === undefined) throw new Error('an answer came');
      return got;
    };
    return { channel, heard, answer };
  };
  const greeted = async () => {
    const ends = await raw();
    ends.channel.send({ t: 'hello', contract: contractVersion });
    await ends.heard.until(() => ends.heard.frames.some(({ t }) => t === 'welcome'));
    return ends;
  };
  const tagOf = (frame: ServerFrame): string => (frame.t === 'err' ? frame.error.tag : frame.t);

  describe(name, () => {
    it('greets a client of its version', async () => {
      const { heard } = await greeted();
      expect(heard.frames[0]).toMatchObject({ t: 'welcome', contract: contractVersion });
    });

    it('refuses another version of the contract and hangs up', async () => {
      const { channel, heard } = await raw();
      channel.send({ t: 'hello', contract: contractVersion + 1 });
      await heard.until(() => heard.frames.length > 0 && heard.isClosed());
      expect(heard.frames).toMatchObject([{ t: 'refused', error: { tag: 'ContractMismatch' } }]);
    });

    it('answers nothing before the greeting', async () => {
      const { channel, heard } = await raw();
      channel.send({ t: 'call', id: 1, name: 'app.status', input: {} });
      await heard.until(() => heard.frames.length > 0);
      expect(heard.frames.map(({ t }) => t)).toEqual(['refused']);
    });

    it('knows only its own calls', async () => {
      const { answer } = await greeted();
      const names = ['nope', '__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'app.status '];
      for (const [at, unknown] of names.entries()) {
        expect(tagOf(await answer({ t: 'call', id: 10 + at, name: unknown, input: {} })), unknown).toBe('UnknownCall');
        expect(tagOf(await answer({ t: 'sub', id: 30 + at, name: unknown, input: {} })), unknown).toBe('UnknownCall');
      }
    });

    it('names the place where an input is wrong', async () => {
      const { answer } = await greeted();
      const wrong: readonly (readonly [string, unknown, string])[] = [
        ['room.get', {}, 'log'],
        ['room.get', { log: 'inc:nothex' }, 'log'],
        ['room.timeline', { log: `inc:${'0'.repeat(32)}`, limit: 501 }, 'limit'],
        ['room.timeline', { log: `inc:${'0'.repeat(32)}`, limit: 1.5 }, 'limit'],
        ['room.open', { from: 'hand', title: 'x', class: 'data-quality', severity: 'SEV9' }, 'severity'],
        [
          'decision.record',
          { log: `inc:${'0'.repeat(32)}`, title: 'x', options: ['a', 3], choice: 'a', reason: 'r' },
          'options.1',
        ],
        ['update.schedule', { log: `inc:${'0'.repeat(32)}`, dueAt: '2026-02-31T25:00:00Z' }, 'dueAt'],
        ['app.status', null, ''],
        ['app.status', 'text', ''],
      ];
      for (const [at, [call, input, path]] of wrong.entries()) {
        const frame = await answer({ t: 'call', id: 50 + at, name: call, input });
        expect(frame, `${call} ${path}`).toMatchObject({ t: 'err', error: { tag: 'WrongShape', path } });
      }
    });

    it('ignores fields that it does not know, and prototype keys do no harm', async () => {
      const { answer } = await greeted();
      const hostile: unknown = JSON.parse(
        '{"from":"hand","title":"t","class":"cost","severity":"SEV5","__proto__":{"admin":true},"constructor":{"prototype":{"x":1}},"more":1}',
      );
      expect(tagOf(await answer({ t: 'call', id: 1, name: 'room.open', input: hostile }))).toBe('ok');
      expect(({} as Record<string, unknown>)['admin']).toBeUndefined();
      expect(tagOf(await answer({ t: 'call', id: 2, name: 'app.status', input: {} }))).toBe('ok');
    });

    it('refuses what is too large with its own answer, and goes on', async () => {
      const { answer } = await greeted();
      const big = { log: `inc:${'0'.repeat(32)}`, text: 'x'.repeat(messageLimit + 1) };
      expect(tagOf(await answer({ t: 'call', id: 1, name: 'note.add', input: big }))).toBe('TooLarge');
      expect(tagOf(await answer({ t: 'call', id: 2, name: 'app.status', input: {} }))).toBe('ok');
    });

    it('follows questions only', async () => {
      const { answer } = await greeted();
      expect(tagOf(await answer({ t: 'sub', id: 1, name: 'lake.refresh', input: {} }))).toBe('NotAQuery');
    });

    it('ignores frames that are none', async () => {
      const { channel, answer } = await greeted();
      const junk = [
        null,
        7,
        'x',
        [],
        {},
        { t: 'call' },
        { t: 'call', id: 'x', name: 'app.status' },
        { t: 'call', id: 1.5, name: 'a' },
      ];
      for (const frame of junk) channel.send(frame as ClientFrame);
      expect(tagOf(await answer({ t: 'call', id: 2, name: 'app.status', input: {} }))).toBe('ok');
    });

    it('says that a room is not here', async () => {
      const { client: c } = await client();
      const answer = await c.call('room.get', { log: `inc:${'0'.repeat(32)}` });
      expect(answer).toMatchObject({ ok: false, error: { tag: 'NoSuchRoom' } });
    });

    it('carries one incident from opening to learning, and equal answers to both windows', async () => {
      const { client: c, connect } = await client();
      const { log } = value(
        await c.call('room.open', { from: 'hand', title: 'Ünïcødé 🌊', class: 'model', severity: 'SEV3' }),
      );
      const note = value(
        await c.call('note.add', { log, text: 'first\nsecond', happenedAt: '2026-11-24T10:00:00+02:00' }),
      );
      value(await c.call('note.edit', { log, note: note.hashes[0] ?? '', text: 'better' }));
      value(await c.call('severity.set', { log, severity: 'SEV1', reason: 'more tables' }));
      const task = value(await c.call('task.add', { log, text: 'look at the job' }));
      value(await c.call('task.done', { log, task: task.hashes[0] ?? '' }));
      value(
        await c.call('decision.record', {
          log,
          title: 'Pause',
          options: ['pause', 'wait'],
          choice: 'pause',
          reason: 'harm',
        }),
      );
      value(await c.call('summary.set', { log, summary: { know: 'a', unknown: 'b', next: 'c' } }));
      value(await c.call('phase.set', { log, phase: 'learning' }));
      const room = value(await c.call('room.get', { log }));
      expect(room.severity).toMatchObject({ value: 'SEV1', conflict: [] });
      expect(room.tasks[0]?.state.value).toBe('done');
      expect(room.summary.value).toEqual({ know: 'a', unknown: 'b', next: 'c' });
      const { rows } = value(await c.call('room.timeline', { log, order: 'recorded' }));
      const edited = rows.find(({ id }) => id === note.hashes[0]);
      expect(edited).toMatchObject({ title: 'better', happenedAt: '2026-11-24T08:00:00.000Z' });
      expect(edited?.versions.map(({ text }) => text)).toEqual(['better', 'first\nsecond']);

      const other = createClient(singleChannel(await connect()));
      expect(value(await other.call('room.timeline', { log, order: 'recorded' })).rows).toEqual(rows);
    });

    it('pushes what changed to whoever follows, until they stop', async () => {
      const { client: c, connect } = await client();
      const { log } = value(await c.call('room.open', { from: 'hand', title: 'T', class: 'cost', severity: 'SEV5' }));
      const other = createClient(singleChannel(await connect()));
      const seen: string[][] = [];
      const waiting: (() => void)[] = [];
      const stop = other.subscribe('room.timeline', { log }, (answer) => {
        seen.push(value(answer).rows.map(({ title }) => title));
        waiting.splice(0).forEach((go) => go());
      });
      const until = async (found: () => boolean): Promise<void> => {
        while (!found()) await new Promise<void>((resolve) => waiting.push(resolve));
      };
      await until(() => seen.length === 1);
      value(await c.call('note.add', { log, text: 'one' }));
      await until(() => seen.at(-1)?.[0] === 'one');
      value(await c.call('note.add', { log, text: 'two' }));
      await until(() => seen.at(-1)?.[0] === 'two');
      const fresh = value(await c.call('room.timeline', { log })).rows.map(({ title }) => title);
      expect(seen.at(-1)).toEqual(fresh);
      stop();
      const before = seen.length;
      value(await c.call('note.add', { log, text: 'three' }));
      value(await other.call('room.timeline', { log }));
      expect(seen).toHaveLength(before);
    });
  });
};
