/**
 * The web preferences of every window, whole and frozen; nothing else may be added to them (facts/security.md 1, rows 2 to 4,
 * 6, 8 to 12). Keys that must never be present: webSecurity, allowRunningInsecureContent, experimentalFeatures,
 * enableBlinkFeatures. `devTools` stays, so that somebody can look at what we say.
 */
export const windowPreferences = (preload: string) =>
  Object.freeze({
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    nodeIntegrationInWorker: false,
    nodeIntegrationInSubFrames: false,
    webviewTag: false,
    navigateOnDragDrop: false,
    safeDialogs: true,
    spellcheck: false,
    disableDialogs: false,
    autoplayPolicy: 'user-gesture-required' as const,
  });
