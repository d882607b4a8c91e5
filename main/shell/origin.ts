/** The window's own address. A scheme of our own instead of file://, so that the page has an origin and gets headers. */
export const scheme = 'breakwater';
export const ownOrigin = `${scheme}://app`;
export const startPage = `${ownOrigin}/`;

/**
 * Does this address belong to the window's own origin? Exact scheme and host, no user, no port: `breakwater://app@evil`,
 * `breakwater://app.evil`, `data:`, `javascript:` and `file:` are all foreign.
 */
export const isOwnAddress = (address: string): boolean => {
  const url = URL.canParse(address) ? new URL(address) : null;
  return (
    url !== null &&
    url.protocol === `${scheme}:` &&
    url.host === 'app' &&
    url.username === '' &&
    url.password === '' &&
    url.port === ''
  );
};

/** What may be saved: a file of our own address, or one that our page made in memory (`blob:` of our origin). */
export const isOwnDownload = (address: string): boolean =>
  isOwnAddress(address.startsWith('blob:') ? address.slice('blob:'.length) : address);

/** Who sent an IPC message: the top frame of one of our windows, or nobody we listen to. */
export type SenderFrame = { readonly origin: string; readonly url: string; readonly parent: object | null } | null;

/** Detached frames are null, child frames have a parent, and the origin must be exactly ours. */
export const isOwnTopFrame = (frame: SenderFrame): boolean =>
  frame !== null && frame.parent === null && frame.origin === ownOrigin && isOwnAddress(frame.url);
