import { crc32, deflateRawSync } from 'node:zlib'

import type { SiteFile } from '#events/site-files.ts'

export interface ZipPart {
  readonly name: string
  readonly content: string | Buffer
  /** Says that it has a password. */
  readonly isEncrypted?: boolean
  /** What the zip says of it, where that is to be wrong. */
  readonly crc32?: number
  readonly sizeBytes?: number
}

/** A zip; APPNOTE 4.3.7, 4.3.12 and 4.3.16. */
export function zipOf(parts: readonly ZipPart[]): Buffer {
  const bodies: Buffer[] = []
  const directory: Buffer[] = []
  let at = 0
  for (const part of parts) {
    const name = Buffer.from(part.name)
    const content = Buffer.from(part.content as string)
    const packed = deflateRawSync(content)
    const about = Buffer.alloc(26)
    about.writeUInt16LE(20, 0)
    about.writeUInt16LE(part.isEncrypted ? 1 : 0, 2)
    about.writeUInt16LE(8, 4)
    about.writeUInt32LE(part.crc32 ?? crc32(content), 10)
    about.writeUInt32LE(packed.length, 14)
    about.writeUInt32LE(part.sizeBytes ?? content.length, 18)
    about.writeUInt16LE(name.length, 22)
    const body = Buffer.concat([Buffer.from('PK\u0003\u0004'), about, name, packed])
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(at, 10)
    directory.push(Buffer.from('PK\u0001\u0002\u0014\u0000'), about, rest, name)
    bodies.push(body)
    at += body.length
  }
  const list = Buffer.concat(directory)
  const end = Buffer.alloc(18)
  end.writeUInt16LE(parts.length, 4)
  end.writeUInt16LE(parts.length, 6)
  end.writeUInt32LE(list.length, 8)
  end.writeUInt32LE(at, 12)
  return Buffer.concat([...bodies, list, Buffer.from('PK\u0005\u0006'), end])
}

/** An mp3 of 128 kbit/s without sound, with an ID3v2.3 tag. */
export function mp3Of(tags: Readonly<Record<string, string>>): Buffer {
  const frames = Object.entries(tags).map(([id, text]) => {
    const body = Buffer.from(`\u0000${text}`, 'latin1')
    const head = Buffer.alloc(10)
    head.write(id, 'latin1')
    head.writeUInt32BE(body.length, 4)
    return Buffer.concat([head, body])
  })
  const tag = Buffer.concat(frames)
  const head = Buffer.from([0x49, 0x44, 0x33, 3, 0, 0, 0, 0, tag.length >> 7, tag.length & 0x7f])
  const frame = Buffer.alloc(417)
  frame.set([0xff, 0xfb, 0x90, 0x64])
  return Buffer.concat([head, tag, ...Array.from({ length: 20 }, () => frame)])
}

/** A flac of one second without sound, with Vorbis comments. */
export function flacOf(comments: readonly string[]): Buffer {
  const info = Buffer.alloc(34)
  info.writeUInt16BE(4_096, 0)
  info.writeUInt16BE(4_096, 2)
  // 44,100 Hz, 2 channels, 16 bits, 44,100 samples.
  info.set([0x0a, 0xc4, 0x42, 0xf0, 0x00, 0x00, 0xac, 0x44], 10)
  const texts = ['test', undefined, ...comments].map((text) => {
    if (text === undefined) return uint32(comments.length)
    return Buffer.concat([uint32(Buffer.byteLength(text)), Buffer.from(text)])
  })
  const body = Buffer.concat(texts)
  return Buffer.concat([
    Buffer.from('fLaC'),
    Buffer.from([0, 0, 0, 34]),
    info,
    Buffer.from([0x84, 0, body.length >> 8, body.length & 0xff]),
    body,
    Buffer.alloc(1_000),
  ])
}

/** Bytes in memory as a file. */
export function fileOf(bytes: Buffer): SiteFile {
  return {
    sizeBytes: bytes.length,
    read: async (buffer, at) => bytes.copy(buffer, 0, at),
    close: async () => {},
  }
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
