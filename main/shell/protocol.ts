import { type Protocol, protocol } from 'electron';
import { answerRequest, type Answer, type Asset } from './assets.ts';
import { scheme } from './origin.ts';

/** Before the app is ready: an origin and headers, and nothing that a web page would not have. */
export const announceScheme = (): void =>
  protocol.registerSchemesAsPrivileged([
    { scheme, privileges: { standard: true, secure: true, supportFetchAPI: true, corsEnabled: false } },
  ]);

/** `special` answers first (notice, downloads); everything else comes from the list of built files. */
export const serveWindow = (
  on: Protocol,
  files: ReadonlyMap<string, Asset>,
  special: (pathname: string) => Answer | Response | null,
): void =>
  on.handle(scheme, (request) => {
    const extra = request.method === 'GET' && URL.canParse(request.url) ? special(new URL(request.url).pathname) : null;
    const answer = extra ?? answerRequest(files, request.method, request.url);
    return answer instanceof Response ? answer : toResponse(answer);
  });

const toResponse = (answer: Answer): Response =>
  new Response(answer.body, { status: answer.status, headers: { ...answer.headers } });
