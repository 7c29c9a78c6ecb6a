import { TransportError } from '../../netlink/index.js'

/** Milliseconds that work has for ending, once it has been called off. */
const GRACE = 5_000

/**
 * Runs work that ends when its signal aborts: after so many milliseconds, or when `gone` aborts. Rejects with a TransportError
 * (ERR_TIMEOUT) then, soon, whether the work heeds the signal or not. The signal is made when it is asked for.
 */
export async function deadline<T>(limit: number, gone: AbortSignal, work: (signal: () => AbortSignal) => Promise<T>): Promise<T> {
  let ending: AbortController | undefined
  let timer: NodeJS.Timeout | undefined
  const leave = () => ending?.abort(new TransportError('the connection is closed', { code: 'ERR_CLOSED' }))
  const signal = () => {
    if (ending) return ending.signal
    ending = new AbortController()
    if (gone.aborted) leave()
    gone.addEventListener('abort', leave, { once: true })
    return ending.signal
  }
  const over = new Promise<never>((_, reject) => {
    const late = () => {
      ending?.abort(tooLate(limit, ''))
      timer = setTimeout(() => reject(tooLate(limit, '; it may still be done')), ending ? GRACE : 0).unref()
    }
    timer = setTimeout(late, limit).unref()
  })
  try {
    return await Promise.race([work(signal), over])
  } catch (error) {
    throw ending?.signal.aborted && TransportError.is(error) && error.code === 'ERR_ABORTED' ? ending.signal.reason : error
  } finally {
    clearTimeout(timer)
    if (ending) gone.removeEventListener('abort', leave)
  }
}

function tooLate(limit: number, more: string): TransportError {
  return new TransportError(`the daemon gave up this request after ${limit} ms${more}`, { code: 'ERR_TIMEOUT' })
}
