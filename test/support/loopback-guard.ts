/** The sockets of this process connect to loopback only. A module of its own, so that files that share a process share it. */
import net from 'node:net';

/** The hosts beyond this machine that were reached for, also by code that survived the refusal. */
export const reached: string[] = [];
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (this: net.Socket, ...args: unknown[]) {
  const host = hostOf(args);
  if (host !== undefined && !/^(127\.\d+\.\d+\.\d+|::1|localhost)$/.test(host)) {
    reached.push(host);
    throw new Error(`Tests talk to loopback only, not to ${host}.`);
  }
  return Reflect.apply(connect, this, args);
} as typeof connect;

/** `connect(options)`, `connect(port, host)`, or what node:net has made of either: `connect([options, callback])`. */
function hostOf(args: unknown[]): string | undefined {
  const [first, second] = args.flat();
  const host = typeof first === 'object' && first !== null && 'host' in first ? first.host : second;
  return typeof host === 'string' ? host : undefined;
}
