export { shown } from '../../netlink/wire/shown.js'
