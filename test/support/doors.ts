// Every way out of this process: whoever opens a socket is heard here, whatever library it came through.
import { Socket } from 'node:net';

type Connect = typeof Socket.prototype.connect;

/** Where to, as far as the arguments of a connect say it; Node hands them on as one normalised array. */
const target = (args: readonly unknown[]): string => {
  const [first] = args.flat();
  if (typeof first !== 'object' || first === null) return args.flat().slice(0, 2).join(':');
  const { host, port, path } = first as Readonly<Record<string, unknown>>;
  return `${String(host ?? '')}:${String(port ?? path ?? '')}`;
};

/** Tells each socket that is about to connect, TLS and plain, until it is closed. It changes nothing about them. */
export const listenAtDoors = (heard: (to: string) => void): { readonly close: () => void } => {
  const own = Object.getOwnPropertyDescriptor(Socket.prototype, 'connect');
  if (own === undefined) throw new Error('sockets of this Node connect in another way');
  const connect = own.value as (...args: unknown[]) => unknown;
  Socket.prototype.connect = function (this: Socket, ...args: unknown[]): Socket {
    heard(target(args));
    return Reflect.apply(connect, this, args) as Socket;
  } as Connect;
  return {
    close: () => {
      Object.defineProperty(Socket.prototype, 'connect', own);
    },
  };
};
