import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** The command that opens an address in the person's browser. */
export const openerFor = (
  platform: string,
  address: string,
): { readonly file: string; readonly args: readonly string[] } => {
  if (platform === 'darwin') return { file: 'open', args: [address] };
  if (platform === 'win32') return { file: 'rundll32', args: ['url.dll,FileProtocolHandler', address] };
  return { file: 'xdg-open', args: [address] };
};

/**
 * Open the one-time link without showing it to the other users of this machine: arguments can be read in the list of
 * processes, so the browser is given a file that only its owner can read and that leads on to the link. False when there is
 * no opener; the link stands on the terminal anyway.
 */
export const openBrowser = (platform: string, folder: string, link: string): Promise<boolean> => {
  const file = join(folder, 'open.html');
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(file, launchPage(link), { mode: 0o600 });
  } catch {
    return Promise.resolve(false);
  }
  const opener = openerFor(platform, pathToFileURL(file).href);
  return new Promise((resolve) => {
    const child = spawn(opener.file, [...opener.args], { stdio: 'ignore', detached: true });
    child.once('error', () => resolve(false));
    child.once('spawn', () => {
      child.unref();
      resolve(true);
    });
  });
};

/** `link` is made of an address and a base64url token; it holds nothing that HTML would read. */
export const launchPage = (link: string): string =>
  `<!doctype html><meta charset="utf-8"><title>Breakwater</title><meta http-equiv="refresh" content="0;url=${link}"><p><a href="${link}">Open Breakwater</a></p>\n`;
