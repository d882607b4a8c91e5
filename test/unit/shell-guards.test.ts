import { EventEmitter } from 'node:events';
import type { Session } from 'electron';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { externalDecision } from '../../main/shell/external.ts';
import { guardContents, guardSession } from '../../main/shell/guards.ts';
import { onWindowMessage } from '../../main/shell/ipc.ts';
import { isOwnAddress, isOwnDownload, isOwnTopFrame, ownOrigin, startPage } from '../../main/shell/origin.ts';
import { windowPreferences } from '../../main/shell/preferences.ts';

const foreign = [
  'https://breakwater.app/', 'https://app/', 'breakwater://app.evil.test/', 'breakwater://app@evil/', 'breakwater://evil@app/',
  'breakwater://app:1/', 'breakwater2://app/', 'data:text/html,x', 'javascript:alert(1)', 'file:///etc/passwd', 'about:blank',
  'blob:breakwater://app/1', 'http://127.0.0.1/', 'breakwater:app/', '', '/', 'breakwater://',
]; // prettier-ignore

describe('the own origin', () => {
  it('is exactly one', () => {
    for (const address of [startPage, `${ownOrigin}/index.html`, `${ownOrigin}/#x`])
      expect(isOwnAddress(address)).toBe(true);
    for (const address of foreign) expect(isOwnAddress(address), address).toBe(false);
  });
  it('saves its own files and nothing else', () => {
    for (const address of [`${ownOrigin}/download/x`, `blob:${ownOrigin}/1b9d6bcd`])
      expect(isOwnDownload(address)).toBe(true);
    for (const address of [
      'https://evil.test/x.zip',
      'blob:https://evil.test/1',
      'data:text/plain,x',
      'blob:null/1',
      'blob:blob:breakwater://app/1',
    ])
      expect(isOwnDownload(address), address).toBe(false);
  });
  it('is never any web address or text', () => {
    fc.assert(fc.property(fc.oneof(fc.webUrl(), fc.string()), (address) => !isOwnAddress(address)));
  });
  it('speaks from its top frame only', () => {
    const frame = { origin: ownOrigin, url: startPage, parent: null };
    expect(isOwnTopFrame(frame)).toBe(true);
    expect(isOwnTopFrame(null)).toBe(false);
    expect(isOwnTopFrame({ ...frame, parent: {} })).toBe(false);
    expect(isOwnTopFrame({ ...frame, origin: 'null' })).toBe(false);
    expect(isOwnTopFrame({ ...frame, url: 'https://evil.test/' })).toBe(false);
  });
});

