import { type IAudioMetadata, parseStream } from 'music-metadata'

import type { Audio } from '#events/race.facts.ts'
import type { SiteFile } from '#events/site-files.ts'

import { streamOf } from '#infra/inspection/file-reader.ts'

const TEXT_CHARACTERS = 200
/** Tags lie at the beginning; a cover before the sound may be some megabytes. */
const READ_BYTES = 32 * 1024 * 1024

const TYPES: Readonly<Record<string, string>> = {
  mp3: 'audio/mpeg',
  flac: 'audio/flac',
  ogg: 'audio/ogg',
  opus: 'audio/ogg',
  m4a: 'audio/mp4',
  aac: 'audio/aac',
  wma: 'audio/x-ms-wma',
  wav: 'audio/wav',
  ape: 'audio/ape',
  aif: 'audio/aiff',
  aiff: 'audio/aiff',
  mpc: 'audio/musepack',
  wv: 'audio/wavpack',
}

/**
 * The tags of an audio file; undefined when it is none that can be read. It may take the process
 * that it runs in for long, or all its memory.
 */
export async function inspectAudio(file: SiteFile, name: string): Promise<Audio | undefined> {
  const mimeType = TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()]
  if (mimeType === undefined) return undefined
  const stream = streamOf(file, 0, Math.min(file.sizeBytes, READ_BYTES))
  try {
    const found = await parseStream(
      stream,
      { mimeType, size: file.sizeBytes, path: name },
      { duration: false, skipCovers: true, skipPostHeaders: true },
    )
    return found.format.container === undefined ? undefined : audioOf(found, file.sizeBytes)
  } catch {
    // What the parser does not understand is no audio to us.
    return undefined
  } finally {
    stream.destroy()
  }
}

function audioOf({ common, format }: IAudioMetadata, sizeBytes: number): Audio {
  const { bitrate, duration, codecProfile, sampleRate } = format
  const profile = codecProfile ?? ''
  return {
    artist: textOf(common.artist),
    album: textOf(common.album),
    title: textOf(common.title),
    genre: textOf(common.genre?.[0]),
    year: naturalOf(common.year),
    track: naturalOf(common.track.no),
    codec: textOf(format.codec ?? format.container),
    kbps: naturalOf(bitrate === undefined ? undefined : bitrate / 1_000),
    // LAME's presets are V0 to V9, and `ABR`; `CBR` is the constant one.
    isVbr: /^(v\d|vbr|abr)/i.test(profile),
    sampleRateHz: naturalOf(sampleRate),
    playMs: naturalOf(playMs(duration, bitrate, sizeBytes)),
  }
}

function playMs(
  seconds: number | undefined,
  bitrate: number | undefined,
  sizeBytes: number,
): number | undefined {
  if (seconds !== undefined) return seconds * 1_000
  return bitrate ? (sizeBytes * 8_000) / bitrate : undefined
}

function textOf(value: string | undefined): string | null {
  const text = value
    ?.replaceAll(/[\u0000-\u001f\u007f]/g, ' ')
    .trim()
    .slice(0, TEXT_CHARACTERS)
  return text === undefined || text === '' ? null : text
}

function naturalOf(value: number | null | undefined): number | null {
  if (value === null || value === undefined || !Number.isFinite(value)) return null
  return value < 0 ? null : Math.round(value)
}
