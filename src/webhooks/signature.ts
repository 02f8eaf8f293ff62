/**
 * Whether SNS has signed a message. What is signed, and how, is the library's; from where a certificate may come, and
 * within which limits, is ours.
 * https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html
 */
import { Agent } from 'node:https';
import SnsPayloadValidator from 'sns-payload-validator';
import type { Certificates } from './certificates.ts';

export type SignedMessage = SnsPayloadValidator.SnsPayload;

/** Resolves to whether the signature is right. Rejects with CertificateError where the certificate cannot be read. */
export type CheckSignature = (message: SignedMessage) => Promise<boolean>;

/** The library's own fetch has no limit on time or size: it never gets as far. */
class NoConnections extends Agent {
  override createConnection(): never {
    throw new Error('Certificates are read before signatures are checked.');
  }
}

interface CertificateCache {
  set(url: string, pem: string): void;
  clear(): void;
}

export function createSignatureCheck(certificates: Certificates): CheckSignature {
  const validator = new SnsPayloadValidator({ requestAgent: new NoConnections() });
  // Not among its declared members. Whatever is in it is not fetched again.
  const { certCache } = validator as unknown as { certCache?: CertificateCache };
  if (certCache === undefined) throw new TypeError('sns-payload-validator has no certCache: use version 2.1.');

  return async message => {
    const pem = await certificates.read(message.SigningCertURL);
    // Looked up by the library before it waits for anything.
    certCache.set(message.SigningCertURL, pem);
    try {
      await validator.validate(message);
      return true;
    } catch {
      return false;
    } finally {
      certCache.clear();
    }
  };
}
