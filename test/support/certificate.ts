/** A self-signed X.509 certificate, written by hand: Node signs and reads them, but makes none. */
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';

export interface Identity {
  privateKey: KeyObject;
  /** PEM. */
  certificate: string;
}

/** DER: a tag, a length, a value. https://www.itu.int/rec/T-REC-X.690 */
function der(tag: number, ...parts: Uint8Array[]): Buffer {
  const value = Buffer.concat(parts);
  const hex = value.length.toString(16);
  const length = Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, 'hex');
  const prefix = value.length < 128 ? [value.length] : [0x80 | length.length, ...length];
  return Buffer.concat([Buffer.from([tag, ...prefix]), value]);
}

const sequence = (...parts: Uint8Array[]) => der(0x30, ...parts);
const set = (...parts: Uint8Array[]) => der(0x31, ...parts);
const integer = (value: number) => der(0x02, Buffer.from([value]));
const identifier = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const text = (value: string) => der(0x0c, Buffer.from(value));
const time = (value: string) => der(0x17, Buffer.from(value));
const bits = (value: Uint8Array) => der(0x03, Buffer.from([0]), value);

const sha256WithRsa = sequence(identifier('2a864886f70d01010b'), der(0x05));
const commonName = '550403';

/** RFC 5280, 4.1, version 1. */
export function createIdentity(name = 'sns.amazonaws.com'): Identity {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const who = sequence(set(sequence(identifier(commonName), text(name))));
  const toBeSigned = sequence(
    integer(1),
    sha256WithRsa,
    who,
    sequence(time('200101000000Z'), time('491231235959Z')),
    who,
    publicKey.export({ type: 'spki', format: 'der' }),
  );
  const whole = sequence(toBeSigned, sha256WithRsa, bits(sign('sha256', toBeSigned, privateKey)));
  const lines = whole.toString('base64').replace(/.{64}/g, '$&\n');
  return { privateKey, certificate: `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n` };
}
