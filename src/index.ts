export * from './ipset/index.js'
export * from './netlink/index.js'
