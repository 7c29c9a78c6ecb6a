/** Bytes of the buffers that a socket asks for, to send and to receive, unless it is told another size. */
export const SOCKET_BUFFER = 1024 * 1024
