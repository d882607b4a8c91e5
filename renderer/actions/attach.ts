import { failure } from '../../shared/base/failure.ts';
import { attachmentLimit, chunkLimit } from '../../shared/contract/calls.ts';
import type { CallFailure } from '../../shared/contract/wire.ts';
import { store, type Upload } from '../model/index.ts';
import { act, call } from './bridge.ts';

/** Why a file cannot be attached, or null. Said before a byte is read. */
export const refuseFile = (file: { readonly name: string; readonly size: number }): CallFailure | null =>
  file.size > attachmentLimit
    ? failure(
        'TooLarge',
        `${file.name} is ${(file.size / 1024 / 1024).toFixed(1)} MB; a file can have 25 MB for now.`,
        'Nothing was stored, the file is where it was.',
        'Attach a part of it, or write down where it is kept.',
      )
    : null;

/** Bytes as base64, in steps that the argument list of a call can carry. */
export const toBase64 = (bytes: Uint8Array): string => {
  let text = '';
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
};

/** Send a file in chunks; the core writes the event only after the whole file is on its disk. */
export const attachFile = async (log: string, file: File): Promise<boolean> => {
  const model = store.getState();
  const id = `${file.name} ${file.size} ${file.lastModified} ${Date.now()}`;
  const shown: Upload = { id, log, name: file.name, size: file.size, sent: 0, failure: null };
  const stop = (problem: CallFailure): false => {
    store.getState().uploadIs({ ...shown, failure: problem });
    return false;
  };
  const refused = refuseFile(file);
  if (refused !== null) return stop(refused);
  model.uploadIs(shown);
  const begun = await call('attachment.begin', {
    log,
    name: file.name,
    size: file.size,
    media: file.type.slice(0, 200),
  });
  if (!begun.ok) return stop(begun.error);
  const { upload } = begun.value;
  for (let offset = 0; offset < file.size; offset += chunkLimit) {
    const bytes = await readSlice(file, offset);
    if (bytes === null) return stop(unreadable(file.name));
    const answer = await call('attachment.chunk', { upload, offset, base64: toBase64(bytes) });
    if (!answer.ok) return stop(answer.error);
    store.getState().uploadIs({ ...shown, sent: offset + bytes.length });
  }
  const done = await call('attachment.commit', { upload });
  if (!done.ok) return stop(done.error);
  store.getState().uploadGone(id);
  return true;
};

const readSlice = async (file: File, offset: number): Promise<Uint8Array | null> => {
  try {
    return new Uint8Array(await file.slice(offset, offset + chunkLimit).arrayBuffer());
  } catch {
    return null;
  }
};

const unreadable = (name: string): CallFailure =>
  failure(
    'Unreadable',
    `${name} could not be read to its end.`,
    'Nothing was stored.',
    'Look whether the file is still there, then attach it again.',
  );

/** Fetch a file of a room and hand it to the browser to save. */
export const saveAttachment = async (
  log: string,
  file: { readonly id: string; readonly name: string; readonly size: number },
): Promise<void> => {
  const parts: ArrayBuffer[] = [];
  let offset = 0;
  while (offset < file.size) {
    const answer = await act('attachment.read', { log, attachment: file.id, offset });
    if (answer === null) return;
    const bytes = Uint8Array.from(atob(answer.base64), (letter) => letter.charCodeAt(0));
    if (bytes.length === 0) break;
    parts.push(bytes.buffer);
    offset += bytes.length;
  }
  saveParts(file.name, parts);
};

/** Hand a text to the browser to save, under this name. */
export const saveText = (name: string, text: string): void => saveParts(name, [text]);

const saveParts = (name: string, parts: readonly BlobPart[]): void => {
  const url = URL.createObjectURL(new Blob([...parts]));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
};
