import type { Fact } from '#events/fact.ts'
import type { Remotes } from '#gateways/kernel/remotes.ts'
import type {
  AuditEntry,
  OpenConnection,
  Page,
  RaceAudio,
  RaceDetail,
  RaceSummary,
  RacerFigures,
} from '#projections/read-models.ts'
import type {
  MemberDetail,
  Period,
  TotalsByPeriod,
  TransferTotals,
} from '#projections/transfer-models.ts'

/** The API's shapes: snake_case, units in the names, times as ISO 8601 in UTC. */
export function renderPage<T>(page: Page<T>, render: (item: T) => unknown) {
  return {
    items: page.items.map(render),
    next_cursor: page.nextCursor,
    position: page.position,
  }
}

export function renderRace(race: RaceSummary) {
  return {
    id: race.id,
    section: race.section,
    release: race.release,
    state: race.state,
    kind: race.kind,
    has_nfo: race.hasNfo,
    has_sfv: race.hasSfv,
    has_sample: race.hasSample,
    expected_files: race.expectedFiles,
    files_done: race.filesDone,
    bad_files: race.badFiles,
    size_bytes: race.sizeBytes,
    racers: race.racers,
    leader: race.leader,
    created_at: iso(race.createdAt),
    started_at: iso(race.startedAt),
    completed_at: iso(race.completedAt),
    nuked_at: iso(race.nukedAt),
    nuker: race.nuker,
    nuke_multiplier: race.nukeMultiplier,
    nuke_reason: race.nukeReason,
    published_at: iso(race.publishedAt),
    published_by: race.publishedBy,
    position: race.position,
  }
}

export function renderRaceDetail(race: RaceDetail) {
  return {
    ...renderRace(race),
    standings: race.standings.map(renderStanding),
    files: race.files.map((file) => ({
      file: file.file,
      state: file.state,
      member: file.member,
      size_bytes: file.sizeBytes,
      crc32: file.crc32,
      expected_crc32: file.expectedCrc32,
      accepted_at: iso(file.acceptedAt),
    })),
    zips: race.zips.map(({ folder, expectedFiles: expected_files, files }) => {
      return { folder, expected_files, files }
    }),
    audio: race.audio && renderAudio(race.audio),
  }
}

function renderAudio({ isVbr: is_vbr, sampleRateHz: sample_rate_hz, ...said }: RaceAudio) {
  return { ...said, is_vbr, sample_rate_hz }
}

function renderStanding({ member, group, files, sizeBytes, durationMs }: RacerFigures) {
  return { member, group, files, size_bytes: sizeBytes, duration_ms: durationMs }
}

/** Of the sections those that who asks may know of. */
export function renderMember(member: MemberDetail, seen: ReadonlySet<string>) {
  return {
    id: member.id,
    name: member.name,
    group: member.group,
    flags: member.flags,
    created_at: iso(member.createdAt),
    last_seen_at: iso(member.lastSeenAt),
    ...renderDirections(member),
    sections: member.sections
      .filter(({ section }) => seen.has(section))
      .map(({ section, ...totals }) => ({ section, ...renderDirections(totals) })),
  }
}

function renderDirections({ up, down }: TotalsByPeriod) {
  return { up: renderPeriods(up), down: renderPeriods(down) }
}

function renderPeriods(periods: Readonly<Record<Period, TransferTotals>>) {
  const { all, month, week, day } = periods
  return {
    all: renderTotals(all),
    month: renderTotals(month),
    week: renderTotals(week),
    day: renderTotals(day),
  }
}

function renderTotals({ files, sizeBytes, durationMs }: TransferTotals) {
  return { files, size_bytes: sizeBytes, duration_ms: durationMs }
}

export async function renderConnection(connection: OpenConnection, remotes: Remotes) {
  const { upload } = connection
  return {
    id: connection.id,
    gateway: connection.gateway,
    remote: await remotes.of(connection.member, connection.remote),
    node: connection.node,
    secured: connection.secured,
    member: connection.member,
    group: connection.group,
    method: connection.method,
    opened_at: iso(connection.openedAt),
    upload: upload && { race: upload.race, file: upload.file, upload_id: upload.uploadId },
  }
}

export function renderAuditEntry(entry: AuditEntry) {
  return {
    position: entry.position,
    at: iso(entry.at),
    stream: entry.stream,
    version: entry.version,
    type: entry.type,
    by: entry.by,
    connection: entry.connection,
    correlation_id: entry.correlationId,
    causation_id: entry.causationId,
    command_id: entry.commandId,
  }
}

/** To whom something was done, over which gateway, how that member had logged in and from where. */
export async function renderAuditOrigin(
  { subject, origin }: Pick<AuditEntry, 'subject' | 'origin'>,
  remotes: Remotes,
) {
  return {
    subject,
    gateway: origin?.gateway ?? null,
    method: origin?.method ?? null,
    from: origin ? await remotes.of(origin.account, origin.remote) : null,
  }
}

/** A fact as auditors see it, with its data; in the shape in which it was recorded. */
export function renderFact({ position, stream, version, id, type, data, meta }: Fact) {
  return {
    position,
    at: iso(meta.at),
    stream,
    version,
    type,
    by: meta.by,
    connection: meta.connection,
    correlation_id: meta.correlationId,
    causation_id: meta.causationId,
    command_id: meta.commandId,
    id,
    schema: meta.schema,
    data,
  }
}

export function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString()
}
