/** How many datagrams a transport has seen and left out. */
export interface TransportCounters {
  /** Datagrams from another socket than the kernel's: dropped, nobody but the kernel may answer (CVE-2012-3520). */
  foreign: number
  /** Datagrams that did not fit the receive buffer. */
  truncated: number
}

/** A datagram that was cut: its size, and as much of it as there is. Never to be parsed as if it were whole. */
export class TruncatedDatagram {
  readonly size: number
  readonly head: Uint8Array
  constructor(size: number, head: Uint8Array) {
    this.size = size
    this.head = head
  }
}

/**
 * Moves datagrams to the kernel and back: the seam between this library and the world. The sockets, the recorder and
 * the replayer implement it, and one contract test holds for all.
 */
export interface Transport {
  /** The socket's own address (nlmsg_pid of the answers). */
  readonly port: number
  readonly counters: Readonly<TransportCounters>
  readonly closed: boolean
  /**
   * Hands one datagram to the kernel. It may be done when this returns; where a promise is given, the bytes must not
   * change before that ends. `background` asks for another thread, so that a long batch does not stop the event loop.
   */
  send(datagram: Uint8Array, background?: boolean): void | Promise<void>
  /** Sees to it that one datagram of so many bytes can be sent; false where that cannot be. */
  makeRoom?(bytes: number): boolean
  /** The next datagram that is already here, an object of its own; undefined when there is none. Its bytes are valid until the next call. */
  receive(): Uint8Array | TruncatedDatagram | undefined
  /** Resolves when `receive` may have something, after `interrupt`, or when the transport closes. One at a time. */
  wait(): Promise<void>
  /** Ends a `wait`. */
  interrupt(): void
  /** Opens a second socket like this one, in the same place. Absent where there can be only one. */
  another?(): Transport
  /** Drops all that is under way and begins anew with a fresh socket, such as when a dump never ended. */
  reset(): void
  /** Ends everything; a second call does nothing. */
  close(): void
}

/** What a netlink socket is to be, and in which namespace. */
export interface SocketOptions {
  /** Netlink family; NETLINK_NETFILTER when left out. */
  readonly protocol?: number | undefined
  /**
   * Network namespace to open the socket in: a name under /run/netns (`ip netns add`), or an absolute path such as
   * `/proc/1234/ns/net`. The socket stays in it, whatever becomes of its name. Needs CAP_SYS_ADMIN.
   */
  readonly netns?: string | undefined
  /** Bytes of send buffer to ask for; beyond net.core.wmem_max only with CAP_NET_ADMIN. */
  readonly sendBuffer?: number | undefined
  /** Bytes of receive buffer to ask for; beyond net.core.rmem_max only with CAP_NET_ADMIN. */
  readonly receiveBuffer?: number | undefined
  /** Numbers of the multicast groups to hear (NETLINK_ADD_MEMBERSHIP), such as NFNLGRP_*. */
  readonly groups?: readonly number[] | undefined
}

/** Which socket: system calls through koffi, or libuv's loop through the npm package `netlink`. */
export type TransportKind = 'auto' | 'direct' | 'loop'
