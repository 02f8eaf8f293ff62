import type { IncomingMessage } from 'node:http';

/**
 * Whether a request may be answered. The sandbox listens on loopback, but a page from elsewhere can still make this
 * person's browser ask it: under a name that resolves to 127.0.0.1 (DNS rebinding: the Host gives it away), or from
 * another origin. https://fetch.spec.whatwg.org/#origin-header, https://www.w3.org/TR/fetch-metadata/
 */
export function isFromHere({ headers }: IncomingMessage, port: number): boolean {
  // Clients leave the port of the scheme out: https://www.rfc-editor.org/rfc/rfc9110#section-7.2
  const hosts = ['127.0.0.1', 'localhost'].flatMap(name => [`${name}:${port}`, ...(port === 80 ? [name] : [])]);
  if (headers.host === undefined || !hosts.includes(headers.host)) return false;
  if (headers.origin !== undefined && !hosts.some(host => headers.origin === `http://${host}`)) return false;
  const site = headers['sec-fetch-site'];
  // A link from elsewhere may open the page; nothing else of another site may.
  return site !== 'cross-site' && site !== 'same-site' ? true : headers['sec-fetch-mode'] === 'navigate';
}
