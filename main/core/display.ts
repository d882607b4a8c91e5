// C0 and C1 controls, zero-width and bidirectional marks and overrides, line separators: they can make a name look like another.
const invisible = /[\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const forbiddenInFiles = /[/\\:*?"<>|]/g;
const reservedOnWindows = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i;

/** A name as it is safe to show: what cannot be seen is marked by `·`. The event keeps the name as it was given. */
export const displayName = (name: string): string => name.replace(invisible, '·').trim() || 'without a name';

/** A name as it is safe to write to a folder: no path, no control characters, no reserved name, at most 120 characters. */
export const fileName = (name: string): string => {
  const clean = displayName(name)
    .replace(forbiddenInFiles, '_')
    .replace(/^\.+/, '_')
    .replace(/[. ]+$/, '');
  const safe = reservedOnWindows.test(clean) ? `_${clean}` : clean;
  return safe.length <= 120 ? safe || 'file' : `${safe.slice(0, 80)}…${safe.slice(-30)}`;
};

/** What people call a room before it has a number of its own: stable on every device, short enough to say. */
export const roomNumber = (log: string): string => `INC-${log.slice(4, 10).toUpperCase()}`;

/** First 16 characters in groups of four, to read out over a phone. */
export const fingerprint = (device: string): string => (device.slice(0, 16).match(/.{1,4}/g) ?? []).join(' ');
