/** What of the C library the pump asks; descriptors, addresses and lengths are plain numbers. */
export interface SystemCalls {
  poll(entries: Buffer, count: number, timeoutMs: number): number
  eventfd(initial: number, flags: number): number
  write(fd: number, bytes: Buffer, length: number): number
  read(fd: number, bytes: Buffer, length: number): number
  close(fd: number): number
  /** A second descriptor of the same thing, which programs that are started do not inherit. */
  duplicate(fd: number): number
  sendfile(socket: number, file: number, offset: BigInt64Array, length: number): number
  recv(socket: number, address: number, length: number): number
  pread(file: number, address: number, length: number, offset: number): number
  pwrite(file: number, address: number, length: number, offset: number): number
  crc32(crc: number, address: number, length: number): number
  addressOf(bytes: Buffer): number
  /** Why the last call has failed. */
  errno(): number
}

const F_DUPFD_CLOEXEC = 1030

/**
 * By koffi, which brings its binaries along. Undefined where the calls are others (anything but
 * 64-bit Linux), where there is no such binary, or where Node keeps its zlib to itself.
 */
export async function loadSystemCalls(): Promise<SystemCalls | undefined> {
  if (process.platform !== 'linux' || !['x64', 'arm64'].includes(process.arch)) return undefined
  try {
    const { default: koffi } = await import('koffi')
    const library = koffi.load(null)
    const fcntl = library.func('int fcntl(int fd, int command, ...)')
    const recv = library.func('int64_t recv(int fd, uintptr_t buffer, size_t length, int flags)')
    const crc32 = library.func('ulong crc32_z(ulong crc, uintptr_t buffer, size_t length)')
    // Without bytes it looks for what the processor can do for it.
    crc32(0, 0, 0)
    return {
      poll: library.func('int poll(void *entries, ulong count, int timeoutMs)'),
      eventfd: library.func('int eventfd(uint initial, int flags)'),
      write: library.func('int64_t write(int fd, void *bytes, size_t length)'),
      read: library.func('int64_t read(int fd, void *bytes, size_t length)'),
      close: library.func('int close(int fd)'),
      duplicate: (fd) => fcntl(fd, F_DUPFD_CLOEXEC, 'int', 0) as number,
      sendfile: library.func('int64_t sendfile(int out, int in, void *offset, size_t length)'),
      recv: (fd, address, length) => recv(fd, address, length, 0) as number,
      pread: library.func('int64_t pread(int fd, uintptr_t to, size_t length, int64_t offset)'),
      pwrite: library.func('int64_t pwrite(int fd, uintptr_t from, size_t length, int64_t offset)'),
      crc32: (crc, address, length) => crc32(crc, address, length) as number,
      addressOf: (bytes) => Number(koffi.address(bytes)),
      errno: () => koffi.errno(),
    }
  } catch {
    // The transfers go the way that Node knows.
    return undefined
  }
}
