import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import { Readable } from 'node:stream';
import type { Session } from 'electron';
import { pageHeaders } from '../../shared/domain/content-policy.ts';

export const downloadPath = '/download/';

/**
 * Files that the core offers to its window. A link to `breakwater://app/download/<ticket>` works once and ends in the
 * system's save dialog; the page never learns or names a path.
 */
export const downloadDesk = () => {
  const offers = new Map<string, string>();
  return {
    offer: (ticket: string, file: string): void => void offers.set(ticket, file),
    forget: (): void => offers.clear(),
    /** The file behind a request, or null; asking uses the ticket up. */
    take: (pathname: string): string | null => {
      const ticket = pathname.startsWith(downloadPath) ? pathname.slice(downloadPath.length) : '';
      const file = offers.get(ticket) ?? null;
      offers.delete(ticket);
      return file;
    },
  };
};

export const downloadResponse = (file: string): Response =>
  new Response(Readable.toWeb(createReadStream(file)) as ReadableStream<Uint8Array>, {
    headers: {
      ...pageHeaders,
      'content-type': 'application/octet-stream',
      'content-disposition': `attachment; filename*=UTF-8''${encodeURIComponent(basename(file))}`,
    },
  });

/** Every download asks where to save, in the system's own dialog; anything that is not ours is refused. */
export const guardDownloads = (session: Session, own: (address: string) => boolean): void => {
  session.on('will-download', (event, item) => {
    if (!own(item.getURL())) return event.preventDefault();
    item.setSaveDialogOptions({
      title: 'Save',
      defaultPath: item.getFilename(),
      properties: ['createDirectory', 'showOverwriteConfirmation'],
    });
  });
};
