import { Socket } from 'node:net'
import { AbstractConnector } from 'ioredis'

type Written = (error?: Error | null) => void
interface Chunk {
  readonly chunk: unknown
  readonly encoding: BufferEncoding
}

/** A socket that counts how often it hands something to the system: each time is a packet, without Nagle's delay. */
export class CountingSocket extends Socket {
  packets = 0

  override _write(chunk: unknown, encoding: BufferEncoding, written: Written): void {
    this.packets++
    super._write(chunk, encoding, written)
  }

  override _writev(chunks: Chunk[], written: Written): void {
    this.packets++
    super._writev?.(chunks, written)
  }
}

/** Every socket that a client with this as its `Connector` has had, the latest last. */
export function countingConnector(port: number): { Connector: typeof AbstractConnector; sockets: CountingSocket[] } {
  const sockets: CountingSocket[] = []
  class Connector extends AbstractConnector {
    constructor() {
      super(2_000)
    }

    override async connect(): Promise<CountingSocket> {
      const socket = new CountingSocket()
      sockets.push(socket)
      this.stream = socket
      socket.connect(port, '127.0.0.1')
      return socket
    }
  }
  return { Connector: Connector as typeof AbstractConnector, sockets }
}
