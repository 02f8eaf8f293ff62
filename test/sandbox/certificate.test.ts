import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { expect, test } from 'vitest';
import { selfSignedCertificate } from '../../src/sandbox/certificate.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const from = new Date('2026-01-02T03:04:05Z');

test('is a certificate that others read, for its host and its time, signed by its own key', () => {
  const to = new Date('2027-01-02T03:04:05Z');
  const host = 'sns.eu-west-1.amazonaws.com';
  const pem = selfSignedCertificate({ commonName: host, hosts: [host], privateKey, from, to });
  const certificate = new X509Certificate(pem);
  expect(certificate.subject).toBe(`CN=${host}`);
  expect(certificate.issuer).toBe(`CN=${host}`);
  expect(certificate.checkHost(host)).toBe(host);
  expect(certificate.checkHost('sns.eu-west-1.amazonaws.com.evil.example')).toBeUndefined();
  expect(certificate.validFromDate).toEqual(from);
  expect(certificate.validToDate).toEqual(to);
  expect(certificate.verify(publicKey)).toBe(true);
  expect(certificate.verify(generateKeyPairSync('rsa', { modulusLength: 1024 }).publicKey)).toBe(false);
  expect(certificate.publicKey.equals(publicKey)).toBe(true);
});

test('writes a late year with four digits, and no hosts where it has none', () => {
  const to = new Date('2051-12-31T00:00:00Z');
  const certificate = new X509Certificate(selfSignedCertificate({ commonName: 'root', privateKey, from, to }));
  expect(certificate.validToDate).toEqual(to);
  expect(certificate.subjectAltName).toBeUndefined();
});
