import { fork } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { MessageChannel } from 'node:worker_threads';
import { onTestFinished } from 'vitest';
import { WebSocket, WebSocketServer } from 'ws';
import type { Core } from '../../main/core/create-core.ts';
import { portMainChannel } from '../../main/core/entry-utility.ts';
import { channelPair } from '../../main/core/in-process.ts';
import { portChannel } from '../../renderer/bridge/window-channel.ts';
import { socketChannel, type SocketLike } from '../../renderer/bridge/socket-channel.ts';
import { corePorts, type FromCore, type ToCore } from '../../shared/contract/mux.ts';
import type { Channel, ClientFrame, ServerFrame } from '../../shared/contract/wire.ts';
import { openCore, scratch } from '../support/core.ts';
import { contractSuite } from './wire-suite.ts';

contractSuite('in one process', async () => {
  const core = await openCore(scratch());
  return {
    connect: () => {
      const { client, server } = channelPair();
      core.accept(server);
      return Promise.resolve(client);
    },
  };
});

contractSuite('over a MessagePort', async () => {
  const core = await openCore(scratch());
  return {
    connect: () => {
      const { port1, port2 } = new MessageChannel();
      onTestFinished(() => port1.close());
      // Node's ports speak like Electron's on this side (events with data) and like the browser's on the other.
      core.accept(
        portMainChannel({
          postMessage: (message) => port2.postMessage(message),
          on: (event, listener) => port2.on(event, (data: unknown) => listener({ data })),
          start: () => port2.start(),
          close: () => port2.close(),
        }),
      );
      return Promise.resolve(portChannel(port1 as unknown as MessagePort));
    },
  };
});

contractSuite('over a child process', async () => {
  const home = scratch();
  const child = fork(new URL('../../main/core/entry-child.ts', import.meta.url), ['--host', 'in-process'], {
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'ignore', 'ipc'],
    env: { PATH: process.env['PATH'], BREAKWATER_HOME: home, BREAKWATER_PRACTICE: 'off' },
  });
  onTestFinished(async () => {
    if (child.exitCode !== null) return;
    child.send({ t: 'end' } satisfies ToCore);
    await once(child, 'exit');
  });
  const ports = corePorts((message) => void child.send(message));
  const ready = new Promise<void>((resolve, reject) => {
    child.on('message', (message: FromCore) => {
      if (message.t === 'ready') resolve();
      if (message.t === 'failed') reject(new Error(message.failure.what));
      ports.receive(message);
    });
  });
  child.send({ t: 'start', keyring: null } satisfies ToCore);
  await ready;
  return { connect: () => Promise.resolve(ports.open()) };
});

/** The server's end as a host writes it: text frames, nothing else. */
const serveSocket = (core: Core, socket: WebSocket): void =>
  core.accept({
    send: (frame: ServerFrame) => socket.send(JSON.stringify(frame)),
    onFrame: (listener: (frame: ClientFrame) => void) =>
      void socket.on('message', (data: Buffer) => listener(JSON.parse(data.toString('utf8')) as ClientFrame)),
    onClose: (listener: () => void) => void socket.on('close', listener),
    close: () => socket.close(),
  } satisfies Channel<ServerFrame, ClientFrame>);

contractSuite('over a WebSocket', async () => {
  const core = await openCore(scratch());
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  await once(server, 'listening');
  server.on('connection', (socket) => serveSocket(core, socket));
  onTestFinished(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return {
    connect: async () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}`);
      await once(socket, 'open');
      onTestFinished(() => socket.terminate());
      return socketChannel(socket as unknown as SocketLike);
    },
  };
});
