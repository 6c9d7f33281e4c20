import os from 'node:os'

import type { SiteFile } from '#events/site-files.ts'

import type { FromAudioProcess, ToAudioProcess } from '#infra/inspection/audio-messages.ts'
import { inspectAudio } from '#infra/inspection/inspect-audio.ts'

// Who sends bytes goes before who has sent odd ones.
os.setPriority(os.constants.priority.PRIORITY_BELOW_NORMAL)

const tell = (message: FromAudioProcess): void => void process.send!(message)
let came: ((bytes: Uint8Array) => void) | undefined

process.on('message', (message: ToAudioProcess) => {
  if (message.kind === 'bytes') return came?.(message.bytes)
  const { name, sizeBytes } = message
  const file: SiteFile = {
    sizeBytes,
    async read(buffer, at) {
      const bytes = await new Promise<Uint8Array>((resolve) => {
        came = resolve
        tell({ kind: 'read', at, lengthBytes: buffer.length })
      })
      buffer.set(bytes)
      return bytes.length
    },
    close: async () => {},
  }
  void inspectAudio(file, name).then((audio) => tell({ kind: 'found', audio }))
})

process.on('disconnect', () => process.exit())
