import { authHeaders } from '../../../main/databricks/token-source.ts';
import { agentFor, send } from '../../../main/databricks/transport.ts';
import { notObserved, told } from '../answered.ts';
import { onlyOn, type Check } from '../check.ts';
import { ask, type Stage } from '../stage.ts';

type Reply = { readonly status: number; readonly body: string; readonly length: string | undefined };

/** One request of the Files API (`/api/2.0/fs/files`): bytes, so not through the REST client, which speaks JSON. */
const file = async (
  stage: Stage,
  method: 'PUT' | 'HEAD' | 'GET',
  path: string,
  more: { readonly body?: string; readonly range?: string } = {},
): Promise<Reply> => {
  const agent = agentFor(stage.connection);
  const auth = await authHeaders(stage.connection.auth);
  if (!agent.ok || !auth.ok) throw new Error('the connection cannot be used');
  try {
    const raw = await send(
      {
        agent: agent.value,
        host: stage.connection.host,
        port: stage.connection.port,
        method,
        path: `/api/2.0/fs/files${path}`,
        timeout: 60_000,
        headers: {
          ...auth.value.headers,
          ...(more.range === undefined ? {} : { range: more.range }),
          ...(more.body === undefined ? {} : { 'content-length': Buffer.byteLength(more.body) }),
        },
      },
      more.body,
    );
    return { status: raw.status, body: raw.body.slice(0, 300), length: raw.headers['content-length'] };
  } finally {
    agent.value.destroy();
  }
};

/** A path that is taken is not written over; HEAD tells the size; a range brings a part. */
const filesApi = async (stage: Stage): Promise<unknown> => {
  const made = await ask(stage.workspace, `CREATE VOLUME ${stage.catalog}.${stage.schema}.files`);
  if (!made.ok) return notObserved(`no volume could be made: ${made.error.what}`);
  const path = `/Volumes/${stage.catalog}/${stage.schema}/files/one.txt`;
  const first = await file(stage, 'PUT', `${path}?overwrite=false`, { body: 'abcdefghij' });
  const again = await file(stage, 'PUT', `${path}?overwrite=false`, { body: 'something else' });
  const head = await file(stage, 'HEAD', path);
  const part = await file(stage, 'GET', path, { range: 'bytes=2-4' });
  const all = await file(stage, 'GET', path);
  return told(
    { first: first.status, again: again.status, head: [head.status, head.length], part: part.status, all: all.status },
    { first: first.status < 300, again: again.status, length: head.length, part: [part.status, part.body], all: all.body },
  );
}; // prettier-ignore

export const fileChecks: readonly Check[] = [
  {
    id: 'live.files-api',
    about: 'Files API: PUT without overwrite on a taken path, HEAD, a range',
    lacking: onlyOn('workspace', 'has no volumes'),
    observe: filesApi,
    expected: { first: true, again: 409, length: '10', part: [206, 'cde'], all: 'abcdefghij' },
  },
];
