// All of include/uapi/linux/netfilter/nf_tables.h, by the names of the kernel without their prefix.

/** NFT_REG_*: the verdict, the first register of 16 bytes, and the one that iptables-nft takes for TRACE. */
export const REGISTER = { verdict: 0, first: 1, trace: 9 } as const

/** NFT_META_* */
export const META = { mark: 3, inName: 6, outName: 7, trace: 12, protocol: 16 } as const

/** NFT_PAYLOAD_* */
export const BASE = { network: 1, transport: 2 } as const

/** NFT_CMP_* */
export const CMP = { eq: 0, neq: 1, lt: 2, lte: 3, gt: 4, gte: 5 } as const

/** NFT_RANGE_* */
export const RANGE = { eq: 0, neq: 1 } as const

/** enum nft_verdicts and NF_*, as 32 bits without a sign. */
export const VERDICT = { DROP: 0, ACCEPT: 1, RETURN: 0xffff_fffb, JUMP: 0xffff_fffd, GOTO: 0xffff_fffc } as const
