/** Writes self-signed X.509 certificates, for what plays a service of AWS. https://www.rfc-editor.org/rfc/rfc5280 */
import { createPublicKey, type KeyObject, randomBytes, sign } from 'node:crypto';

export interface CertificateOptions {
  commonName: string;
  /** Names of the hosts that it speaks for. */
  hosts?: readonly string[];
  /** RSA. */
  privateKey: KeyObject;
  from: Date;
  to: Date;
}

// https://www.itu.int/rec/T-REC-X.690: the types that a certificate needs.
const tags = {
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  objectId: 0x06,
  utf8: 0x0c,
  utcTime: 0x17,
  generalizedTime: 0x18,
  sequence: 0x30,
  set: 0x31,
  /** `[0]` and `[3]` of a certificate: its version and its extensions. */
  version: 0xa0,
  extensions: 0xa3,
  /** `[2]` of a GeneralName: dNSName. */
  dnsName: 0x82,
} as const;

const commonNameId = [2, 5, 4, 3];
const subjectAltNameId = [2, 5, 29, 17];
const sha256WithRsaId = [1, 2, 840, 113549, 1, 1, 11];

/** PEM. */
export function selfSignedCertificate({ commonName, hosts = [], privateKey, from, to }: CertificateOptions): string {
  const algorithm = sequence(objectId(sha256WithRsaId), der(tags.null));
  const name = sequence(
    der(tags.set, sequence(objectId(commonNameId), der(tags.utf8, Buffer.from(commonName, 'utf8')))),
  );
  const altNames = sequence(...hosts.map(host => der(tags.dnsName, Buffer.from(host, 'latin1'))));
  const body = sequence(
    der(tags.version, der(tags.integer, Buffer.from([2]))),
    // The first bit is a sign, and must be none; nor may the number begin with nine zeros.
    der(tags.integer, Buffer.concat([Buffer.from([0x40]), randomBytes(15)])),
    algorithm,
    name,
    sequence(time(from), time(to)),
    name,
    createPublicKey(privateKey).export({ type: 'spki', format: 'der' }),
    ...(hosts.length === 0
      ? []
      : [der(tags.extensions, sequence(sequence(objectId(subjectAltNameId), der(tags.octetString, altNames))))]),
  );
  const signature = der(tags.bitString, Buffer.concat([Buffer.from([0]), sign('sha256', body, privateKey)]));
  const base64 = sequence(body, algorithm, signature).toString('base64');
  const lines = base64.match(/.{1,64}/g) ?? [];
  return ['-----BEGIN CERTIFICATE-----', ...lines, '-----END CERTIFICATE-----', ''].join('\n');
}

function sequence(...parts: Buffer[]): Buffer {
  return der(tags.sequence, ...parts);
}

/** One value: its tag, the length of its content, its content. */
function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag]), lengthOf(content.length), content]);
}

function lengthOf(length: number): Buffer {
  if (length < 0x80) return Buffer.from([length]);
  const digits = Buffer.from(length.toString(16).padStart(length > 0xff ? 4 : 2, '0'), 'hex');
  return Buffer.concat([Buffer.from([0x80 | digits.length]), digits]);
}

/** The first two numbers share a byte; the rest are base 128, every byte but the last marked. */
function objectId([first = 0, second = 0, ...rest]: readonly number[]): Buffer {
  return der(tags.objectId, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let left = value >>> 7; left > 0; left >>>= 7) bytes.unshift((left & 0x7f) | 0x80);
  return bytes;
}

/** Two digits for the year until 2049, four from then on. */
function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, '');
  const late = at.getUTCFullYear() >= 2050;
  return der(late ? tags.generalizedTime : tags.utcTime, Buffer.from(late ? digits : digits.slice(2), 'latin1'));
}
