/** The certificates that SNS signs with: fetched from its own host only, with limits, and kept. */
import { X509Certificate } from 'node:crypto';
import { dnsSuffix } from '../aws/regions.ts';

/** `refused`: the host has no such certificate. `unavailable`: it could not be read now; a later try may succeed. */
export class CertificateError extends Error {
  readonly kind: 'refused' | 'unavailable';

  constructor(kind: CertificateError['kind'], why: string) {
    super(why);
    this.name = 'CertificateError';
    this.kind = kind;
  }
}

export interface Certificates {
  /** PEM. Rejects with CertificateError. `url` is one that `isCertificateUrl` has let pass. */
  read(url: string): Promise<string>;
}

const sizeLimitBytes = 64 * 1024;
/** SNS renews its certificates about once a year; a few Regions have a few each. */
const kept = 32;
/** A sender without a signature can make us ask for certificates: only this often at a time. */
const fetchesAtOnce = 4;

/** The host of SNS in a Region: `https://sns.eu-west-1.amazonaws.com`. */
export function snsOrigin(region: string): string {
  return `https://sns.${region}.${dnsSuffix(region)}`;
}

/** Compared as text, so that no other reading of the address can lead elsewhere. */
export function isCertificateUrl(url: string, region: string): boolean {
  const start = `${snsOrigin(region)}/SimpleNotificationService-`;
  return url.startsWith(start) && /^[A-Za-z0-9]{32}\.pem$/.test(url.slice(start.length));
}

export function createCertificates(fetch: typeof globalThis.fetch, timeoutMs: number): Certificates {
  const known = new Map<string, string>();
  const underWay = new Map<string, Promise<string>>();

  async function load(url: string): Promise<string> {
    const pem = await download(url);
    if (!isCertificate(pem)) throw new CertificateError('unavailable', 'what the host sent is no certificate');
    const [oldest] = known.keys();
    if (known.size >= kept && oldest !== undefined) known.delete(oldest);
    known.set(url, pem);
    return pem;
  }

  async function download(url: string): Promise<string> {
    const chunks: Uint8Array[] = [];
    let size = 0;
    try {
      const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
      if (!response.ok) {
        await response.body?.cancel();
        const kind = response.status === 403 || response.status === 404 ? 'refused' : 'unavailable';
        throw new CertificateError(kind, `the host answered ${response.status}`);
      }
      for await (const chunk of response.body ?? []) {
        size += chunk.length;
        if (size > sizeLimitBytes) throw new CertificateError('unavailable', 'it is larger than 64 KiB');
        chunks.push(chunk);
      }
    } catch (error) {
      throw error instanceof CertificateError ? error : new CertificateError('unavailable', whyUnanswered(error));
    }
    return Buffer.concat(chunks).toString('latin1');
  }

  return {
    async read(url) {
      const pem = known.get(url) ?? underWay.get(url);
      if (pem !== undefined) return pem;
      if (underWay.size >= fetchesAtOnce) {
        throw new CertificateError('unavailable', 'too many other certificates are being read');
      }
      const loading = load(url).finally(() => underWay.delete(url));
      underWay.set(url, loading);
      return loading;
    },
  };
}

/** What a failed fetch may tell: its kind, never the address, which can hold a token. */
export function whyUnanswered(error: unknown): string {
  if (!(error instanceof Error)) return 'the host did not answer';
  if (error.name === 'TimeoutError') return 'the host did not answer in time';
  const code = error.cause instanceof Error ? (error.cause as NodeJS.ErrnoException).code : undefined;
  return code === undefined ? 'the host did not answer' : `the host did not answer (${code})`;
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).publicKey.asymmetricKeyType === 'rsa';
  } catch {
    return false;
  }
}
