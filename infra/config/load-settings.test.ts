import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'

import { loadSettings, SettingsError } from '#infra/config/load-settings.ts'

const folder = mkdtempSync(join(tmpdir(), 'veza-settings-'))
const none = { path: join(folder, 'none.toml'), isRequired: false }

function file(text: string) {
  const path = join(folder, `${Math.random()}.toml`)
  writeFileSync(path, text)
  return { path, isRequired: true }
}

describe('settings', () => {
  it('have defaults', () => {
    expect(loadSettings({ environment: {}, commandLine: {}, file: none })).toMatchObject({
      data_dir: './data',
      host: '127.0.0.1',
      ftp_port: 2121,
      irc_port: 6667,
      http_port: 8080,
      durability: 'fsync',
    })
  })

  it('come from the file, then the environment, then the command line', () => {
    const settings = loadSettings({
      file: file('ftp_port = 1\nirc_port = 1\nhttp_port = 1\nhost = "::1"'),
      environment: { VEZA_IRC_PORT: '2', VEZA_HTTP_PORT: '2', VEZA_HOST: '', HOME: '/x' },
      commandLine: { http_port: '3', data_dir: undefined },
    })
    expect(settings).toMatchObject({ ftp_port: 1, irc_port: 2, http_port: 3, host: '::1' })
  })

  it.each([
    ['VEZA_FTP_PORT', '99999', /VEZA_FTP_PORT: ftp_port = "99999".*from 0 to 65535/],
    ['VEZA_FTP_PORT', 'many', /ftp_port = "many".*from 0 to 65535/],
    ['VEZA_HOST', 'localhost', /host = "localhost".*an IPv4 or IPv6 address/],
    ['VEZA_DURABILITY', 'maybe', /durability = "maybe".*fsync, commit/],
    ['VEZA_DATABASE_URL', 'mysql://x', /database_url = "mysql:\/\/x".*postgres:\/\//],
    ['VEZA_NATS_URL', 'nats://me:key@[x', /nats_url = "nats:\/\/\(hidden\)@\[x".*readable URL/],
    ['VEZA_FTP_PASSIVE_PORTS', '9-1', /ftp_passive_ports = "9-1".*first is not above its last/],
    ['VEZA_ADMIN_PASSWORD', 'short', /admin_password = \(hidden\).*8 characters/],
    ['VEZA_DATABASE_URL', 'mysql://me:a/b@c@x', /database_url = "mysql:\/\/\(hidden\)@x"/],
    ['VEZA_MASTER_KEY', 'a'.repeat(42), /master_key = \(hidden\).*32 bytes as base64url/],
    ['VEZA_OIDC_PROVIDERS', '[{"client_secret":"x"}]', /oidc_providers = \(hidden\)/],
    ['VEZA_PASSWORD_PASSES', '0', /password_passes = "0".*from 1 to 100/],
    ['VEZA_COLOUR', 'red', /VEZA_COLOUR: there is no setting colour/],
  ])('refuse %s=%s', (name, value, message) => {
    const load = () => loadSettings({ environment: { [name]: value }, commandLine: {}, file: none })
    expect(load).toThrow(SettingsError)
    expect(load).toThrow(message)
  })

  it('refuse a file that is asked for and missing, or no TOML', () => {
    const missing = { ...none, isRequired: true }
    const load = (from: typeof missing) => () =>
      loadSettings({ environment: {}, commandLine: {}, file: from })
    expect(load(missing)).toThrow(/none\.toml cannot be read/)
    expect(load(file('ftp_port = = 1'))).toThrow(/is not TOML/)
  })
})
