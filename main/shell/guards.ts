import type { App, Session, WebContents } from 'electron';
import { isOwnAddress } from './origin.ts';

/** Writing text to the clipboard on a press; reading it stays denied. */
const copyText = 'clipboard-sanitized-write';

/**
 * Every session denies every permission but one (our own page may copy text when somebody presses "Copy"), every page stays on its own origin, opens no window and holds no webview
 * (facts/security.md 1, rows 5, 11 to 14). Electron allows all of this unless it is told otherwise.
 */
export const guardSession = (
  session: Pick<
    Session,
    | 'setPermissionRequestHandler'
    | 'setPermissionCheckHandler'
    | 'setDevicePermissionHandler'
    | 'setDisplayMediaRequestHandler'
  >,
): void => {
  session.setPermissionRequestHandler((_contents, permission, answer, details) =>
    answer(permission === copyText && isOwnAddress(details.requestingUrl)),
  );
  session.setPermissionCheckHandler((_contents, permission, origin) => permission === copyText && isOwnAddress(origin));
  session.setDevicePermissionHandler(() => false);
  session.setDisplayMediaRequestHandler((_request, answer) => answer({}));
};

export type Denials = {
  /** A page wanted to leave: the address, for the person to decide on (external.ts). */
  readonly onLeave: (address: string) => void;
};

export const guardContents = (contents: WebContents, denials: Denials): void => {
  contents.on('will-navigate', (event) => {
    if (isOwnAddress(event.url)) return;
    event.preventDefault();
    denials.onLeave(event.url);
  });
  contents.on('will-redirect', (event) => {
    if (!isOwnAddress(event.url)) event.preventDefault();
  });
  contents.on('will-frame-navigate', (event) => {
    if (!isOwnAddress(event.url)) event.preventDefault();
  });
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(({ url }) => {
    denials.onLeave(url);
    return { action: 'deny' };
  });
};

/** Whatever contents Electron ever makes, wanted or not, gets the guards. */
export const guardApp = (app: App, denials: Denials): void => {
  app.on('session-created', guardSession);
  app.on('web-contents-created', (_event, contents) => guardContents(contents, denials));
};
