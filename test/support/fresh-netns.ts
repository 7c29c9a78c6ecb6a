// Runs before each file of the kernel project: from here on this process is in a network namespace of its own, and so
// are the programs it starts. Nothing a test does reaches the machine's firewall.
import koffi from 'koffi'

const CLONE_NEWNET = 0x4000_0000 // include/uapi/linux/sched.h

const unshare = koffi.load(null).func('int unshare(int)')
process.env.FRESH_NETNS = unshare(CLONE_NEWNET) === 0 ? 'yes' : 'no'
