/** Of the commands past RFC 959; `/incoming/Kept-A/a b.bin` has `hello, world` in it. */
export const protocolTranscripts: Record<string, string> = {
  'AUTH has four names': `
    S: 220
    C: AUTH
    S: 501
    C: AUTH GSSAPI
    S: 504
    C: AUTH constructor
    S: 504
    C: CCC
    S: 533
    C: SSCN ON
    S: 530
    TLS SSL
    C: AUTH TLS
    S: 503
    C: CCC
    S: 534
    C: USER ana
    S: 331
    C: PASS password
    S: 230
    C: STAT
    S: 211-veza`,
  'SSCN and CPSV are for protected connections': `
    LOGIN
    C: SSCN
    S: 503
    C: CPSV
    S: 503 Say AUTH
    TLS
    C: CPSV
    S: 503 Say PROT
    C: PBSZ 0
    S: 200
    C: PROT P
    S: 200
    C: CPSV
    S: 227
    C: SSCN
    S: 200 SSCN:SERVER METHOD
    C: SSCN ON
    S: 200 SSCN:CLIENT METHOD
    C: SSCN
    S: 200 SSCN:CLIENT METHOD
    C: SSCN PERHAPS
    S: 501
    C: SSCN OFF
    S: 200 SSCN:SERVER METHOD
    C: EPSV ALL
    S: 200
    C: CPSV
    S: 503`,
  'AUTH TLS asks for PROT, AUTH SSL protects at once': `
    S: 220
    TLS TLS-P
    C: USER ana
    S: 331
    C: PASS password
    S: 230
    C: CPSV
    S: 227`,
  'PRET foresees refusals': `
    LOGIN
    C: PRET
    S: 501
    C: PRET DELE x
    S: 504
    C: PRET LIST
    S: 200
    C: PRET STOR /incoming/Kept-A/new.bin
    S: 200
    C: PRET STOR /incoming/Kept-A/a b.bin
    S: 553 a b.bin: File exists, uploaded by ana.
    C: SITE XDUPE 3
    S: 200
    C: PRET STOR /incoming/Kept-A/a b.bin
    S: 553-X-DUPE: a b.bin
    C: PRET APPE /incoming/Kept-A/a b.bin
    S: 553
    C: PRET STOR /incoming/Kept-A
    S: 553
    C: PRET STOR /incoming/Kept-A/a\\b
    S: 553
    C: PRET RETR /incoming/Kept-A/a b.bin
    S: 200
    C: PRET RETR /incoming/Kept-A/new.bin
    S: 550
    C: PRET RETR /incoming/Kept-A
    S: 550`,
  'CEPR has EPSV tell the address': `
    LOGIN
    C: EPSV
    S: 229 Entering Extended Passive Mode (|||
    C: CEPR MAYBE
    S: 501
    C: CEPR
    S: 501
    C: CEPR ON
    S: 200
    C: EPSV
    S: 229 Entering Extended Passive Mode (|1|127.0.0.1|
    C: CEPR OFF
    S: 200
    C: EPSV
    S: 229 Entering Extended Passive Mode (|||`,
  'families have to fit': `
    LOGIN
    C: EPSV 1
    S: 229
    C: EPSV 2
    S: 522 Use another protocol: (1)
    C: EPRT |2|::1|5000|
    S: 504
    C: EPRT |7|::1|5000|
    S: 522 Use another protocol: (1,2)`,
  'HOST comes before USER': `
    S: 220
    C: HOST
    S: 501
    C: HOST ftp.example.com
    S: 220
    C: HOST [2001:db8::1]
    S: 220
    C: HOST [nonsense]
    S: 501
    C: HOST a b
    S: 501
    C: USER ana
    S: 331
    C: HOST ftp.example.com
    S: 503
    C: PASS password
    S: 230
    C: HOST ftp.example.com
    S: 503`,
  'English is spoken': `
    S: 220
    C: LANG
    S: 200
    C: LANG en
    S: 200
    C: LANG fr
    S: 504
    C: CLNT lftp
    S: 200
    C: OPTS UTF8
    S: 200
    C: OPTS UTF8 OFF
    S: 504`,
  'IDNT is for bouncers': `
    S: 220
    C: IDNT joe@10.0.0.1:host
    S: 530`,
  'checksums, of all or a part': `
    LOGIN
    C: XCRC /incoming/Kept-A/a b.bin
    S: 250 ffab723a
    C: XCRC "/incoming/Kept-A/a b.bin"
    S: 250 ffab723a
    C: XCRC "/incoming/Kept-A/a b.bin" 0 5
    S: 250 3610a686
    C: XCRC /incoming/Kept-A/a b.bin 0 5
    S: 250 3610a686
    C: XMD5 /incoming/Kept-A/a b.bin 7
    S: 250 7d793037a0760186574b0282f2f435e7
    C: XSHA /incoming/Kept-A/a b.bin 0 5
    S: 250 aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d
    C: XSHA1 /incoming/Kept-A/a b.bin 0 5
    S: 250 aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d
    C: XSHA256 "/incoming/Kept-A/a b.bin" 0 5
    S: 250 2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824
    C: XSHA512 "/incoming/Kept-A/a b.bin" 0 5
    S: 250 9b71d224bd62f3785d96d46ad3ea3d73
    C: XCRC "/incoming/Kept-A/a b.bin
    S: 501
    C: XCRC
    S: 501
    C: XCRC "/incoming/Kept-A/a b.bin" 12
    S: 554
    C: XCRC "/incoming/Kept-A/a b.bin" 5 2
    S: 554
    C: XCRC /incoming/Kept-A
    S: 550
    C: XCRC /incoming/Kept-A/nothing 0 5
    S: 550 /incoming/Kept-A/nothing 0 5: No such file
    C: XCRC ../../etc/passwd
    S: 550`,
  'HASH by OPTS and RANG': `
    LOGIN
    C: HASH /incoming/Kept-A/a b.bin
    S: 213 SHA-256 0-11 09ca7e4eaa6e8ae9c7d261167129184883644d07dfba7cbfbc4c8a2e08360d5b /incoming/Kept-A/a b.bin
    C: OPTS HASH
    S: 200 SHA-256
    C: OPTS HASH WHIRLPOOL
    S: 501
    C: OPTS HASH crc32
    S: 200 CRC32
    C: HASH /incoming/Kept-A/a b.bin
    S: 213 CRC32 0-11 ffab723a
    C: RANG 0 4
    S: 350
    C: HASH /incoming/Kept-A/a b.bin
    S: 213 CRC32 0-4 3610a686
    C: HASH /incoming/Kept-A/a b.bin
    S: 213 CRC32 0-11
    C: RANG 50 60
    S: 350
    C: HASH /incoming/Kept-A/a b.bin
    S: 554
    C: RANG 0 4
    S: 350
    C: RANG 1 0
    S: 350 All
    C: HASH /incoming/Kept-A/a b.bin
    S: 213 CRC32 0-11
    C: RANG 4
    S: 501
    C: RANG 5 4
    S: 501
    C: RANG 0 4
    S: 350
    C: STOR /incoming/Kept-A/c.bin
    S: 504
    C: HASH /incoming
    S: 550
    C: HASH
    S: 501`,
  'times are set by who has brought the file': `
    LOGIN
    C: MFMT 20200101000000 /incoming/Kept-A/a b.bin
    S: 213 Modify=20200101000000; /incoming/Kept-A/a b.bin
    C: MFMT yesterday /incoming/Kept-A/a b.bin
    S: 501
    C: MFMT 20200101000000 /incoming/Kept-A/none
    S: 550 /incoming/Kept-A/none: No such
    C: MFCT 20200101000000 /incoming/Kept-A/a b.bin
    S: 502
    C: MFF modify=20200101000000;UNIX.mode=0644; /incoming/Kept-A/a b.bin
    S: 213 modify=20200101000000;UNIX.mode=0644; /incoming/Kept-A/a b.bin
    C: MFF /incoming/Kept-A/a b.bin
    S: 501`,
  'STAT has a code for each kind': `
    LOGIN
    C: STAT
    S: 211-veza
    C: STAT -l /incoming/Kept-A
    S: 212-Status of /incoming/Kept-A:
    C: STAT -la /incoming/Kept-A/a b.bin
    S: 213-Status
    C: STAT -l /incoming/none
    S: 550
    C: TYPE A
    S: 200
    C: SIZE /incoming/Kept-A/a b.bin
    S: 550
    C: TYPE I
    S: 200
    C: SIZE /incoming/Kept-A/a b.bin
    S: 213 12
    C: ALLO 1000
    S: 202`,
}
