import { target } from '../extension.js'
import { DNPT } from './DNPT.js'

export const SNPT = target('SNPT', {
  ...DNPT,
  doc: 'Replaces the prefix of the source without keeping state (RFC 6296).',
  list: ({ srcPfx, dstPfx }) => `SNPT src-pfx ${srcPfx} dst-pfx ${dstPfx}`,
})
