/** What a connection is served with, from its greeting on. */
export interface Service {
  /** Takes no more requests. Where a promise is given, one is under way: it resolves when that has been answered. */
  close(): void | Promise<void>
}
