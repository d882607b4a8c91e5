import https from 'node:https';
import type { Login, LoginStore } from '../../main/databricks/login.ts';
import { ok } from '../../shared/base/result.ts';
import type { Place } from '../../main/databricks/transport.ts';
import type { Practice } from './practice.ts';

export const practicePlace = (practice: Practice): Place => ({
  kind: 'practice',
  host: practice.host,
  port: practice.port,
  caFile: practice.caFile,
});

/** A login in memory; `writes` keeps every state that it was in. */
export const memoryLogin = (first: Login | null): LoginStore & { readonly writes: Login[] } => {
  let login = first;
  const writes: Login[] = [];
  return {
    writes,
    read: () => ok(login),
    write: (next) => {
      login = next;
      writes.push(next);
      return ok(undefined);
    },
    exclusively: async (work) => ok(await work()),
  };
};

/** What a browser would do on the consent page: follow the link and come back to the redirect. Answers the page's status. */
export const decide = async (
  practice: Practice,
  url: string,
  decision: 'allow' | 'refuse',
  change: (back: URL) => void = () => undefined,
): Promise<{ readonly status: number; readonly text: string }> => {
  const asked = new URL(url);
  asked.searchParams.set('decision', decision);
  const location = await new Promise<string>((resolve, reject) =>
    https
      .get(asked, { ca: practice.ca, agent: false }, (response) => {
        response.resume();
        resolve(response.headers.location ?? '');
      })
      .on('error', reject),
  );
  const back = new URL(location);
  change(back);
  const page = await fetch(back);
  return { status: page.status, text: await page.text() };
};
