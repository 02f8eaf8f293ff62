import net from 'node:net';
import { afterEach } from 'vitest';

/** A test that reaches for the network beyond this machine fails, also where its code survives the refusal. */
const reached: string[] = [];
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

afterEach(() => {
  const hosts = reached.splice(0);
  if (hosts.length > 0) throw new Error(`The test reached for ${hosts.join(', ')}; tests talk to loopback only.`);
});
