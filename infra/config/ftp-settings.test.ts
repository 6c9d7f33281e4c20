import { describe, expect, it } from 'vitest'

import { settingsSchema } from '#infra/config/settings.ts'

describe('settings of FTP', () => {
  it('have defaults: no port where TLS comes first, no other sites, no bouncers', () => {
    const settings = settingsSchema.parse({})
    expect(settings.ftp_tls_port).toBeUndefined()
    expect(settings.ftp_fxp).toBe('none')
    expect(settings.ftp_bouncers).toEqual([])
    expect(settings.ftp_aliases).toEqual([])
    expect(settings.ftp_cdpath).toEqual([])
    expect(settings.ftp_passive_addresses).toEqual([])
  })

  it('are read from text and from lists', () => {
    expect(settingsSchema.parse({ ftp_bouncers: '10.0.0.1, 2001:db8::/32' }).ftp_bouncers).toEqual([
      '10.0.0.1',
      '2001:db8::/32',
    ])
    const paths = settingsSchema.parse({
      ftp_aliases: 'mp3=/MP3 here=/incoming/A=B',
      ftp_cdpath: '/incoming, /MP3',
    })
    expect(paths.ftp_aliases).toEqual([
      { name: 'mp3', path: '/MP3' },
      { name: 'here', path: '/incoming/A=B' },
    ])
    expect(paths.ftp_cdpath).toEqual(['/incoming', '/MP3'])
    const addresses = [
      { network: '10.0.0.0/8', address: '10.0.0.5' },
      { network: 'fd00::/8', address: '192.0.2.1' },
    ]
    for (const ftp_passive_addresses of [
      '10.0.0.0/8=10.0.0.5 fd00::/8=192.0.2.1',
      ['10.0.0.0/8=10.0.0.5', 'fd00::/8=192.0.2.1'],
    ]) {
      const settings = settingsSchema.parse({ ftp_passive_addresses })
      expect(settings.ftp_passive_addresses).toEqual(addresses)
    }
  })

  it.each([
    ['ftp_bouncers', 'bouncer.example'],
    ['ftp_bouncers', '10.0.0.0/33'],
    ['ftp_bouncers', '10.0.0.0/8/8'],
    ['ftp_passive_addresses', '10.0.0.0/8'],
    ['ftp_passive_addresses', '10.0.0.0/8=::1'],
    ['ftp_passive_addresses', 'somewhere=10.0.0.1'],
    ['ftp_fxp', 'sometimes'],
    ['ftp_tls_port', '65536'],
    ['ftp_aliases', 'mp3=incoming'],
    ['ftp_aliases', '../up=/incoming'],
    ['ftp_cdpath', 'incoming'],
  ])('refuse %s = %s', (name, value) => {
    expect(settingsSchema.safeParse({ [name]: value }).success).toBe(false)
  })
})
