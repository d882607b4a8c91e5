import { useEffect, useRef } from 'react';

export type Shortcuts = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const typing = (target: EventTarget | null): boolean =>
  target instanceof HTMLElement && target.closest('input, textarea, select, [contenteditable="true"]') !== null;

/** Name of a press as in the shortcut lists: "mod+k", "shift+l", "n", "escape". */
export const pressName = (
  event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>,
): string => {
  const key = event.key.toLowerCase();
  const mod = event.ctrlKey || event.metaKey ? 'mod+' : '';
  const alt = event.altKey ? 'alt+' : '';
  const shift = event.shiftKey && /^[a-z]$/.test(key) ? 'shift+' : '';
  return `${mod}${alt}${shift}${key}`;
};

/** Keys of a place. Plain letters are left alone while somebody types and while a dialog is open; "mod+…" always works. */
export const useShortcuts = (shortcuts: Shortcuts): void => {
  const latest = useRef(shortcuts);
  useEffect(() => {
    latest.current = shortcuts;
  });
  useEffect(() => {
    const press = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.isComposing) return;
      const name = pressName(event);
      const act = latest.current[name];
      if (act === undefined) return;
      const free =
        !typing(event.target) && document.querySelector('[role="dialog"], [role="menu"], [role="listbox"]') === null;
      if (!name.startsWith('mod+') && !free) return;
      act(event);
    };
    document.addEventListener('keydown', press);
    return () => document.removeEventListener('keydown', press);
  }, []);
};