describe('windows', () => {
  it('have these preferences and no other', () => {
    const preferences = windowPreferences('/p.cjs');
    expect(Object.isFrozen(preferences)).toBe(true);
    expect(preferences).toEqual({
      preload: '/p.cjs', sandbox: true, contextIsolation: true, nodeIntegration: false, nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false, webviewTag: false, navigateOnDragDrop: false, safeDialogs: true, spellcheck: false,
      disableDialogs: false, autoplayPolicy: 'user-gesture-required',
    }); // prettier-ignore
  });

  it('deny every permission', () => {
    const set: Record<string, (...args: never[]) => unknown> = {};
    const keep = (name: string) => (handler: ((...args: never[]) => unknown) | null) => {
      if (handler !== null) set[name] = handler;
    };
    guardSession({
      setPermissionRequestHandler: keep('request'),
      setPermissionCheckHandler: keep('check'),
      setDevicePermissionHandler: keep('device'),
      setDisplayMediaRequestHandler: keep('display'),
    });
    const answers: unknown[] = [];
    const answer = ((value: unknown) => answers.push(value)) as never;
    set['request']?.(null as never, 'media' as never, answer);
    set['display']?.(null as never, answer);
    expect(answers).toEqual([false, {}]);
    expect(set['check']?.()).toBe(false);
    expect(set['device']?.()).toBe(false);
    // One exception: our own page copies text when somebody presses "Copy". It reads nothing back, and no other page may.
    const requests = set['request'] as unknown as Parameters<Session['setPermissionRequestHandler']>[0];
    const checks = set['check'] as unknown as Parameters<Session['setPermissionCheckHandler']>[0];
    const given = (permission: string, address: string): readonly unknown[] => {
      const told: unknown[] = [];
      requests?.(null as never, permission as never, (yes) => told.push(yes), { requestingUrl: address } as never);
      return [...told, checks?.(null, permission as never, address, {} as never)];
    };
    expect(given('clipboard-sanitized-write', 'breakwater://app/')).toEqual([true, true]);
    expect(given('clipboard-sanitized-write', 'https://evil.test/')).toEqual([false, false]);
    expect(given('clipboard-read', 'breakwater://app/')).toEqual([false, false]);
  });

  it('stay on their origin, open nothing and hold no webview', () => {
    const contents = new EventEmitter() as EventEmitter & { setWindowOpenHandler: (handler: unknown) => void };
    let open: ((details: { url: string }) => unknown) | null = null;
    contents.setWindowOpenHandler = (handler) => (open = handler as typeof open);
    const left: string[] = [];
    guardContents(contents as never, { onLeave: (address) => void left.push(address) });
    const prevented = (event: string, url: string): boolean => {
      let stopped = false;
      contents.emit(event, { url, preventDefault: () => (stopped = true) });
      return stopped;
    };
    for (const event of ['will-navigate', 'will-redirect', 'will-frame-navigate']) {
      expect(prevented(event, startPage)).toBe(false);
      for (const address of foreign) expect(prevented(event, address), `${event} ${address}`).toBe(true);
    }
    expect(prevented('will-attach-webview', startPage)).toBe(true);
    expect((open as unknown as (details: { url: string }) => unknown)({ url: startPage })).toEqual({ action: 'deny' });
    expect(left).toEqual([...foreign, startPage]);
  });

  it('are heard only when the sender is ours', () => {
    const ipc = new EventEmitter();
    const heard: unknown[] = [];
    onWindowMessage(ipc as never, 'breakwater-ready', (sender) => void heard.push(sender));
    const frame = { origin: ownOrigin, url: startPage, parent: null };
    ipc.emit('breakwater-ready', { senderFrame: null, sender: 'detached' });
    ipc.emit('breakwater-ready', { senderFrame: { ...frame, parent: {} }, sender: 'child' });
    ipc.emit('breakwater-ready', { senderFrame: { ...frame, origin: 'https://evil.test' }, sender: 'foreign' });
    ipc.emit('breakwater-ready', { senderFrame: frame, sender: 'ours' });
    expect(heard).toEqual(['ours']);
  });
});

describe('links out', () => {
  it('lead to known hosts over https', () => {
    expect(externalDecision('https://adb-1.azuredatabricks.net/x?o=1')).toEqual({
      open: 'https://adb-1.azuredatabricks.net/x?o=1',
      host: 'adb-1.azuredatabricks.net',
    });
    expect(externalDecision('https://docs.databricks.com/')).toHaveProperty('open');
  });
  it('lead to the page of a sign-in that the core waits for, word for word', () => {
    const page = 'https://127.0.0.1:8443/oidc/v1/authorize?state=x';
    expect(externalDecision(page, page)).toEqual({ open: page, host: '127.0.0.1:8443' });
    expect(externalDecision(`${page}&y=1`, page)).toHaveProperty('refused');
    for (const other of ['http://127.0.0.1:8443/', 'https://me@127.0.0.1/', ''])
      expect(externalDecision(other, other)).toHaveProperty('refused');
  });
  it('lead nowhere else', () => {
    for (const address of [
      'http://docs.databricks.com/',
      'https://adb-1.azuredatabricks.net.evil.test/',
      'https://azuredatabricks.net/',
      'https://.azuredatabricks.net/',
      'https://docs.databricks.com@evil.test/',
      'https://user@docs.databricks.com/',
      'https://docs.databricks.com:8443/',
      'file:///etc/passwd',
      'javascript:alert(1)',
      'ms-msdt:/id',
      'smb://docs.databricks.com/',
      'https://169.254.169.254/',
      'https://localhost/',
      '',
      `https://docs.databricks.com/${'x'.repeat(3000)}`,
    ])
      // prettier-ignore
      expect(externalDecision(address), address.slice(0, 80)).toHaveProperty('refused');
  });
});
