/** Named for the behaviour; `S:` gives the start of each reply. */
export const transcripts: Record<string, string> = {
  'a login': `
    S: 220
    C: USER ana
    S: 331
    C: PASS password
    S: 230
    C: PWD
    S: 257 "/"
    C: QUIT
    S: 221
    closed`,
  'a name and a password that are wrong sound the same, and three are enough': `
    S: 220
    C: USER nobody
    S: 331
    C: PASS x
    S: 530 Login incorrect.
    C: USER ana
    S: 331
    C: PASS x
    S: 530 Login incorrect.
    C: PASS x
    S: 503
    C: USER ana
    S: 331
    C: PASS y
    S: 421
    closed`,
  'before login nothing of the site is told': `
    S: 220
    C: PWD
    S: 530
    C: LIST
    S: 530
    C: STOR x
    S: 530
    C: SITE WHO
    S: 530
    C: PASV
    S: 530
    C: ABOR
    S: 530
    C: PASS x
    S: 503
    C: SYST
    S: 215 UNIX
    C: NOOP
    S: 200
    C: FEAT
    S: 211
    C: HELP
    S: 214
    C: HELP STOR
    S: 214 STOR <path>
    C: STAT
    S: 530`,
  'verbs of the standards have their own refusals, others are unknown': `
    LOGIN
    C: ACCT x
    S: 202
    C: ALLO 100
    S: 202
    C: REIN
    S: 502
    C: SMNT /
    S: 502
    C: LPRT 4,4,127,0,0,1,2,30,30
    S: 502
    C: LPSV
    S: 502
    C: MODE S
    S: 200
    C: MODE B
    S: 504
    C: STRU F
    S: 200
    C: STRU R
    S: 504
    C: TYPE E
    S: 504
    C: TYPE
    S: 501
    C: TYPE A N
    S: 200
    C: CLNT test
    S: 200
    C: XYZZY
    S: 500
    C: constructor
    S: 500
    C: __proto__
    S: 500
    C:
    S: 500
    C: USER ana
    S: 530
    C: SITE XYZZY
    S: 500
    C: SITE HELP
    S: 214
    C: SITE WHO
    S: 200-Online:
    C: STAT
    S: 211
    C: OPTS UTF8 ON
    S: 200
    C: OPTS MLST size;type;
    S: 200 MLST OPTS type;size;
    C: OPTS XYZZY
    S: 501
    C: OPTS MLST xyzzy
    S: 200 MLST OPTS`,
  'protection has its order': `
    LOGIN
    C: PBSZ 0
    S: 503
    C: PROT P
    S: 503
    C: AUTH KERBEROS
    S: 504
    TLS
    C: PROT P
    S: 503 Say PBSZ
    C: PBSZ 0
    S: 200
    C: PROT S
    S: 536
    C: PROT X
    S: 504
    C: PROT P
    S: 200
    C: AUTH TLS
    S: 503
    C: PROT C
    S: 200`,
  'data connections go to the client alone': `
    LOGIN
    C: PORT 10,0,0,1,20,20
    S: 504
    C: PORT 127,0,0,1,0,80
    S: 504
    C: PORT 127,0,0,1,300,80
    S: 501
    C: PORT 1,2,3
    S: 501
    C: EPRT |1|10.0.0.1|5000|
    S: 504
    C: EPRT |1|127.0.0.1|25|
    S: 504
    C: EPRT |3|127.0.0.1|5000|
    S: 522
    C: EPRT garbage
    S: 501
    C: EPSV 2
    S: 522
    C: PASV
    S: 227
    C: PASV
    S: 227
    C: EPSV
    S: 229
    C: EPSV ALL
    S: 200
    C: PASV
    S: 503
    C: PORT 127,0,0,1,30,30
    S: 503
    C: RETR /incoming/x/y
    S: 550`,
  'transfers need a data connection': `
    LOGIN
    C: LIST
    S: 150
    S: 425
    C: STOR /incoming/x/y
    S: 425
    C: RETR /incoming/x/y
    S: 425
    C: REST x
    S: 501
    C: REST 5
    S: 350`,
  'directories are made below sections alone': `
    LOGIN
    C: MKD /mine
    S: 550
    C: MKD /incoming
    S: 550 /incoming already exists.
    C: CWD /incoming
    S: 250
    C: MKD Dirs-A
    S: 257 "/incoming/Dirs-A"
    C: MKD Dirs-A
    S: 550 /incoming/Dirs-A already exists.
    C: CWD Dirs-A
    S: 250
    C: MKD CD1
    S: 257
    C: MKD CD1
    S: 550 /incoming/Dirs-A/CD1 already exists.
    C: MKD CD2/deeper
    S: 550
    C: CWD CD1
    S: 250
    C: PWD
    S: 257 "/incoming/Dirs-A/CD1"
    C: CDUP
    S: 250
    C: CWD nowhere
    S: 550
    C: RMD CD1
    S: 250
    C: RMD CD1
    S: 550
    C: CWD /
    S: 250
    C: RMD /incoming
    S: 550
    C: RNFR /incoming/Dirs-A
    S: 350
    C: RNTO /incoming/Dirs-B
    S: 250
    C: CWD /incoming/Dirs-A
    S: 550
    C: RNTO /incoming/Dirs-C
    S: 503
    C: RNFR /incoming/Dirs-B
    S: 350
    C: NOOP
    S: 200
    C: RNTO /incoming/Dirs-C
    S: 503
    C: RNFR /incoming/Dirs-B
    S: 350
    C: RNTO /Dirs-C
    S: 553
    C: XMKD /incoming/Quote"d
    S: 257 "/incoming/Quote""d"
    C: RMD /incoming/Dirs-B
    S: 250
    C: CWD /incoming/Dirs-B
    S: 550`,
  'nothing reaches outside the site': `
    LOGIN
    C: CWD ../../../../etc
    S: 550
    C: CWD /etc
    S: 550
    C: CWD ..
    S: 250
    C: PWD
    S: 257 "/"
    C: SIZE /etc/passwd
    S: 550
    C: SIZE /incoming/../../../etc/passwd
    S: 550
    C: CWD ..%2f..%2fetc
    S: 550
    C: CWD ..\\..\\etc
    S: 553
    C: MKD /incoming/..
    S: 550
    C: MKD /incoming/a\\b
    S: 553
    C: MKD /incoming/__proto__
    S: 553
    C: RNFR /incoming/../../etc/passwd
    S: 550
    C: DELE ../../etc/passwd
    S: 550
    C: MDTM /proc/self/environ
    S: 550`,
  'status names belong to the site': `
    LOGIN
    C: MKD /incoming/(incomplete)-x
    S: 550
    C: MKD /incoming/[##########] - 100% Complete - [veza]
    S: 550`,
}
