/** The part of CBOR that Smithy's RPC v2 uses (https://smithy.io/2.0/additional-specs/protocols/smithy-rpc-v2.html). */

export function encodeCbor(value: unknown): Buffer {
  const parts: Buffer[] = [];
  write(value, parts);
  return Buffer.concat(parts);
}

function write(value: unknown, parts: Buffer[]): void {
  if (value === null || value === undefined) parts.push(Buffer.of(0xf6));
  else if (typeof value === 'boolean') parts.push(Buffer.of(value ? 0xf5 : 0xf4));
  else if (typeof value === 'number') parts.push(numberBytes(value));
  else if (typeof value === 'string') parts.push(head(3, Buffer.byteLength(value)), Buffer.from(value));
  else if (value instanceof Uint8Array) parts.push(head(2, value.length), Buffer.from(value));
  // Tag 1 is an epoch time in seconds.
  else if (value instanceof Date) parts.push(Buffer.of(0xc1), doubleBytes(value.getTime() / 1000));
  else if (Array.isArray(value)) {
    parts.push(head(4, value.length));
    for (const item of value) write(item, parts);
  } else {
    const entries = Object.entries(value).filter(([, member]) => member !== undefined);
    parts.push(head(5, entries.length));
    for (const [key, member] of entries) {
      write(key, parts);
      write(member, parts);
    }
  }
}

function numberBytes(value: number): Buffer {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) return doubleBytes(value);
  return value >= 0 ? head(0, value) : head(1, -1 - value);
}

function doubleBytes(value: number): Buffer {
  const bytes = Buffer.alloc(9);
  bytes[0] = 0xfb;
  bytes.writeDoubleBE(value, 1);
  return bytes;
}

function head(major: number, length: number): Buffer {
  const type = major << 5;
  if (length < 24) return Buffer.of(type | length);
  if (length < 0x100) return Buffer.of(type | 24, length);
  const bytes = Buffer.alloc(length < 0x1_0000 ? 3 : length < 0x1_0000_0000 ? 5 : 9);
  bytes[0] = type | (bytes.length === 3 ? 25 : bytes.length === 5 ? 26 : 27);
  if (bytes.length === 3) bytes.writeUInt16BE(length, 1);
  else if (bytes.length === 5) bytes.writeUInt32BE(length, 1);
  else bytes.writeBigUInt64BE(BigInt(length), 1);
  return bytes;
}

export function decodeCbor(bytes: Uint8Array): unknown {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 0;
  const stop = Symbol('break');

  function argument(info: number): number {
    if (info < 24) return info;
    const width = 1 << (info - 24);
    const value = width === 8 ? Number(view.readBigUInt64BE(at)) : view.readUIntBE(at, width);
    at += width;
    return value;
  }

  function item(): unknown {
    const initial = view.readUInt8(at++);
    const major = initial >> 5;
    const info = initial & 31;
    if (initial === 0xff) return stop;
    const endless = info === 31;
    const count = endless || major === 7 ? Number.POSITIVE_INFINITY : argument(info);
    switch (major) {
      case 0:
        return count;
      case 1:
        return -1 - count;
      case 2:
      case 3: {
        const raw = endless ? Buffer.concat([...sequence(count)] as Buffer[]) : view.subarray(at, at + count);
        if (!endless) at += count;
        return major === 2 || endless ? raw : raw.toString();
      }
      case 4:
        return [...sequence(count)];
      case 5: {
        const flat = [...sequence(count * 2)];
        return Object.fromEntries(flat.flatMap((key, i) => (i % 2 === 0 ? [[String(key), flat[i + 1]]] : [])));
      }
      case 6:
        return count === 1 ? new Date(Number(item()) * 1000) : item();
      default:
        return simple(info);
    }
  }

  function* sequence(count: number): Generator<unknown> {
    for (let i = 0; i < count; i++) {
      const next = item();
      if (next === stop) return;
      yield next;
    }
  }

  function simple(info: number): unknown {
    if (info === 20 || info === 21) return info === 21;
    if (info === 26) {
      at += 4;
      return view.readFloatBE(at - 4);
    }
    if (info === 27) {
      at += 8;
      return view.readDoubleBE(at - 8);
    }
    return null;
  }

  return item();
}
