import { struct } from '../../netlink/wire/struct.js'
import { target } from '../extension.js'

export const TRACE = target('TRACE', {
  doc: 'Reports each rule that the packet meets from here on, for finding mistakes in rules.',
  tables: ['raw'],
  revisions: { 0: struct('xt_trace_info', {}) },
  options: {},
  list: () => '',
})
