export { readJson, readPcap, Recorder, Replayer, writeJson, writePcap } from '../netlink/index.js'
export { acknowledge, answer, done, headerOf } from './answers.js'
export { difference, dissect } from './dissect.js'
export { FakeKernel, type Kernel } from './fake-kernel.js'
