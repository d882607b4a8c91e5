import type { MenuItemConstructorOptions } from 'electron';

export type MenuActs = {
  readonly platform: string;
  readonly showProfileFolder: () => void;
  readonly restartCore: () => void;
  readonly about: () => void;
};

/** The menu as data: every item has a word and, where it is used often, a key. */
export const menuTemplate = (acts: MenuActs): MenuItemConstructorOptions[] => {
  const mac = acts.platform === 'darwin';
  const file: MenuItemConstructorOptions[] = [
    { label: 'Show Profile Folder', accelerator: 'CmdOrCtrl+Shift+O', click: acts.showProfileFolder },
    { type: 'separator' },
    mac ? { role: 'close' } : { role: 'quit', accelerator: 'CmdOrCtrl+Q' },
  ];
  return [
    ...(mac ? [{ role: 'appMenu' } as const] : []),
    { label: '&File', submenu: file },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { role: 'reload', accelerator: 'CmdOrCtrl+R' },
        { type: 'separator' },
        { role: 'resetZoom', accelerator: 'CmdOrCtrl+0' },
        { role: 'zoomIn', accelerator: 'CmdOrCtrl+Plus' },
        { role: 'zoomOut', accelerator: 'CmdOrCtrl+-' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        { role: 'toggleDevTools', accelerator: 'CmdOrCtrl+Shift+I' },
      ],
    },
    { label: '&Window', submenu: [{ role: 'minimize', accelerator: 'CmdOrCtrl+M' }, { role: 'zoom' }] },
    {
      label: '&Help',
      submenu: [
        { label: 'Restart the Core', accelerator: 'CmdOrCtrl+Alt+R', click: acts.restartCore },
        { label: 'About Breakwater', click: acts.about },
      ],
    },
  ];
};
