/** What of OpenSSL the pump asks; objects, addresses and lengths are plain numbers. */
export interface TlsCalls {
  /** Objects that are made here are freed by the one who made them. */
  newContext(): number
  freeContext(context: number): void
  control(context: number, command: number, value: number): number
  setOptions(context: number, options: number): number
  setCiphers(context: number, list: string): number
  setSuites(context: number, list: string): number
  setSessionIdContext(context: number, id: Buffer, length: number): number
  /** The context keeps references of its own. */
  useCertificate(context: number, certificate: number): number
  addToChain(context: number, certificate: number): number
  useKey(context: number, key: number): number
  /** For this thread, for good. */
  registerTicketKeys(keys: TicketKeys): unknown
  onTicket(context: number, registered: unknown): void
  /** `text` must stay until the source is freed. */
  newSource(text: Buffer, length: number): number
  freeSource(source: number): number
  /** 0 when there is none. */
  readCertificate(source: number): number
  readKey(source: number): number
  freeCertificate(certificate: number): void
  freeKey(key: number): void
  newSession(context: number): number
  /** The socket stays open. */
  freeSession(session: number): void
  setSocket(session: number, socket: number): number
  accept(session: number): void
  connect(session: number): void
  handshake(session: number): number
  read(session: number, address: number, length: number): number
  write(session: number, address: number, length: number): number
  shutdown(session: number): number
  errorOf(session: number, result: number): number
  /** What has failed before is not taken for what fails next. */
  forgetErrors(): void
  startTicketCipher(isSealing: boolean, cipher: number, key: Buffer, iv: number): number
  startTicketHash(hash: number, key: Buffer, length: number): number
  random(address: number, length: number): number
  copyIn(to: number, from: Buffer, length: number): void
  copyOut(to: Buffer, from: number, length: number): void
}

/**
 * Begins to seal or to open a ticket. Answers 1 when it is begun, 0 when the ticket is not ours,
 * -1 when nothing works.
 */
export type TicketKeys = (
  session: number,
  name: number,
  iv: number,
  cipher: number,
  hash: number,
  isSealing: number,
) => number

const CTRL_CHAIN_CERT = 89
const CTRL_SET_TICKET_KEY_CB = 72

/** Of the OpenSSL that Node brings. Undefined where Node keeps it to itself, or has another. */
export async function loadTlsCalls(): Promise<TlsCalls | undefined> {
  try {
    const { default: koffi } = await import('koffi')
    const library = koffi.load(null)
    const get = (text: string) => library.func(text)
    // From 3.0 on it knows all of the options that are set.
    if ((get('ulong OpenSSL_version_num()')() as number) < 0x30000000) return undefined
    const method = get('uintptr_t TLS_method()')
    const newContext = get('uintptr_t SSL_CTX_new(uintptr_t method)')
    const control = get(
      'long SSL_CTX_ctrl(uintptr_t context, int command, long value, uintptr_t p)',
    )
    const ticketCallback = koffi.pointer(
      koffi.proto('int', ['uintptr_t', 'uintptr_t', 'uintptr_t', 'uintptr_t', 'uintptr_t', 'int']),
    )
    const callbackControl = library.func('SSL_CTX_callback_ctrl', 'long', [
      'uintptr_t',
      'int',
      ticketCallback,
    ])
    const pem = 'uintptr_t source, void *x, void *callback, void *user'
    const readCertificate = get(`uintptr_t PEM_read_bio_X509(${pem})`)
    const readKey = get(`uintptr_t PEM_read_bio_PrivateKey(${pem})`)
    const start = 'uintptr_t context, uintptr_t cipher, void *engine, void *key, uintptr_t iv'
    const encrypt = get(`int EVP_EncryptInit_ex(${start})`)
    const decrypt = get(`int EVP_DecryptInit_ex(${start})`)
    const aes = get('uintptr_t EVP_aes_128_cbc()')() as number
    const sha = get('uintptr_t EVP_sha256()')() as number
    const hmac = get('int HMAC_Init_ex(uintptr_t h, void *key, int length, uintptr_t md, void *e)')
    return {
      newContext: () => newContext(method()) as number,
      freeContext: get('void SSL_CTX_free(uintptr_t context)'),
      control: (context, command, value) => control(context, command, value, 0) as number,
      setOptions: get('uint64_t SSL_CTX_set_options(uintptr_t context, uint64_t options)'),
      setCiphers: get('int SSL_CTX_set_cipher_list(uintptr_t context, str list)'),
      setSuites: get('int SSL_CTX_set_ciphersuites(uintptr_t context, str list)'),
      setSessionIdContext: get(
        'int SSL_CTX_set_session_id_context(uintptr_t context, void *id, uint length)',
      ),
      useCertificate: get('int SSL_CTX_use_certificate(uintptr_t context, uintptr_t cert)'),
      addToChain: (context, certificate) =>
        control(context, CTRL_CHAIN_CERT, 1, certificate) as number,
      useKey: get('int SSL_CTX_use_PrivateKey(uintptr_t context, uintptr_t key)'),
      registerTicketKeys: (keys) => koffi.register(keys, ticketCallback),
      onTicket(context, registered) {
        callbackControl(context, CTRL_SET_TICKET_KEY_CB, registered)
      },
      newSource: get('uintptr_t BIO_new_mem_buf(void *text, int length)'),
      freeSource: get('int BIO_free(uintptr_t source)'),
      readCertificate: (source) => readCertificate(source, null, null, null) as number,
      readKey: (source) => readKey(source, null, null, null) as number,
      freeCertificate: get('void X509_free(uintptr_t certificate)'),
      freeKey: get('void EVP_PKEY_free(uintptr_t key)'),
      newSession: get('uintptr_t SSL_new(uintptr_t context)'),
      freeSession: get('void SSL_free(uintptr_t session)'),
      setSocket: get('int SSL_set_fd(uintptr_t session, int socket)'),
      accept: get('void SSL_set_accept_state(uintptr_t session)'),
      connect: get('void SSL_set_connect_state(uintptr_t session)'),
      handshake: get('int SSL_do_handshake(uintptr_t session)'),
      read: get('int SSL_read(uintptr_t session, uintptr_t to, int length)'),
      write: get('int SSL_write(uintptr_t session, uintptr_t from, int length)'),
      shutdown: get('int SSL_shutdown(uintptr_t session)'),
      errorOf: get('int SSL_get_error(uintptr_t session, int result)'),
      forgetErrors: get('void ERR_clear_error()'),
      startTicketCipher: (isSealing, cipher, key, iv) =>
        (isSealing ? encrypt : decrypt)(cipher, aes, null, key, iv) as number,
      startTicketHash: (hash, key, length) => hmac(hash, key, length, sha, null) as number,
      random: get('int RAND_bytes(uintptr_t to, int length)'),
      copyIn: get('void *memcpy(uintptr_t to, const void *from, size_t length)'),
      copyOut: get('void *memcpy(void *to, uintptr_t from, size_t length)'),
    }
  } catch {
    // TLS goes the way that Node knows.
    return undefined
  }
}
